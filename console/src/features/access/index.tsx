import { useTranslation } from 'react-i18next';

import { TabbedPage } from '~/components/TabbedPage';
import { Logins } from './Logins';
import { Me } from './Me';
import { Support } from './Support';
import { Tokens } from './Tokens';
import { Users } from './Users';

const TABS = [
  { name: 'me', View: Me },
  { name: 'users', View: Users, needs: 'accounts:read' },
  { name: 'logins', View: Logins },
  { name: 'tokens', View: Tokens },
  { name: 'support', View: Support, needs: 'accounts:read' },
] as const;

export function Component() {
  const { t } = useTranslation();
  return <TabbedPage title={t('places.access')} tabs={TABS} labelOf={(tab) => t(`access.tab.${tab}`)} />;
}
