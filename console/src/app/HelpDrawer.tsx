import { Anchor, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';

import { Answers } from '~/features/help/Answers';
import { topicsFor } from '~/features/help/topics';

/** What helps with the page that is open, beside it. `asked` grows each time that somebody asks. */
export function HelpDrawer({ asked }: { asked: number }) {
  const { t } = useTranslation();
  const { pathname, search } = useLocation();
  const [opened, { open, close }] = useDisclosure(false);
  useEffect(() => open(), [asked, open]);
  const topics = topicsFor(pathname, search);
  return (
    <Drawer opened={opened} onClose={close} position="right" size="md" title={t('help.here')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Answers key={topics.join()} topics={topics} onGo={close} />
      <Anchor component={Link} to="/help" onClick={close} size="sm" p="md" display="block">
        {t('help.all')}
      </Anchor>
    </Drawer>
  );
}
