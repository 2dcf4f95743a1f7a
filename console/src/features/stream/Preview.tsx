import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';

import { at } from '~/api/mount';
import type { PlayerHandle } from '~/player';

interface Props {
  stream: string;
  /** A pass, where the stream asks viewers for one. */
  token?: string;
}

/** The player, in a page of the console. It is loaded when somebody looks. */
export function Preview({ stream, token }: Props) {
  const { t, i18n } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let handle: PlayerHandle | undefined;
    let left = false;
    void import('~/player').then(({ mountPlayer }) => {
      if (left) return;
      handle = mountPlayer(element, {
        stream,
        token,
        muted: true,
        autoplay: true,
        poster: at(`api/v2/streams/${encodeURIComponent(stream)}/snapshot?width=960`),
        language: i18n.language === 'zh-CN' ? 'zh-CN' : 'en',
      });
    });
    return () => {
      left = true;
      handle?.destroy();
    };
  }, [stream, token, i18n.language]);
  return <div ref={place} className="preview" aria-label={t('stream.preview')} role="group" />;
}
