/** How the values that protocols keep are written: commands, ballots, zxids, and whatever else. */

/** A command in as few letters as a cell has room for. @param {any} c @returns {string} */
export function commandText(c) {
  if (!c) return '∅';
  if (typeof c !== 'object') return String(c);
  if (c.voters) return configurationText(c);
  if (c.op === 'put') return `${c.key}=${c.value}`;
  if (c.op === 'add') return `${c.key}+${c.value}`;
  if (c.op === 'get') return `${c.key}?`;
  if (c.op === 'delete') return `${c.key}×`;
  return [c.op, c.key, c.value].filter(Boolean).join(' ');
}

/** Who votes, as a set; the old voters, too, while both must agree; learners in brackets. @param {any} c @returns {string} */
function configurationText(c) {
  const old = c.oldVoters?.length ? `{${c.oldVoters.join(' ')}} + ` : '';
  return `${old}{${c.voters.join(' ')}}${c.learners?.length ? ` (${c.learners.join(' ')})` : ''}`;
}

/** Pairs that count something, the greater part first: a ballot's round and node, a zxid's epoch and counter. */
const PAIRS = [['round', 'node'], ['number', 'node'], ['epoch', 'counter'], ['epoch', 'node'], ['term', 'index']];

/** The two parts of a ballot or a zxid, or null for anything else. @param {any} value @returns {[any, any]|null} */
export function pair(value) {
  if (!value || typeof value !== 'object') return null;
  if (Array.isArray(value)) return value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string' ? [value[0], value[1]] : null;
  const names = PAIRS.find(([a, b]) => a in value && b in value);
  return names ? [value[names[0]], value[names[1]]] : null;
}

/** Any value on one line: `x=7`, `3.n1`, `n1 n2`, `a: 1, b: 2`. @param {any} value @returns {string} */
export function shortText(value) {
  if (value === null || value === undefined || value === '') return '–';
  const two = pair(value);
  if (two) return two[1] === '' ? String(two[0]) : `${two[0]}.${two[1]}`;
  if (Array.isArray(value)) return value.length ? value.map(shortText).join(' ') : '[ ]';
  if (typeof value !== 'object') return String(value);
  if ('op' in value || 'voters' in value) return commandText(value);
  if ('command' in value) return `${commandText(value.command)}${'term' in value ? `@${value.term}` : ''}`;
  return Object.entries(value).map(([key, v]) => `${key}: ${shortText(v)}`).join(', ') || '{ }';
}

/** The number that an era's colour goes by: of a pair, its first. @param {any} value @returns {number} */
export function eraNumber(value) {
  const first = pair(value)?.[0] ?? value;
  return typeof first === 'number' && first > 0 ? first : 0;
}
