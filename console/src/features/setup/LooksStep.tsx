import { Radio, SimpleGrid, Stack, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';

import { Card } from '~/components/Page';
import { choose, LANGUAGES, type Language } from '~/i18n';

export function LooksStep() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Card>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Radio.Group label={t('shell.language')} value={i18n.language} onChange={(tag) => void choose(tag as Language)}>
          <Stack gap="xs" mt="xs">
            {Object.entries(LANGUAGES).map(([tag, name]) => (
              <Radio key={tag} value={tag} label={name} />
            ))}
          </Stack>
        </Radio.Group>
        <Radio.Group label={t('shell.theme')} value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
          <Stack gap="xs" mt="xs">
            {(['auto', 'light', 'dark'] as const).map((scheme) => (
              <Radio key={scheme} value={scheme} label={t(`shell.scheme.${scheme}`)} />
            ))}
          </Stack>
        </Radio.Group>
      </SimpleGrid>
    </Card>
  );
}
