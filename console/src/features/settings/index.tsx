import { useTranslation } from 'react-i18next';

import { useMay } from '~/app/session';
import { TabbedPage } from '~/components/TabbedPage';
import { Addresses } from './Addresses';
import { Ai } from './Ai';
import { Aliases } from './Aliases';
import { Ffmpeg } from './Ffmpeg';
import { General } from './General';
import { Hls } from './Hls';
import { Https } from './Https';
import { Keys } from './Keys';
import { Limits } from './Limits';
import { Network } from './Network';
import { Playback } from './Playback';

const TABS = [
  { name: 'general', needs: 'settings:read', View: GeneralAndPrograms },
  { name: 'network', needs: 'system:read', View: Network },
  { name: 'https', needs: 'settings:read', View: Https },
  { name: 'keys', needs: 'keys:read', View: AllKeys },
  { name: 'playback', needs: 'keys:read', View: Playback },
  { name: 'hls', needs: 'settings:read', View: Hls },
  { name: 'limits', needs: 'settings:read', View: LimitsAndRules },
  { name: 'ai', needs: 'settings:read', View: Ai },
] as const;

function GeneralAndPrograms() {
  const may = useMay();
  return (
    <>
      <General />
      {may('system:read') && <Ffmpeg />}
    </>
  );
}

function AllKeys() {
  return (
    <>
      <Keys />
      <Aliases />
    </>
  );
}

function LimitsAndRules() {
  return (
    <>
      <Limits />
      <Addresses />
    </>
  );
}

export function Component() {
  const { t } = useTranslation();
  return <TabbedPage title={t('places.settings')} tabs={TABS} labelOf={(tab) => t(`settings.tab.${tab}`)} />;
}
