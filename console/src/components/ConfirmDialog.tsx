import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

export interface Question {
  title: string;
  text: ReactNode;
  /** What the button that does it says. */
  yes: string;
}

interface Props {
  question: Question;
  open: boolean;
  onAnswer: (yes: boolean) => void;
}

export function ConfirmDialog({ question, open, onAnswer }: Props) {
  const { t } = useTranslation();
  return (
    <Modal opened={open} onClose={() => onAnswer(false)} title={question.title} closeButtonProps={{ 'aria-label': t('common.close') }} centered>
      <Stack>
        <Text size="sm" component="div">
          {question.text}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onAnswer(false)} data-autofocus>
            {t('common.cancel')}
          </Button>
          <Button color="red.9" onClick={() => onAnswer(true)}>
            {question.yes}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
