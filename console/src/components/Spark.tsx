interface Props {
  values: readonly (number | null)[];
  width?: number;
  height?: number;
  /** For who does not see it; without it, it says nothing new. */
  label?: string;
}

/** A line of values, from zero up, as wide as what it stands in. */
export function Spark({ values, width = 160, height = 32, label }: Props) {
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((value, index) => [index * step, height - 2 - ((value ?? 0) / most) * (height - 4)] as const);
  const line = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" role={label ? 'img' : undefined} aria-label={label} aria-hidden={!label}>
      {values.length > 1 && (
        <>
          <path d={`${line}L${width} ${height}L0 ${height}Z`} fill="var(--mantine-color-water-light)" />
          <path d={line} fill="none" stroke="var(--mantine-color-water-5)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  );
}
