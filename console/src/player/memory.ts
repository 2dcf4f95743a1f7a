// The volume that a viewer has set, for the next page and the next day.

export interface Volume {
  volume: number;
  muted: boolean;
}

export function recall(): Volume | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    if (typeof kept !== 'object' || kept === null) return null;
    const { volume, muted } = kept as Partial<Volume>;
    if (typeof volume !== 'number' || !(volume >= 0 && volume <= 1)) return null;
    return { volume, muted: muted === true };
  } catch {
    // No storage, as in a frame of another site; or not ours.
    return null;
  }
}

export function remember(volume: Volume): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(volume));
  } catch {
    // Then not.
  }
}

const KEY = 'sluice-volume';
