import { Alert, Text } from '@mantine/core';

import type { Problem } from '~/api/problem';
import { useProblemText } from './problem-text';

/** What went wrong with a form as a whole; what is wrong with a field stands at the field. */
export function FormError({ problem }: { problem: Problem | undefined }) {
  const text = useProblemText();
  if (!problem || problem.fields.size > 0) return <div role="alert" className="form-error" />;
  return (
    <div role="alert" className="form-error">
      <Alert color="red" variant="light">
        <Text size="sm">{text(problem)}</Text>
      </Alert>
    </div>
  );
}
