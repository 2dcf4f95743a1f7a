// The face of the publisher: the preview, what is chosen, and one large button.

import { el } from '../player/dom';
import { bitrate } from '../player/figures';
import type { Wanted } from './capture';
import { CODECS, HEIGHTS, RATES, sendable, suitable, type Codec, type Height, type Rate } from './encoding';
import type { Sent } from './figures';
import type { Publisher, View } from './publisher';
import type { Trouble } from './state';
import type { Words } from './words';

export class Face {
  readonly element: HTMLElement;
  readonly #video = el('video', { playsinline: true, autoplay: true });
  readonly #badge = el('span', { class: 'pb-badge', role: 'status' });
  readonly #trouble = el('p', { class: 'pb-trouble', role: 'alert', hidden: true });
  readonly #main = el('button', { type: 'button', class: 'pb-main' });
  readonly #picture: Select;
  readonly #microphone: Select;
  readonly #size: Select;
  readonly #rate: Select;
  readonly #bitrate: Select;
  readonly #codec: Select;
  readonly #hide = el('button', { type: 'button' });
  readonly #mute = el('button', { type: 'button' });
  readonly #turn: HTMLButtonElement;
  readonly #figures = el('dl', { class: 'pb-figures' });
  readonly #limited = el('p', { class: 'pb-hint', hidden: true });
  readonly #tick: ReturnType<typeof setInterval>;
  readonly #unlisten: () => void;
  /** Seconds for which less has been sent than was asked for. */
  #narrow = 0;
  #view: View;

  constructor(
    private readonly publisher: Publisher,
    private readonly words: Words,
  ) {
    this.#view = publisher.view;
    // What one hears of oneself howls.
    this.#video.muted = true;
    this.#video.setAttribute('aria-label', words.preview);
    this.#turn = el('button', { type: 'button' }, words.turn);
    const set = publisher;
    this.#picture = new Select(words.picture, (value) => set.ask({ picture: pictureOf(value) }));
    this.#microphone = new Select(words.microphone, (value) => set.ask({ microphone: value === NONE ? null : value }));
    this.#size = new Select(words.size, (value) => set.encode({ height: Number(value) as Height }));
    this.#rate = new Select(words.rate, (value) => set.encode({ fps: Number(value) as Rate }));
    this.#bitrate = new Select(words.bitrate, (value) => set.encode({ bitrate: value === '' ? null : Number(value) }));
    this.#codec = new Select(words.codec, (value) => set.encode({ codec: value as Codec }), words.codecHint);
    this.element = this.#build();
    this.#tick = setInterval(() => void this.#measure(), 1_000);
    this.#unlisten = publisher.listen((view) => this.#show(view));
  }

  destroy(): void {
    clearInterval(this.#tick);
    this.#unlisten();
    this.#video.srcObject = null;
  }

  #build(): HTMLElement {
    const { words, publisher } = this;
    this.#main.addEventListener('click', () => this.#press());
    this.#hide.addEventListener('click', () => publisher.turn({ picture: !this.#view.pictureOff }));
    this.#mute.addEventListener('click', () => publisher.turn({ sound: !this.#view.soundOff }));
    this.#turn.addEventListener('click', () => {
      const { picture } = this.#view.wanted;
      const back = typeof picture === 'object' && 'facing' in picture && picture.facing === 'environment';
      publisher.ask({ picture: { facing: back ? 'user' : 'environment' } });
    });
    const sources = el('div', { class: 'pb-row' }, this.#picture.element, this.#microphone.element);
    const qualities = [this.#size, this.#rate, this.#bitrate, this.#codec].map(({ element }) => element);
    const quality = el('details', { class: 'pb-quality' }, el('summary', {}, words.quality), el('div', { class: 'pb-row' }, ...qualities));
    const preview = el('div', { class: 'pb-preview' }, this.#video, this.#badge);
    const buttons = el('div', { class: 'pb-buttons' }, this.#main, this.#hide, this.#mute, this.#turn);
    return el('div', { class: 'pb' }, preview, this.#trouble, buttons, this.#limited, this.#figures, sources, quality);
  }

  #press(): void {
    const { phase, trouble } = this.#view;
    if (phase === 'idle' || (phase === 'ready' && this.#view.stream === null)) this.publisher.ask();
    else if (phase === 'ready') this.publisher.publish();
    else if (phase !== 'asking') this.publisher.stop();
    else if (trouble !== null) this.publisher.ask();
  }

  #show(view: View): void {
    const { words } = this;
    this.#view = view;
    const { phase, trouble, stream, wanted } = view;
    this.element.dataset.phase = phase;
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
    const mirrored = typeof wanted.picture === 'object' && !('facing' in wanted.picture && wanted.picture.facing === 'environment');
    this.#video.classList.toggle('pb-mirrored', mirrored);
    this.#say(phase);
    this.#trouble.hidden = trouble === null;
    this.#trouble.textContent = trouble === null ? '' : say(trouble, words);
    const on = phase === 'connecting' || phase === 'live' || phase === 'reconnecting';
    this.#main.textContent = on ? words.stop : phase === 'ready' ? words.start : words.allow;
    this.#main.disabled = phase === 'asking' || trouble === 'insecure' || trouble === 'incapable';
    this.#main.classList.toggle('pb-stop', on);
    const has = (kind: string) => stream?.getTracks().some((track) => track.kind === kind) ?? false;
    this.#hide.hidden = !has('video');
    this.#mute.hidden = !has('audio');
    this.#hide.textContent = view.pictureOff ? words.pictureOn : words.pictureOff;
    this.#mute.textContent = view.soundOff ? words.soundOn : words.soundOff;
    this.#mute.classList.toggle('pb-off', view.soundOff);
    this.#hide.classList.toggle('pb-off', view.pictureOff);
    this.#turn.hidden = !(phase !== 'idle' && isPhone() && view.devices.cameras.length > 1 && wanted.picture !== 'screen');
    this.#choices(view);
    if (!on) {
      this.#narrow = 0;
      this.#figures.replaceChildren();
      this.#limited.hidden = true;
    }
  }

  #say(phase: View['phase']): void {
    const { words } = this;
    const texts = { idle: words.hint, asking: words.asking, ready: words.ready, connecting: words.connecting, live: words.live, reconnecting: words.reconnecting };
    const text = phase === 'live' ? `${texts.live}${this.#time()}` : phase === 'ready' && this.#view.over ? words.over : texts[phase];
    if (this.#badge.textContent !== text) this.#badge.textContent = text;
    // What changes each second is not to be read out each second.
    this.#badge.setAttribute('aria-live', phase === 'live' ? 'off' : 'polite');
  }

  #time(): string {
    const { since } = this.#view;
    if (since === null) return '';
    const seconds = Math.floor((Date.now() - since.getTime()) / 1000);
    const two = (value: number) => String(value).padStart(2, '0');
    const hours = Math.floor(seconds / 3600);
    return ` · ${hours > 0 ? `${hours}:` : ''}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  }

  #choices({ wanted, encoding, devices }: View): void {
    const { words } = this;
    const cameras = devices.cameras.map(({ deviceId, label }) => [`camera:${deviceId}`, label || words.camera] as const);
    const facing = isPhone() ? ([['facing:user', words.front], ['facing:environment', words.back]] as const) : [];
    const screen = typeof navigator.mediaDevices?.getDisplayMedia === 'function' ? ([['screen', words.screen]] as const) : [];
    const first = cameras.length === 0 && facing.length === 0 ? ([['camera:', words.camera]] as const) : [];
    const pictures = [...first, ...facing, ...(isPhone() ? [] : cameras), ...screen, [NONE, words.noPicture] as const];
    const track = this.#view.stream?.getVideoTracks()[0]?.getSettings().deviceId;
    this.#picture.show(pictures, valueOf(wanted.picture, track));
    const microphones = devices.microphones.map(({ deviceId, label }) => [deviceId, label || words.microphone] as const);
    this.#microphone.show([['', words.preferred], ...microphones, [NONE, words.noSound]], wanted.microphone ?? NONE);
    this.#size.show(HEIGHTS.map((height) => [String(height), `${height}p`] as const), String(encoding.height));
    this.#rate.show(RATES.map((rate) => [String(rate), String(rate)] as const), String(encoding.fps));
    const automatic = `${words.suitable} (${bitrate(suitable(encoding) * 1000)})`;
    const rates = BITRATES.map((kbps) => [String(kbps), bitrate(kbps * 1000)] as const);
    this.#bitrate.show([['', automatic], ...rates], String(encoding.bitrate ?? ''));
    const known = typeof RTCRtpSender === 'undefined' ? [...CODECS] : sendable();
    this.#codec.show(known.map((codec) => [codec, CODEC_NAMES[codec]] as const), encoding.codec);
  }

  async #measure(): Promise<void> {
    const { phase } = this.#view;
    if (phase !== 'live' && phase !== 'reconnecting') return;
    this.#say(phase);
    const sent = await this.publisher.sent().catch(() => null);
    if (sent === null) return;
    const { words } = this;
    this.#figures.replaceChildren(...rows(sent, words).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
    // Every connection begins narrow, until the browser knows what goes through.
    this.#narrow = sent.limited === '' ? 0 : this.#narrow + 1;
    this.#limited.hidden = this.#narrow < NARROW_MEANT;
    this.#limited.textContent = sent.limited === 'cpu' ? words.limitedCpu : sent.limited === 'bandwidth' ? words.limitedBandwidth : '';
  }
}

function rows(sent: Sent, words: Words): [string, string][] {
  const list: [string, string][] = [[words.bandwidth, bitrate(sent.bitrate)]];
  if (sent.width > 0) list.push([words.resolution, `${sent.width} × ${sent.height}${sent.fps === null ? '' : ` · ${Math.round(sent.fps)} fps`}`]);
  if (sent.codec !== '') list.push([words.codec, sent.codec]);
  if (sent.rtt !== null) list.push([words.rtt, `${Math.round(sent.rtt * 1000)} ms`]);
  list.push([words.loss, `${(sent.loss * 100).toFixed(1)} %`]);
  return list;
}

function say(trouble: Trouble, words: Words): string {
  return words[trouble];
}

/** A choice out of a list that changes. */
class Select {
  readonly element: HTMLElement;
  readonly #select: HTMLSelectElement;
  #shown = '';

  constructor(label: string, choose: (value: string) => void, hint?: string) {
    this.#select = el('select', { title: hint });
    this.#select.addEventListener('change', () => choose(this.#select.value));
    this.element = el('label', { class: 'pb-field' }, el('span', {}, label), this.#select);
  }

  show(choices: readonly (readonly [string, string])[], value: string): void {
    const shown = JSON.stringify(choices);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#select.replaceChildren(...choices.map(([value, label]) => el('option', { value }, label)));
    }
    this.#select.value = value;
  }
}

function pictureOf(value: string): Wanted['picture'] {
  if (value === 'screen' || value === NONE) return value;
  if (value === 'facing:user' || value === 'facing:environment') return { facing: value === 'facing:user' ? 'user' : 'environment' };
  const id = value.slice('camera:'.length);
  return { camera: id === '' ? null : id };
}

function valueOf(picture: Wanted['picture'], inUse: string | undefined): string {
  if (typeof picture === 'string') return picture;
  if ('facing' in picture) return `facing:${picture.facing}`;
  if (isPhone()) return 'facing:user';
  return `camera:${picture.camera ?? inUse ?? ''}`;
}

/** One that is held in a hand, with a camera on either side. */
function isPhone(): boolean {
  return matchMedia('(pointer: coarse)').matches && navigator.maxTouchPoints > 0;
}

const NARROW_MEANT = 12;
const NONE = 'none';
const BITRATES = [500, 1_000, 1_500, 2_500, 4_000, 6_000, 8_000];
const CODEC_NAMES: Record<Codec, string> = { H264: 'H.264', VP8: 'VP8', VP9: 'VP9', AV1: 'AV1', H265: 'H.265' };
