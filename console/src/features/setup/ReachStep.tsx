import { Badge, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { FormError } from '~/components/FormError';
import { List } from '~/components/List';
import { Card } from '~/components/Page';
import { useAction } from '~/components/form';
import { protocol } from '~/format';
import { LOOPBACK } from '~/features/golive/addresses';

/** Tries whether the server can be reached by the name that people will use. */
export function ReachStep() {
  const { t } = useTranslation();
  const [host, setHost] = useState(location.hostname);
  const [view, setView] = useState<Schema['ProbeView']>();
  const { run, busy, problem } = useAction((name: string) => need(api.POST('/api/v2/setup/probe-ports', { body: { host: name || undefined } })), {
    onDone: setView,
    fields: { values: { host }, setWrong: () => undefined },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void run(host.trim());
  };
  return (
    <Stack>
      <Card>
        <form onSubmit={submit}>
          <Stack>
            <FormError problem={problem} />
            <Group align="flex-end" gap="xs">
              <TextInput
                flex="1 1 14rem"
                label={t('setup.host')}
                description={t('setup.hostText')}
                error={problem?.fields.get('host')}
                value={host}
                onChange={(event) => setHost(event.currentTarget.value)}
                spellCheck={false}
                autoCapitalize="none"
              />
              <Button type="submit" loading={busy}>
                {t('setup.probe')}
              </Button>
            </Group>
            {view?.host && <Text size="sm">{meaning(view.host, t)}</Text>}
          </Stack>
        </form>
      </Card>
      {view && (
        <Card bare>
          <List
            label={t('setup.ports')}
            rows={view.listeners}
            rowKey={(row) => row.protocol + row.address}
            columns={[
              { name: t('setup.protocol'), cell: (row) => <b>{protocol(row.protocol)}</b>, lead: true },
              { name: t('setup.port'), cell: (row) => <span className="mono">{row.address.split(':').pop()}</span> },
              { name: t('setup.fromHere'), cell: (row) => <Outcome attempts={row.own} /> },
              { name: t('setup.byName'), cell: (row) => <Outcome attempts={row.host} /> },
            ]}
          />
        </Card>
      )}
      <Text size="sm" c="dimmed">
        {t('setup.reachHint')}
      </Text>
    </Stack>
  );
}

/** What the name stands for. The server says it in English; most newcomers meet one of two cases. */
function meaning({ name, addresses, text }: Schema['HostView'], t: TFunction) {
  if (addresses.length === 0) return t('setup.nameUnknown', { name });
  if (addresses.every((address) => LOOPBACK.test(address))) return t('setup.nameLoopback', { name });
  return text;
}

function Outcome({ attempts }: { attempts: Schema['AttemptView'][] }) {
  const { t } = useTranslation();
  if (attempts.length === 0) return <Text size="sm">–</Text>;
  const good = attempts.some((attempt) => attempt.outcome === 'reachable');
  const untried = attempts.every((attempt) => attempt.outcome === 'not_tried');
  return (
    <Badge color={good ? 'green' : untried ? 'gray' : 'red'} variant="light" tt="none" title={attempts.map((attempt) => attempt.text).join(' ')}>
      {good ? t('setup.reachable') : untried ? t('setup.untried') : t('setup.unreachable')}
    </Badge>
  );
}
