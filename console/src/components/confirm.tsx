import { createContext, use, useCallback, useRef, useState, type ReactNode } from 'react';

import { later } from '~/app/later';
import type { Question } from './ConfirmDialog';

const ConfirmDialog = later(async () => (await import('./ConfirmDialog')).ConfirmDialog);

const Context = createContext<(question: Question) => Promise<boolean>>(() => Promise.resolve(false));

/** Asks before what cannot be undone: `if (await confirm({…}))`. */
export const useConfirm = () => use(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
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
      {question && <ConfirmDialog question={question} open={open} onAnswer={close} />}
    </Context>
  );
}
