// Whatever the browser plays by itself: files, and HLS on Safari.

import { type Engine, type Figures, type Task } from './engine';

export class FileEngine implements Engine {
  readonly #aborter = new AbortController();

  constructor(private readonly task: Task) {}

  open(): Promise<void> {
    const { video, source, report } = this.task;
    const { signal } = this.#aborter;
    video.addEventListener(
      'error',
      () => {
        const { code = 0, message = '' } = video.error ?? {};
        const network = code === MediaError.MEDIA_ERR_NETWORK;
        const unsupported = code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && video.currentTime === 0;
        const trouble = network ? 'network' : unsupported ? 'absent' : 'media';
        report({ kind: 'trouble', trouble, detail: message });
      },
      { signal },
    );
    video.src = source.url;
    return Promise.resolve();
  }

  close(): void {
    if (this.#aborter.signal.aborted) return;
    this.#aborter.abort();
    this.task.video.removeAttribute('src');
    this.task.video.load();
  }

  latency(): number | null {
    const { video } = this.task;
    if (Number.isFinite(video.duration) || video.seekable.length === 0) return null;
    return Math.max(0, video.seekable.end(video.seekable.length - 1) - video.currentTime);
  }

  figures(): Promise<Figures> {
    return Promise.resolve({});
  }
}
