import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Card } from '~/components/Page';
import { duration } from '~/format';
import { span, type Recording } from './describe';

/** Gaps that are drawn. */
const MOST = 100;
/** Seconds before a gap, to see it come. */
const BEFORE = 2;

/** Where something is missing, each to be looked at. */
export function Gaps({ recording: { gaps }, onJump }: { recording: Recording; onJump: (at: number) => void }) {
  const { t } = useTranslation();
  return (
    <Card title={t('recordings.gaps')}>
      <ul className="gaps">
        {gaps.slice(0, MOST).map(({ at, lasted, cause }, index) => (
          <li key={index}>
            <Button size="compact-xs" variant="default" className="numbers" aria-label={t('recordings.jump', { time: duration(at) })} onClick={() => onJump(Math.max(0, at - BEFORE))}>
              {duration(at)}
            </Button>
            <span>{t(cause === 'overrun' ? 'recordings.gapOverrun' : 'recordings.gapPublisher', { time: span(lasted) })}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
