import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

interface Props {
  title: string;
  text?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: its title, also of the window, what can be done, and what there is. */
export function Page({ title, text, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Sluice`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box miw={0}>
          <Title order={1} tabIndex={-1} id="page-title">
            {title}
          </Title>
          {text && (
            <Text c="dimmed" size="sm" mt={2} component="div">
              {text}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

interface CardProps {
  title?: ReactNode;
  text?: ReactNode;
  actions?: ReactNode;
  /** The content has its own margins, as lists have. */
  bare?: boolean;
  children?: ReactNode;
}

/** A part of a page. */
export function Card({ title, text, actions, bare = false, children }: CardProps) {
  const head = (title || actions) && (
    <Group justify="space-between" gap="sm" mb={bare ? 0 : 'sm'} p={bare ? 'md' : 0} pb={bare ? 'xs' : 0}>
      <Box miw={0} flex={text ? '1 1 16rem' : '1 1 auto'}>
        {title && <Title order={2}>{title}</Title>}
        {text && (
          <Text c="dimmed" size="sm" mt={2} component="div">
            {text}
          </Text>
        )}
      </Box>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
  return (
    <section className={bare ? 'card' : 'card card-pad'}>
      {head}
      {children}
    </section>
  );
}
