import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server that `npm run dev` stands in front of. */
const server = process.env.SLUICE_URL ?? 'http://127.0.0.1:2022';

/** Of other projects, what the frame of the console is made of. */
const FRAME = new RegExp(
  `/node_modules/(${[
    '(react|react-dom|react-router|react-i18next|i18next|scheduler|openapi-fetch|@tanstack|@floating-ui)/',
    '@mantine/(store|core/esm/(core|utils))/',
    '@mantine/core/esm/components/(ActionIcon|AppShell|Badge|Button|Group|Loader|Menu|Popover|Stack|Text|Tooltip|Transition)/',
  ].join('|')})`,
);

// Six pages: the console and what viewers and guests see, which has no framework. Addresses are relative: the server tells
// each page by <base> where it is mounted, so that a proxy may put all of it below a path.
export default defineConfig({
  base: './',
  plugins: [react()],
  // The server puts a new one into each page.
  html: { cspNonce: '{{nonce}}' },
  resolve: { alias: { '~': here('./src') } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      // What every page of the console needs comes as one file and not as forty.
      output: { codeSplitting: { groups: [{ name: 'frame', test: FRAME }] } },
      input: {
        index: here('./index.html'),
        watch: here('./watch.html'),
        recording: here('./recording.html'),
        embed: here('./embed.html'),
        publish: here('./publish.html'),
        legacy: here('./legacy.html'),
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/rtc', '^/(?!src/|node_modules/|@|assets/).*\\.(flv|ts|m3u8|mp4|m4s|aac|mp3)(\\?|$)'].map((path) => [
        path,
        { target: server, ws: true },
      ]),
    ),
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'tests/unit/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
