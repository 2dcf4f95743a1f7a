// Elements without a framework.

type Attributes = Record<string, string | number | boolean | undefined>;

/**
 * An element with attributes and children; `true` sets an attribute without a value, `false` and `undefined` leave it out. Those of
 * ARIA say `true` and `false` in words.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    const worded = key.startsWith('aria-');
    if (value === undefined || (value === false && !worded)) continue;
    element.setAttribute(key, value === true && !worded ? '' : String(value));
  }
  element.append(...children);
  return element;
}
