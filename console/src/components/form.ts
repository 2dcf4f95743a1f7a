import { useCallback, useState } from 'react';
import { notifications } from '@mantine/notifications';
import { useTranslation } from 'react-i18next';

import { Problem } from '~/api/problem';
import { useProblemText } from './problem-text';

/** What is typed into a form, and what is wrong with it. A failed request changes neither. */
export function useFields<T extends object>(initial: T) {
  const [values, setValues] = useState(initial);
  const [wrong, setWrong] = useState<ReadonlyMap<string, string>>(new Map());
  const set = useCallback(<K extends keyof T>(name: K, value: T[K]) => {
    setValues((known) => ({ ...known, [name]: value }));
    setWrong((known) => new Map([...known].filter(([field]) => field !== name && !field.startsWith(`${String(name)}[`))));
  }, []);
  /** For a text field: its value, what is wrong with it, and what to do when it changes. */
  const text = <K extends keyof T & string>(name: K) => ({
    value: String(values[name] ?? ''),
    error: problemOf(wrong, name),
    onChange: (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value as T[K]),
  });
  const reset = useCallback((next: T) => {
    setValues(next);
    setWrong(new Map());
  }, []);
  return { values, set, text, wrong, setWrong, reset, errorOf: (name: keyof T & string) => problemOf(wrong, name) };
}

function problemOf(wrong: ReadonlyMap<string, string>, name: string) {
  const direct = wrong.get(name);
  if (direct) return direct;
  for (const [field, message] of wrong) if (field.startsWith(`${name}[`) || field.startsWith(`${name}.`)) return message;
  return undefined;
}

interface Options<A, R> {
  /** Said when it is done. */
  done?: string;
  onDone?: (result: R, argument: A) => void;
  /** The form whose fields are marked. */
  fields?: { setWrong: (wrong: ReadonlyMap<string, string>) => void; values: object };
}

/** Something that is done on the server: whether it is under way, and what went wrong, which is said where nothing else shows it. */
export function useAction<A, R>(act: (argument: A) => Promise<R>, options: Options<A, R> = {}) {
  const { t } = useTranslation();
  const text = useProblemText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (argument: A) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const result = await act(argument);
      if (options.done) notifications.show({ message: options.done, color: 'teal' });
      options.onDone?.(result, argument);
      return true;
    } catch (thrown) {
      const caught = Problem.from(thrown);
      setProblem(caught);
      const names = Object.keys(options.fields?.values ?? {});
      const known = [...caught.fields].some(([field]) => names.includes(field.split(/[.[]/)[0] ?? ''));
      options.fields?.setWrong(caught.fields);
      if (!options.fields || (!known && caught.fields.size > 0)) {
        const detail = [...caught.fields].map(([field, message]) => `${field} ${message}`).join('; ');
        notifications.show({ color: 'red', title: t('common.failed'), message: detail || text(caught) });
      }
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, problem, clear: () => setProblem(undefined) };
}
