import type { Schema } from '~/api/client';

/** The key that lets `app/stream` in: the most particular one that holds, else that of all; none where anybody may publish. Pure. */
export function keyFor(keys: Pick<Schema['KeysView'], 'global' | 'open' | 'items'>, app: string, stream: string, now = Date.now()): string | undefined {
  if (keys.open) return undefined;
  const fits = keys.items.filter(
    (key) =>
      !key.disabled && (!key.expires || Date.parse(key.expires) > now) && (!key.app || key.app === app) && (!key.stream || key.stream === stream),
  );
  const particular = (key: Schema['KeyView']) => (key.stream ? 2 : 0) + (key.app ? 1 : 0);
  fits.sort((a, b) => particular(b) - particular(a));
  return fits[0]?.key ?? keys.global;
}
