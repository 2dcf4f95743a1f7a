import { Badge, Button, Switch, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { Ago } from '~/components/Time';
import { useAction } from '~/components/form';
import { browserOf } from './browser';

/** Where one is logged in, and, for who may see it, everybody. */
export function Logins() {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const [all, setAll] = useState(false);
  const logins = useQuery(ask.logins(all));
  const revoke = useAction((login: Schema['LoginView']) => need(api.DELETE('/api/v2/logins/{id}', { params: { path: { id: login.id } } })), {
    done: t('access.revoked'),
    onDone: () => void cache.invalidateQueries({ queryKey: ['logins'] }),
  });
  return (
    <Card bare title={t('access.tab.logins')} text={t('access.loginsText')} actions={may('accounts:read') && <Switch label={t('access.everybody')} checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />}>
      <Load query={logins}>
        {(known) => (
          <List
            label={t('access.tab.logins')}
            rows={known}
            rowKey={(login) => login.id}
            columns={[
              {
                name: t('access.browser'),
                lead: true,
                cell: (login) => (
                  <>
                    <span title={login.agent}>{browserOf(login.agent) ?? login.agent.slice(0, 40)}</span>{' '}
                    {login.current && (
                      <Badge size="xs" variant="light" tt="none">
                        {t('access.here')}
                      </Badge>
                    )}
                    {all && (
                      <Text span size="sm" c="dimmed">
                        {' '}
                        {login.user}
                      </Text>
                    )}
                  </>
                ),
              },
              { name: t('access.address'), cell: (login) => <span className="mono">{login.address}</span> },
              { name: t('access.since'), cell: (login) => <Ago at={login.since} /> },
              { name: t('access.used'), cell: (login) => <Ago at={login.used} /> },
              {
                name: t('common.actions'),
                bare: true,
                cell: (login) =>
                  !login.current && (
                    <Button size="xs" variant="light" color="red" disabled={revoke.busy} onClick={() => void revoke.run(login)}>
                      {t('access.revoke')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Load>
    </Card>
  );
}
