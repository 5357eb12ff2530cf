/**
 * A light reading of Python, enough to colour it: comments, strings, keywords, numbers, and the names
 * being defined. It never fails: what it does not know is plain text, and the pieces always join to the source.
 */

/** @typedef {''|'com'|'str'|'kw'|'def'|'num'|'dec'|'self'} Colour */
/** @typedef {{text: string, kind: Colour}} Piece */

const KEYWORDS = new Set(
  ('False None True and as assert async await break case class continue def del elif else except finally for ' +
    'from global if import in is lambda match nonlocal not or pass raise return try type while with yield').split(' '),
);

const TOKEN = new RegExp(
  [
    '(?<com>#[^\\n]*)',
    '(?<str>[rbfuRBFU]{0,2}(?:"""[^]*?(?:"""|$)|\'\'\'[^]*?(?:\'\'\'|$)|"(?:\\\\.|[^"\\\\\\n])*"?|\'(?:\\\\.|[^\'\\\\\\n])*\'?))',
    '(?<dec>@[A-Za-z_][\\w.]*)',
    '(?<num>\\d[\\w.]*)',
    '(?<word>[A-Za-z_]\\w*)',
    '(?<rest>[^\\w"\'#@]+|[^])',
  ].join('|'),
  'g',
);

/** @param {string} word @param {string} before the word in front of it @returns {Colour} */
function wordKind(word, before) {
  if (before === 'def' || before === 'class') return 'def';
  if (KEYWORDS.has(word)) return 'kw';
  return word === 'self' ? 'self' : '';
}

/**
 * The source as lines of coloured pieces; a string that spans lines is cut at each end of line.
 * @param {string} source
 * @returns {Piece[][]}
 */
export function tokenize(source) {
  /** @type {Piece[][]} */
  const lines = [[]];
  let before = '';
  for (const match of source.matchAll(TOKEN)) {
    const groups = match.groups ?? {};
    const kind = groups.word ? wordKind(groups.word, before) : kindOf(groups);
    if (match[0].trim()) before = groups.word ?? '';
    append(lines, match[0], kind);
  }
  return lines;
}

/** @param {Record<string, string|undefined>} groups @returns {Colour} */
function kindOf(groups) {
  if (groups.com) return 'com';
  if (groups.str) return 'str';
  if (groups.dec) return 'dec';
  return groups.num ? 'num' : '';
}

/** @param {Piece[][]} lines @param {string} text @param {Colour} kind */
function append(lines, text, kind) {
  text.split('\n').forEach((part, i) => {
    if (i) lines.push([]);
    if (part) lines[lines.length - 1].push({ text: part, kind });
  });
}
