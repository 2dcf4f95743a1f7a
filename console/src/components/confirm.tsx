import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { createContext, use, useCallback, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface Question {
  title: string;
  text: ReactNode;
  /** What the button that does it says. */
  yes: string;
}

const Context = createContext<(question: Question) => Promise<boolean>>(() => Promise.resolve(false));

/** Asks before what cannot be undone: `if (await confirm({…}))`. */
export const useConfirm = () => use(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [question, setQuestion] = useState<Question>();
  const [open, setOpen] = useState(false);
  const answer = useRef<(yes: boolean) => void>(undefined);
  const confirm = useCallback((asked: Question) => {
    setQuestion(asked);
    setOpen(true);
    return new Promise<boolean>((resolve) => {
      answer.current = resolve;
    });
  }, []);
  const close = (yes: boolean) => {
    setOpen(false);
    answer.current?.(yes);
  };
  return (
    <Context value={confirm}>
      {children}
      <Modal opened={open} onClose={() => close(false)} title={question?.title} closeButtonProps={{ 'aria-label': t('common.close') }} centered>
        <Stack>
          <Text size="sm" component="div">
            {question?.text}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => close(false)} data-autofocus>
              {t('common.cancel')}
            </Button>
            <Button color="red.9" onClick={() => close(true)}>
              {question?.yes}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Context>
  );
}
