import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { IconBroadcastOff } from '@tabler/icons-react';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { ask } from '~/api/queries';
import { useMay } from '~/app/session';
import { Card } from '~/components/Page';
import { Empty } from '~/components/States';
import { Ago } from '~/components/Time';
import { lasted } from '~/features/streams/Past';
import { protocol } from '~/format';

/** In the place of the picture while there is none: whether somebody is waited for, or when the stream was last seen. */
export function Offline({ id, dropped }: { id: string; dropped: boolean }) {
  const { t } = useTranslation();
  const may = useMay();
  const past = useQuery({ ...ask.past, staleTime: 0 });
  const seen = past.data?.find((one) => one.id === id);
  return (
    <Card>
      <Empty
        icon={<IconBroadcastOff size={36} stroke={1.4} />}
        title={t(dropped ? 'stream.dropped' : 'stream.offline')}
        text={
          <>
            {t(dropped ? 'stream.droppedText' : 'stream.offlineText')}
            {seen && !dropped && (
              <Text span inherit display="block" mt={4}>
                <Trans i18nKey="stream.seen" values={{ protocol: protocol(seen.protocol), time: lasted(seen) }} components={{ ago: <Ago at={seen.until} /> }} />
              </Text>
            )}
          </>
        }
        action={
          !dropped &&
          may('keys:read') && (
            <Button component={Link} to={`/streams/${id}?tab=ingest`} variant="default">
              {t('stream.how')}
            </Button>
          )
        }
      />
    </Card>
  );
}
