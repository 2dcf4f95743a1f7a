import { Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { IconShare } from '@tabler/icons-react';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

import { api, need, type Schema } from '~/api/client';
import { at } from '~/api/mount';
import { CopyField } from '~/components/Copy';
import { FormError } from '~/components/FormError';
import { useAction, useFields } from '~/components/form';
import { dateTime } from '~/format';
import type { Recording } from './describe';

/** A link for whoever is to watch the recording without an account. */
export function Share({ recording: { id } }: { recording: Recording }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<IconShare size={16} />} onClick={() => setOpen(true)}>
        {t('recordings.share.do')}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('recordings.share.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <Making id={id} />
      </Modal>
    </>
  );
}

function Making({ id }: { id: string }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<Schema['ShareView']>();
  const fields = useFields({ expires_in: '604800' });
  const make = useAction(() => need(api.POST('/api/v2/recordings/{id}/share', { params: { path: { id } }, body: { expires_in: Number(fields.values.expires_in) } })), { fields, onDone: setMade });
  const link = made && at(made.path.slice(1));
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('recordings.share.text')}
      </Text>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make.run(undefined);
        }}
      >
        <FormError problem={make.problem} />
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label={t('recordings.share.for')}
            flex="1 1 10rem"
            data={[
              { value: '3600', label: t('times.hour') },
              { value: '86400', label: t('times.day') },
              { value: '604800', label: t('times.week') },
              { value: '2592000', label: t('times.month') },
              { value: '31536000', label: t('times.year') },
            ]}
            {...fields.text('expires_in')}
          />
          <Button type="submit" loading={make.busy}>
            {t('recordings.share.make')}
          </Button>
        </Group>
      </form>
      {link && (
        <Stack gap="sm" role="status">
          <CopyField label={t('recordings.share.link')} value={link} description={t('recordings.share.until', { time: dateTime(new Date(made.expires)) })} />
          <div className="qr">
            <QRCodeSVG value={link} size={180} title={t('recordings.share.qr')} />
          </div>
        </Stack>
      )}
    </Stack>
  );
}
