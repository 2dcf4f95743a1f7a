import { Badge, Button, Code, Group, NativeSelect, Stack, Text, TextInput, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { send, type Sent } from '~/api/raw';
import { ask } from '~/api/queries-openapi';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useConfirm } from '~/components/confirm';
import { useAction } from '~/components/form';
import { example, operations, type Document, type Operation } from './operations';

/** Any request to the API, as who is logged in, with the answer as it came. */
export function Try() {
  const document = useQuery(ask);
  return <Load query={document}>{(known) => <Form document={known} />}</Load>;
}

function Form({ document }: { document: Document }) {
  const { t } = useTranslation();
  const confirm = useConfirm();
  const all = operations(document);
  const [chosen, setChosen] = useState('GET /api/v2/streams');
  const operation = all.find((one) => one.id === chosen) ?? (all[0] as Operation);
  const [values, setValues] = useState<Record<string, string>>({});
  const [body, setBody] = useState('');
  const [sent, setSent] = useState<Sent>();
  const run = useAction(() => send(operation.method, fill(operation, values), body || undefined, operation.bodyType), { onDone: setSent });
  const choose = (id: string) => {
    setChosen(id);
    setValues({});
    setSent(undefined);
    const next = all.find((one) => one.id === id);
    setBody(next?.schema ? JSON.stringify(example(document, next.schema), null, 2) : '');
  };
  return (
    <Stack>
      <Card title={t('developer.tab.try')} text={t('developer.tryText')}>
        <form
          onSubmit={async (event) => {
            event.preventDefault();
            const safe = operation.method === 'GET';
            if (safe || (await confirm({ title: t('developer.really'), text: <Code>{operation.id}</Code>, yes: t('developer.send') }))) void run.run(undefined);
          }}
        >
          <Stack>
            <NativeSelect label={t('developer.operation')} value={chosen} onChange={(event) => choose(event.currentTarget.value)} data={all.map(({ id }) => id)} />
            <Text size="sm" c="dimmed">
              {operation.summary}
            </Text>
            <Group>
              {operation.parameters.map(({ name, required, where }) => (
                <TextInput key={name} label={name} required={required} description={t(`developer.where.${where}`)} value={values[name] ?? ''} onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })} />
              ))}
            </Group>
            {operation.schema && <Textarea label={t('developer.body')} value={body} onChange={(event) => setBody(event.currentTarget.value)} autosize minRows={4} maxRows={16} classNames={{ input: 'mono' }} spellCheck={false} />}
            <Button type="submit" w="max-content" loading={run.busy}>
              {t('developer.send')}
            </Button>
          </Stack>
        </form>
      </Card>
      {sent && (
        <Card
          title={
            <Group gap="xs">
              {t('developer.answer')}
              <Badge color={sent.status < 400 ? 'green' : 'red'} variant="light">
                {sent.status}
              </Badge>
              <Text span size="sm" c="dimmed" fw={400}>
                {`${sent.took} ms`}
              </Text>
            </Group>
          }
        >
          <Code block style={{ maxHeight: 480, overflow: 'auto' }}>
            {sent.text || '–'}
          </Code>
        </Card>
      )}
    </Stack>
  );
}

function fill({ path, parameters }: Operation, values: Record<string, string>) {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, where } of parameters) {
    const value = values[name] ?? '';
    if (where === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else if (value) query.set(name, value);
  }
  return query.size > 0 ? `${filled}?${query.toString()}` : filled;
}
