/** How hard a password is to guess, 0 to 4: by its length and how many kinds of characters and different ones it has. Pure. */
export function strength(password: string): number {
  if (password.length < 8) return password.length > 0 ? 0 : -1;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const different = new Set(password).size;
  if (different < 5) return 1;
  const score = (password.length >= 12 ? 1 : 0) + (password.length >= 16 ? 1 : 0) + (kinds >= 2 ? 1 : 0) + (different >= 10 ? 1 : 0);
  return Math.max(1, Math.min(4, score));
}
