import { Button, Group, Stack, TagsInput, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Changes, changed } from '~/components/Changes';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useConfirm } from '~/components/confirm';
import { useAction } from '~/components/form';

/** Which streams not everybody may watch, and what signs passes for them. */
export function Playback() {
  const passes = useQuery(ask.passes);
  return <Load query={passes}>{(known) => <Form known={known} />}</Load>;
}

function Form({ known }: { known: Schema['PassesView'] }) {
  const { t } = useTranslation();
  const may = useMay();
  const cache = useQueryClient();
  const confirm = useConfirm();
  const [guarded, setGuarded] = useState(known.guarded);
  const text = known.guarded.join();
  useEffect(() => setGuarded(text ? text.split(',') : []), [text]);
  const renew = () => void cache.invalidateQueries({ queryKey: ask.passes.queryKey });
  const save = useAction(() => need(api.PUT('/api/v2/passes', { body: { guarded } })), { done: t('settings.saved'), onDone: renew, fields: { values: { guarded }, setWrong: () => undefined } });
  const rotate = useAction(() => need(api.POST('/api/v2/passes/rotate', { body: { grace: 3600 } })), { done: t('playback.rotated'), onDone: renew });
  const write = may('keys:write');
  const wrong = [...(save.problem?.fields.values() ?? [])].join(' ');
  return (
    <>
      <Card title={t('playback.title')} text={t('playback.text')}>
        <Stack maw={560}>
          <FormError problem={save.problem} />
          <TagsInput label={t('playback.guarded')} description={t('playback.guardedText')} placeholder={EXAMPLE} value={guarded} onChange={setGuarded} error={wrong || undefined} readOnly={!write} />
          <Changes changes={changed([{ name: t('playback.guarded'), before: known.guarded.join(', '), after: guarded.join(', ') }])} />
          <Button w="max-content" disabled={!write || guarded.join() === text} loading={save.busy} onClick={() => void save.run(undefined)}>
            {t('common.save')}
          </Button>
        </Stack>
      </Card>
      <Card title={t('playback.signing')} text={t('playback.signingText')}>
        <Group align="flex-end">
          <div style={{ flex: '1 1 18rem', maxWidth: 560 }}>
            <CopyField label={t('playback.key')} value={known.signing_key} secret />
          </div>
          {write && (
            <Button
              variant="default"
              loading={rotate.busy}
              onClick={async () => {
                if (await confirm({ title: t('playback.rotate'), text: t('playback.rotateText'), yes: t('playback.rotate') })) void rotate.run(undefined);
              }}
            >
              {t('playback.rotate')}
            </Button>
          )}
        </Group>
        <Text size="xs" c="dimmed" mt="xs">
          {t('playback.api')}
        </Text>
      </Card>
    </>
  );
}

const EXAMPLE = 'live/*';
