import './recordings.css';

import { useTranslation } from 'react-i18next';

import { TabbedPage } from '~/components/TabbedPage';
import { Library } from './Library';
import { Policies } from './Policies';
import { Retention } from './Retention';
import { Storage } from './Storage';
import { TimeShift } from './TimeShift';

const TABS = [
  { name: 'library', needs: 'recordings:read', View: Library },
  { name: 'policies', needs: 'jobs:read', View: Policies },
  { name: 'timeshift', needs: 'jobs:read', View: TimeShift },
  { name: 'retention', needs: 'recordings:read', View: Retention },
  { name: 'storage', needs: 'recordings:read', View: Storage },
] as const;

/** What was recorded, what is to be, and for how long it is kept. */
export function Component() {
  const { t } = useTranslation();
  return <TabbedPage title={t('places.recordings')} text={t('recordings.about')} tabs={TABS} labelOf={(tab) => t(`recordings.tab.${tab}`)} />;
}
