import { Alert, Anchor, Badge, Button, Group, Loader, Stack, Switch, Tabs, Text, TextInput, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconCertificate, IconShieldCheck } from '@tabler/icons-react';
import { useState, type SyntheticEvent } from 'react';
import { Trans, useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { useLive } from '~/api/live';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { LoadLive } from '~/components/States';
import { TabList } from '~/components/TabList';
import { Ago } from '~/components/Time';
import { useConfirm } from '~/components/confirm';
import { useAction, useFields } from '~/components/form';
import { clock, date } from '~/format';

type View = Schema['CertificatesView'];

/** Which certificate is shown, and how to get another: ordered, uploaded, or made here. */
export function Https() {
  const live = useLive('https');
  return (
    <LoadLive live={live}>
      {(view) => (
        <>
          <Current view={view} />
          <Ways view={view} />
          <Steps view={view} />
        </>
      )}
    </LoadLive>
  );
}

function Current({ view }: { view: View }) {
  const { t } = useTranslation();
  const { certificate, source } = view;
  const believed = source === 'acme' || source === 'uploaded' || source === 'files';
  return (
    <Card
      title={
        <Group gap="xs">
          {believed ? <IconShieldCheck size={20} color="var(--app-good)" aria-hidden /> : <IconCertificate size={20} aria-hidden />}
          {t('https.now')}
          <Badge variant="light" color={believed ? 'green' : 'gray'} tt="none">
            {t(`https.source.${source}`)}
          </Badge>
        </Group>
      }
    >
      {certificate ? (
        <Stack gap={6}>
          <Text size="sm">{t('https.names', { names: certificate.names.join(', ') })}</Text>
          <Text size="sm">{t('https.issuer', { issuer: certificate.issuer, key: certificate.key })}</Text>
          <Text size="sm" component="div">
            <Trans i18nKey="https.until" values={{ date: date(new Date(certificate.not_after)) }} components={{ ago: <Ago at={certificate.not_after} /> }} />
          </Text>
          {certificate.doubts.map((doubt) => (
            <Alert key={doubt} color="yellow" variant="light" p="xs">
              {doubt}
            </Alert>
          ))}
          <Text size="xs" c="dimmed" className="mono">
            {`SHA-256 ${certificate.fingerprint}`}
          </Text>
        </Stack>
      ) : (
        <Text size="sm">{t('https.none')}</Text>
      )}
      {view.failure && (
        <Alert color="red" variant="light" mt="sm" title={t('https.failed')}>
          {view.failure.text}
        </Alert>
      )}
    </Card>
  );
}

function Ways({ view }: { view: View }) {
  const { t } = useTranslation();
  const may = useMay();
  if (!may('settings:write')) return null;
  return (
    <Card title={t('https.change')}>
      <Tabs defaultValue="order">
        <TabList>
          <Tabs.Tab value="order">{t('https.way.order')}</Tabs.Tab>
          <Tabs.Tab value="upload">{t('https.way.upload')}</Tabs.Tab>
          <Tabs.Tab value="own">{t('https.way.own')}</Tabs.Tab>
        </TabList>
        <Tabs.Panel value="order">
          <Order view={view} />
        </Tabs.Panel>
        <Tabs.Panel value="upload">
          <Upload />
        </Tabs.Panel>
        <Tabs.Panel value="own">
          <Own view={view} />
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
}

function Order({ view }: { view: View }) {
  const { t } = useTranslation();
  const named = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/i.test(location.hostname);
  const fields = useFields({ domains: view.order?.domains.join(', ') ?? (named ? location.hostname : ''), email: view.order?.email ?? '', staging: view.order?.staging ?? false, unchecked: false });
  const { values } = fields;
  const order = useAction(
    () =>
      need(
        api.POST('/api/v2/certificates/order', {
          body: { domains: values.domains.split(/[\s,]+/).filter(Boolean), email: values.email.trim() || undefined, staging: values.staging, unchecked: values.unchecked },
        }),
      ),
    { fields },
  );
  const renew = useAction(() => need(api.POST('/api/v2/certificates/renewal')));
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void order.run(undefined);
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={560}>
        <Text size="sm">{t('https.orderText')}</Text>
        <FormError problem={order.problem} />
        <TextInput label={t('https.domains')} description={t('https.domainsText')} placeholder={DOMAIN} spellCheck={false} autoCapitalize="none" required withAsterisk={false} {...fields.text('domains')} />
        <TextInput label={t('https.email')} description={t('https.emailText')} type="email" {...fields.text('email')} />
        <Switch label={t('https.staging')} description={t('https.stagingText')} checked={values.staging} onChange={(event) => fields.set('staging', event.currentTarget.checked)} />
        <Switch label={t('https.unchecked')} description={t('https.uncheckedText')} checked={values.unchecked} onChange={(event) => fields.set('unchecked', event.currentTarget.checked)} />
        <Group>
          <Button type="submit" loading={order.busy || view.ordering}>
            {t('https.order')}
          </Button>
          {view.order && (
            <Button variant="default" disabled={view.ordering} loading={renew.busy} onClick={() => void renew.run(undefined)}>
              {t('https.renew')}
            </Button>
          )}
        </Group>
        {view.order?.renewal && (
          <Text size="sm" c="dimmed" component="div">
            {t('https.renewal')} <Ago at={view.order.renewal} />
          </Text>
        )}
      </Stack>
    </form>
  );
}

function Upload() {
  const { t } = useTranslation();
  const fields = useFields({ certificate: '', key: '' });
  const { run, busy, problem } = useAction(() => need(api.PUT('/api/v2/certificates', { body: fields.values })), {
    fields,
    done: t('https.uploaded'),
    onDone: () => fields.reset({ certificate: '', key: '' }),
  });
  const file = (name: 'certificate' | 'key') => (
    <Anchor component="label" size="xs">
      {t('https.fromFile')}
      <input type="file" accept=".pem,.crt,.cer,.key" className="sr-only" onChange={async (event) => fields.set(name, (await event.currentTarget.files?.[0]?.text()) ?? '')} />
    </Anchor>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(undefined);
      }}
    >
      <Stack maw={720}>
        <FormError problem={problem} />
        <div>
          <Textarea label={t('https.certificate')} description={t('https.certificateText')} placeholder={CERTIFICATE} autosize minRows={4} maxRows={10} spellCheck={false} required withAsterisk={false} classNames={{ input: 'mono' }} {...fields.text('certificate')} />
          {file('certificate')}
        </div>
        <div>
          <Textarea label={t('https.key')} description={t('https.keyText')} placeholder={KEY} autosize minRows={4} maxRows={10} spellCheck={false} required withAsterisk={false} classNames={{ input: 'mono' }} {...fields.text('key')} />
          {file('key')}
        </div>
        <Button type="submit" w="max-content" loading={busy}>
          {t('https.upload')}
        </Button>
      </Stack>
    </form>
  );
}

function Own({ view }: { view: View }) {
  const { t } = useTranslation();
  const confirm = useConfirm();
  const cache = useQueryClient();
  const changed = () => void cache.invalidateQueries({ queryKey: ask.certificates.queryKey });
  const make = useAction(() => need(api.POST('/api/v2/certificates/self-signed')), { done: t('https.made'), onDone: changed });
  const remove = useAction(() => need(api.DELETE('/api/v2/certificates')), { done: t('https.removed'), onDone: changed });
  return (
    <Stack maw={560}>
      <Text size="sm">{t('https.ownText')}</Text>
      <Group>
        <Button
          variant="default"
          loading={make.busy}
          onClick={async () => {
            if (await confirm({ title: t('https.make'), text: t('https.makeText'), yes: t('https.make') })) void make.run(undefined);
          }}
        >
          {t('https.make')}
        </Button>
        {(view.source === 'uploaded' || view.source === 'acme') && (
          <Button
            variant="light"
            color="red"
            loading={remove.busy}
            onClick={async () => {
              if (await confirm({ title: t('https.remove'), text: t('https.removeText'), yes: t('https.remove') })) void remove.run(undefined);
            }}
          >
            {t('https.remove')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

const TONES: Record<string, string | undefined> = { good: 'good', doubt: 'doubt', bad: 'bad' };

/** What happens to an order, as it happens. */
function Steps({ view }: { view: View }) {
  const { t } = useTranslation();
  const [cleared, setCleared] = useState(0);
  const steps = view.steps.filter((step) => step.number > cleared);
  if (steps.length === 0 && !view.ordering) return null;
  return (
    <Card
      title={
        <Group gap="xs">
          {t('https.steps')}
          {view.ordering && <Loader size="xs" aria-label={t('https.ordering')} />}
        </Group>
      }
      actions={
        <Button size="xs" variant="subtle" color="gray" onClick={() => setCleared(view.steps.at(-1)?.number ?? 0)}>
          {t('https.clear')}
        </Button>
      }
    >
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls has to be reached by keys */}
      <div className="steps-log" role="log" aria-label={t('https.steps')} tabIndex={0}>
        {steps.map((step) => (
          <div key={step.number} data-tone={TONES[step.mood]}>
            <time dateTime={step.at}>{clock(new Date(step.at))}</time> {step.text}
          </div>
        ))}
      </div>
    </Card>
  );
}

const DOMAIN = 'live.example.com';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const KEY = '-----BEGIN PRIVATE KEY-----';
