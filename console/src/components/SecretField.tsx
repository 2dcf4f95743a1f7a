import { Badge, PasswordInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  /** There is one, which nobody is told. */
  known: boolean;
  value: string;
  error?: string;
  disabled?: boolean;
  onChange: (event: { currentTarget: { value: string } }) => void;
}

/** Something that is written and never read: left empty, what there is stays. */
export function SecretField({ label, known, ...field }: Props) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      label={
        <>
          {label}{' '}
          {known && (
            <Badge size="xs" variant="light" color="green" tt="none">
              {t('common.secret.set')}
            </Badge>
          )}
        </>
      }
      autoComplete="off"
      placeholder={known ? t('common.secret.kept') : ''}
      visibilityToggleButtonProps={{ 'aria-label': t('login.show'), tabIndex: 0 }}
      {...field}
    />
  );
}
