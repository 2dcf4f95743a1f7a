// Numbers, sizes and times as the reader's language writes them. Pure but for the clock that callers hand in.

import i18next from 'i18next';

const chinese = () => i18next.language === 'zh-CN';
const language = () => (chinese() ? 'zh-CN' : 'en-GB');

/** What `Intl` writes, with the space between figures and words that the texts have too: `3 分钟前`. */
const spaced = (text: string) => text.replace(/(\d)(?=\p{Script=Han})/gu, '$1 ');

const cache = new Map<string, Intl.NumberFormat>();

function formatter(options: Intl.NumberFormatOptions) {
  const key = language() + JSON.stringify(options);
  let known = cache.get(key);
  if (!known) cache.set(key, (known = new Intl.NumberFormat(language(), options)));
  return known;
}

export const number = (value: number, digits = 0) => formatter({ maximumFractionDigits: digits }).format(value);

export const percent = (value: number, digits = 0) => formatter({ style: 'percent', maximumFractionDigits: digits }).format(value / 100);

function scaled(value: number, units: readonly string[], base: number) {
  let step = 0;
  while (Math.abs(value) >= base && step < units.length - 1) {
    value /= base;
    step += 1;
  }
  return `${number(value, step === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)} ${units[step]}`;
}

const PROTOCOLS: Record<string, string> = { webrtc: 'WebRTC', 'webrtc-tcp': 'WebRTC (TCP)', 'http-flv': 'HTTP-FLV', 'http-ts': 'HTTP-TS', 'll-hls': 'LL-HLS' };

/** `RTMP`, `WebRTC`. */
export const protocol = (name: string) => PROTOCOLS[name.toLowerCase()] ?? name.toUpperCase();

/** Of bytes. */
export const bytes = (value: number) => scaled(value, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024);

/** A rate, of bits a second. */
export const bits = (value: number) => scaled(value, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'], 1000);

/** Of seconds: `3:05`, `2:03:05`, `4 d 02:03`, `4 天 02:03`. */
export function duration(seconds: number) {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (days > 0) return `${days} ${chinese() ? '天' : 'd'} ${two(hours)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A moment relative to now: `3 minutes ago`, `in 2 days`. */
export function relative(at: Date, now = Date.now()) {
  const seconds = (at.getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language(), { numeric: 'auto' });
  for (const [unit, length] of [['year', 31557600], ['month', 2629800], ['day', 86400], ['hour', 3600], ['minute', 60]] as const) {
    if (Math.abs(seconds) >= length) return spaced(format.format(Math.round(seconds / length), unit));
  }
  return spaced(format.format(Math.round(seconds), 'second'));
}

/** `3 days`, in the reader's language. */
export const inWords = (count: number, unit: 'second' | 'minute' | 'hour' | 'day') =>
  spaced(formatter({ style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 }).format(count));

/** Whole sentences, one after another: Chinese has no space between them. */
export const sentences = (all: readonly (string | false | 0 | null | undefined)[]) => all.filter(Boolean).join(chinese() ? '' : ' ');

export const dateTime = (at: Date) =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(at);

export const date = (at: Date) => new Intl.DateTimeFormat(language(), { dateStyle: 'medium' }).format(at);

/** A tick of an axis whose ticks are `step` seconds apart. */
export const tick = (at: Date, step: number) =>
  new Intl.DateTimeFormat(language(), step < 60 ? CLOCK : step < 86400 ? { hour: '2-digit', minute: '2-digit', hour12: false } : { day: 'numeric', month: 'short' }).format(at);

/** To the second, for logs. */
export const clock = (at: Date) => new Intl.DateTimeFormat(language(), CLOCK).format(at);

const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false } as const;
