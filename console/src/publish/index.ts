// Publishes from a browser: camera, microphone or screen, by WHIP. Without a framework; mounts into any element.

import './publisher.css';

import { root } from '../player/server';
import { preferredLanguage, type Language } from '../player/words';
import { Face } from './face';
import { Publisher, type View } from './publisher';
import { words } from './words';

export type { Phase, Trouble } from './state';
export type { View as PublisherView } from './publisher';

export interface PublisherOptions {
  /** Where to send: `app/name` of this server with what lets one in, or a WHIP endpoint with all of it in its query. */
  to: { stream: string; secret?: string; token?: string } | { endpoint: string };
  language?: Language;
  /** Asks for camera and microphone at once, and goes live as soon as they are there. */
  autostart?: boolean;
  onChange?: (view: View) => void;
}

export interface PublisherHandle {
  readonly view: View;
  /** Ends what is sent; the preview stays. */
  stop(): void;
  /** Ends everything, and leaves the element empty. */
  destroy(): void;
}

export function mountPublisher(element: HTMLElement, options: PublisherOptions): PublisherHandle {
  const texts = words(options.language ?? preferredLanguage());
  const publisher = new Publisher(() => endpointOf(options.to));
  const face = new Face(publisher, texts);
  element.replaceChildren(face.element);
  if (options.onChange !== undefined) publisher.listen(options.onChange);
  if (options.autostart === true) {
    const unlisten = publisher.listen(({ phase }) => {
      if (phase !== 'ready') return;
      queueMicrotask(() => {
        unlisten();
        publisher.publish();
      });
    });
    publisher.ask();
  }
  return {
    get view() {
      return publisher.view;
    },
    stop: () => publisher.stop(),
    destroy: () => {
      face.destroy();
      publisher.destroy();
      face.element.remove();
    },
  };
}

/** The WHIP endpoint of a stream of this server. */
export function endpointOf(to: PublisherOptions['to']): string {
  if ('endpoint' in to) return to.endpoint;
  const { stream, secret, token } = to;
  const at = stream.lastIndexOf('/');
  const query = new URLSearchParams({ app: stream.slice(0, at), stream: stream.slice(at + 1) });
  if (secret !== undefined && secret !== '') query.set('secret', secret);
  if (token !== undefined && token !== '') query.set('token', token);
  return new URL(`rtc/v1/whip/?${query.toString()}`, root()).href;
}
