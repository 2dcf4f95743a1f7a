const LETTERS: Record<string, string> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', I: 'Í', O: 'Ó', U: 'Ú', n: 'ñ', c: 'ç' };

/** `texts` in disguise and a third longer, with their places and tags as they are: `[Ópéñ ···]`. */
export function pseudo(texts: object): object {
  return Object.fromEntries(
    Object.entries(texts).map(([key, value]) => [key, typeof value === 'string' ? disguise(value) : pseudo(value as object)]),
  );
}

function disguise(text: string) {
  const parts = text.split(/(\{\{.*?\}\}|<[^>]*>)/);
  const letters = parts.map((part, index) => (index % 2 === 1 ? part : part.replace(/[a-z]/gi, (letter) => LETTERS[letter] ?? letter)));
  return `[${letters.join('')} ${'·'.repeat(Math.ceil(text.length / 3))}]`;
}
