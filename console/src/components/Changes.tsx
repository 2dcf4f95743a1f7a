import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

/** What becomes of one field of a form. */
export interface Change {
  /** What the field is called. */
  name: string;
  before: string;
  after: string;
}

/** Those of `fields` that are to become something else. */
export const changed = (fields: Change[]) => fields.filter(({ before, after }) => before !== after);

/** What saving is going to change, before it does; nothing where nothing changes. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) return null;
  const shown = (value: string) => value || t('common.empty');
  return (
    <section className="changes" aria-label={t('common.changes')}>
      <Text size="sm" fw={600}>
        {t('common.changes')}
      </Text>
      <dl>
        {changes.map(({ name, before, after }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <del>{shown(before)}</del> <span aria-hidden>→</span> <ins>{shown(after)}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
