import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import i18next from 'i18next';

/** The colour of the product: deep water. Contrasts of the shades that carry text are at least 4.5 to 1. */
const water: MantineColorsTuple = [
  '#e6f7f9', '#d0edf1', '#a3dbe3', '#73c8d4', '#4cb7c6', '#2fa5b6', '#168a9c', '#0d7486', '#0a6273', '#074f5e',
];

/** Greys of the dark theme: with a little of that water. */
const dark: MantineColorsTuple = [
  '#dce1e5', '#a3adb5', '#8b959d', '#5c6870', '#36424a', '#2a343a', '#1d252a', '#161d21', '#0f1417', '#0b0f11',
];

export const theme = createTheme({
  colors: { water, dark },
  primaryColor: 'water',
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } } },
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    // Of the same paper as cards, under a headline. Components stay by their names here, and where they are used.
    Modal: { styles: { content: { background: 'var(--app-surface)' }, header: { background: 'var(--app-surface)' }, title: { fontWeight: 650, fontSize: '1.125rem' } } },
    // The page has a banner already.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    DrawerHeader: { defaultProps: { role: 'presentation' } },
    // Its cross has a name, in the language of the moment.
    Notification: { defaultProps: () => ({ closeButtonProps: { 'aria-label': i18next.t('common.close') } }) },
  },
});

/** Colours that can be read: the library's own dimmed, light and error texts are too faint for AA. */
export const variables: CSSVariablesResolver = ({ colors }) => {
  const texts = (shade: number) =>
    Object.fromEntries(
      ['red', 'green', 'yellow', 'orange', 'blue', 'gray', 'water', 'violet', 'teal'].map((name) => [
        `--mantine-color-${name}-light-color`,
        colors[name]?.[shade] ?? 'inherit',
      ]),
    );
  return {
    variables: {},
    light: {
      ...texts(9),
      '--mantine-color-yellow-light-color': '#7a4a00',
      '--mantine-color-orange-light-color': '#8a3308',
      '--mantine-color-green-light-color': '#1b6b2c',
      '--mantine-color-gray-light-color': '#3d444b',
      '--mantine-color-dimmed': '#565e66',
      '--mantine-color-placeholder': '#6b737b',
      '--mantine-color-error': '#b42318',
      '--mantine-color-anchor': colors.water?.[8] ?? '',
      '--mantine-color-body': '#f5f7f8',
      '--app-surface': '#ffffff',
      '--app-border': '#dfe4e7',
      '--app-soft': '#eef2f4',
      '--app-good': '#1f7a36',
      '--app-doubt': '#9a5b00',
      '--app-bad': '#b42318',
    },
    dark: {
      ...texts(2),
      '--mantine-color-text': '#dce1e5',
      '--mantine-color-dimmed': '#a3adb5',
      '--mantine-color-placeholder': '#8b959d',
      '--mantine-color-error': '#ff8a80',
      '--mantine-color-anchor': colors.water?.[3] ?? '',
      '--mantine-color-body': '#0f1417',
      '--mantine-color-default': '#1d252a',
      '--mantine-color-default-hover': '#263036',
      '--mantine-color-default-border': '#36424a',
      '--app-surface': '#161d21',
      '--app-border': '#2a343a',
      '--app-soft': '#1d262b',
      '--app-good': '#63c97b',
      '--app-doubt': '#e9b44c',
      '--app-bad': '#ff8a80',
    },
  };
};
