import { Text } from '@mantine/core';

/** The product's sign and name. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <span className="mark">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
        <rect width="32" height="32" rx="8" fill="#0b7285" />
        <path d="M8 7v11M16 7v11M24 7v11" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
        <path d="M5 24c2.400-2 4.600-2 7 0s4.600 2 7 0 4.600-2 8 0" fill="none" stroke="#99e9f2" strokeWidth="3" strokeLinecap="round" />
      </svg>
      <Text component="span" fw={700} size="lg" visibleFrom="xs" lts="-0.01em">
        {PRODUCT}
      </Text>
    </span>
  );
}

/** A name, the same in every language. */
export const PRODUCT = 'Sluice';
