import { Alert, Button, Group, NativeSelect, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need } from '~/api/client';
import { at } from '~/api/mount';
import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { CopyCode, CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { Card } from '~/components/Page';
import { Load } from '~/components/States';
import { useAction } from '~/components/form';
import { dateTime } from '~/format';
import { root } from '~/features/golive/addresses';
import { usePlace } from '~/features/golive/place';

const NAMES: Record<string, string> = { 'll-hls': 'LL-HLS', hls: 'HLS', flv: 'HTTP-FLV', ts: 'HTTP-TS', aac: 'AAC', mp3: 'MP3', 'ws-flv': 'WS-FLV', 'ws-ts': 'WS-TS', whep: 'WHEP' };

/** Where a stream can be watched, and how it gets into other pages. */
export function Play({ id }: { id: string }) {
  const { t } = useTranslation();
  const may = useMay();
  const place = usePlace();
  const known = useQuery(ask.publicStream(id));
  const [pass, setPass] = useState<{ token: string; expires: string }>();
  const signed = (url: string) => (pass ? `${url}${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(pass.token)}` : url);
  const page = signed(at(`watch/${id}`));
  const embed = `<iframe src="${signed(at(`embed/${id}`))}" width="640" height="360"\n  allow="autoplay; fullscreen; picture-in-picture" frameborder="0"></iframe>`;
  return (
    <Stack>
      {known.data?.guarded && (
        <Alert color="blue" variant="light">
          {t('stream.guarded')}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card title={t('stream.page')} text={t('stream.pageText')}>
          <Stack>
            <CopyField label={t('stream.link')} value={page} />
            <div className="qr">
              <QRCodeSVG value={page} size={128} title={t('stream.qr')} />
            </div>
          </Stack>
        </Card>
        <Card title={t('stream.embed')} text={t('stream.embedText')}>
          <CopyCode name={t('stream.embed')} code={embed} />
        </Card>
      </SimpleGrid>
      {may('keys:write') && <Signed id={id} onSigned={setPass} />}
      <Card title={t('stream.urls')} text={t('stream.urlsText')}>
        <Load query={known}>
          {(view) => {
            const outputs = view.outputs ?? [
              { name: 'hls', path: `/${id}.m3u8` },
              { name: 'flv', path: `/${id}.flv` },
            ];
            const direct = (['rtmp', 'rtmps', 'srt'] as const).flatMap((protocol) => {
              const base = place && protocol !== 'srt' && root(place, protocol);
              return base ? [{ name: protocol.toUpperCase(), url: `${base}/${id}` }] : [];
            });
            return (
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                {outputs.map((output) => (
                  <CopyField key={output.name} label={NAMES[output.name] ?? output.name} value={signed(address(output.name, output.path))} />
                ))}
                {direct.map(({ name, url }) => (
                  <CopyField key={name} label={name} value={signed(url)} />
                ))}
              </SimpleGrid>
            );
          }}
        </Load>
      </Card>
    </Stack>
  );
}

const address = (name: string, path: string) => (name.startsWith('ws-') ? at(path).replace(/^http/, 'ws') : at(path));

function Signed({ id, onSigned }: { id: string; onSigned: (pass: { token: string; expires: string }) => void }) {
  const { t } = useTranslation();
  const [span, setSpan] = useState('86400');
  const [network, setNetwork] = useState('');
  const [until, setUntil] = useState<string>();
  const sign = useAction(() => need(api.POST('/api/v2/passes', { body: { streams: id, action: 'play', expires_in: Number(span), network: network.trim() || undefined } })), {
    onDone: (pass) => {
      setUntil(pass.expires);
      onSigned(pass);
    },
    fields: { values: { network }, setWrong: () => undefined },
  });
  return (
    <Card title={t('stream.sign')} text={t('stream.signText')}>
      <FormError problem={sign.problem} />
      <Group align="flex-end">
        <NativeSelect
          label={t('golive.until')}
          value={span}
          onChange={(event) => setSpan(event.currentTarget.value)}
          data={[
            { value: '3600', label: t('times.hour') },
            { value: '86400', label: t('times.day') },
            { value: '604800', label: t('times.week') },
            { value: '2592000', label: t('times.month') },
          ]}
        />
        <TextInput label={t('stream.network')} placeholder={EXAMPLE} value={network} error={sign.problem?.fields.get('network')} onChange={(event) => setNetwork(event.currentTarget.value)} />
        <Button variant="default" loading={sign.busy} onClick={() => void sign.run(undefined)}>
          {t('stream.signDo')}
        </Button>
      </Group>
      {until && <p role="status">{t('stream.signedUntil', { time: dateTime(new Date(until)) })}</p>}
    </Card>
  );
}

const EXAMPLE = '192.0.2.0/24';
