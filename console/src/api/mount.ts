/** Where the console is, with a slash at the end: `/mgmt/`; behind a proxy perhaps `/live/mgmt/`. The server says so in `<base>`. */
export const mount = new URL('.', document.baseURI).pathname;

/** The server's root, with a slash at the end, from where its API and streams are named. */
export const server = new URL(mount === '/' ? '/' : '..', new URL(mount, location.origin)).href;

/** An address on this server: `at('live/cam.m3u8')`. */
export const at = (path: string) => new URL(path.replace(/^\//, ''), server).href;
