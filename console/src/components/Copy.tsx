import { ActionIcon, Box, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck, IconCopy, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';

import { copy } from './copy';

/** A button that copies `value`, which people know as `name`. */
export function CopyButton({ value, name }: { value: string; name: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const label = copied ? t('common.copied') : t('common.copy', { name });
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="input-sm"
        aria-label={label}
        onClick={async () => {
          if (await copy(value)) {
            setCopied(true);
            setTimeout(() => setCopied(false), 1500);
          } else {
            notifications.show({ color: 'red', message: t('common.copyFailed') });
          }
        }}
      >
        {copied ? <IconCheck size={16} color="var(--app-good)" /> : <IconCopy size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

interface FieldProps {
  label: string;
  value: string;
  /** It is hidden until somebody wants to see it. */
  secret?: boolean;
  description?: string;
}

/** Something to be copied into another program. */
export function CopyField({ label, value, secret = false, description }: FieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const [shown, setShown] = useState(!secret);
  const toggle = shown ? t('common.hide', { name: label }) : t('common.show', { name: label });
  return (
    <Box>
      <Text component="label" htmlFor={id} size="sm" fw={500} display="block" mb={4}>
        {label}
      </Text>
      <Group gap={6} wrap="nowrap" align="flex-start">
        <TextInput
          id={id}
          readOnly
          flex={1}
          miw={0}
          value={shown ? value : '•'.repeat(16)}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
          onFocus={(event) => event.currentTarget.select()}
        />
        {secret && (
          <Tooltip label={toggle}>
            <ActionIcon variant="default" size="input-sm" aria-label={toggle} aria-pressed={shown} onClick={() => setShown(!shown)}>
              {shown ? <IconEyeOff size={16} /> : <IconEye size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
        <CopyButton value={value} name={label} />
      </Group>
      {description && (
        <Text size="xs" c="dimmed" mt={4}>
          {description}
        </Text>
      )}
    </Box>
  );
}

/** Several lines to be copied. */
export function CopyCode({ code, name }: { code: string; name: string }) {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Box component="pre" className="mono copy-code" flex={1} miw={0}>
        {code}
      </Box>
      <CopyButton value={code} name={name} />
    </Group>
  );
}
