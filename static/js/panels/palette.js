/** The design tokens as values, for canvas; read again when theme or contrast changed. */

/** @type {Map<string, string>} */
let known = new Map();

const forget = () => (known = new Map());
new MutationObserver(forget).observe(document.documentElement, { attributes: true });
for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) matchMedia(query).addEventListener('change', forget);

/** @param {string} name of a custom property, without its dashes @param {string} [otherwise] */
export function token(name, otherwise = 'gray') {
  let value = known.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || otherwise;
    known.set(name, value);
  }
  return value;
}

/** The colour of a family's lines: of a pale one, a darker one. @param {string} family */
export const familyLine = (family) => token(`${family}-line`, token(family, token('node')));
