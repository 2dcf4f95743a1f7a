import { Anchor, Skeleton, Text } from '@mantine/core';
import { IconAlertTriangle, IconClockHour4, IconShieldCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

import { Card } from '~/components/Page';
import { bytes } from '~/format';
import { useRecordings } from './hooks';
import { forecast, lasting, mood, parts, type Forecast, type Room } from './room';

const PARTS = ['recordings', 'others', 'free', 'reserve'] as const;

/** What the disk has for recordings and for how long, as the server tells it. */
export function Space({ settings = false }: { settings?: boolean }) {
  const { t } = useTranslation();
  const { known } = useRecordings();
  if (!known) {
    return (
      <Card>
        <Skeleton h={102} aria-busy="true" role="status" aria-label={t('common.loading')} />
      </Card>
    );
  }
  // A disk that does not say how large it is.
  if (known.space.size === 0) return null;
  const records = known.items.some(({ state }) => state === 'recording');
  return (
    <Card>
      <Coming coming={forecast(known.space, records)} rate={known.space.rate} settings={settings} />
      <Bar room={known.space} />
    </Card>
  );
}

/** What is to be expected, in a sentence; where that is bad, with what to do. */
function Coming({ coming, rate, settings }: { coming: Forecast; rate: number; settings: boolean }) {
  const { t } = useTranslation();
  const how = mood(coming);
  const grave = how === 'bad' || how === 'doubt';
  const Icon = grave ? IconAlertTriangle : coming.kind === 'safe' ? IconShieldCheck : IconClockHour4;
  const time = coming.kind === 'lasts' ? lasting(coming.seconds) : undefined;
  const says = coming.kind !== 'lasts' ? t(`recordings.space.${coming.kind}`) : time ? t('recordings.space.lasts', { time }) : t('recordings.space.longer');
  return (
    <div className="space-says" data-mood={how}>
      <Icon size={18} aria-hidden />
      <div>
        <Text fw={600} component="p" m={0}>
          {says}
        </Text>
        <Text size="sm" c="dimmed" component="p" m={0}>
          {grave && t(coming.kind === 'full' ? 'recordings.space.fullText' : 'recordings.space.soonText')}
          {!grave && (coming.kind === 'lasts' || coming.kind === 'safe') && t('recordings.space.pace', { rate: bytes(rate * 3600) })}
          {grave && !settings && (
            <>
              {' '}
              <Anchor component={Link} to="/recordings?tab=retention" inherit underline="always">
                {t('recordings.space.change')}
              </Anchor>
            </>
          )}
        </Text>
      </div>
    </div>
  );
}

/** Who has what of the disk: as a bar, and in figures. */
function Bar({ room }: { room: Room }) {
  const { t } = useTranslation();
  const shares = parts(room);
  return (
    <>
      <div className="space-bar" aria-hidden>
        {PARTS.map((name) => shares[name] > 0 && <span key={name} data-part={name} style={{ flexGrow: shares[name] }} />)}
      </div>
      <dl className="space-parts numbers" aria-label={t('recordings.space.of', { size: bytes(room.size) })}>
        {PARTS.map((name) => (
          <div key={name}>
            <dt>
              <span className="space-key" data-part={name} aria-hidden /> {t(`recordings.space.${name}`)}
            </dt>
            <dd>{bytes(shares[name])}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
