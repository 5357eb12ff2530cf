/** The protocols' real source, fetched once for each service, and which lines of it an event ran. */

import { tokenize } from './python.js';

/** @typedef {import('../types.js').Event} Event */
/** @typedef {{file: string, source: string, rules: Record<string, [number, string, number, number]>,
 *   handlers: Record<string, [number, number]>}} SourceMap */
/** @typedef {{file: string, map: SourceMap, lines: import('./python.js').Piece[][]}} Source */
/** @typedef {{name: string, first: number, last: number, lines: Set<number>}} Span */

/** @type {Map<string, Source|'loading'|'failed'>} */
const cache = new Map();

/**
 * @param {string} service @param {() => void} loaded called once it has arrived
 * @returns {Source|'loading'|'failed'}
 */
export function sourceOf(service, loaded) {
  const known = cache.get(service);
  if (known) return known;
  cache.set(service, 'loading');
  fetch(`/api/source/${encodeURIComponent(service)}`)
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
    .then((map) => cache.set(service, { file: map.file, map, lines: tokenize(map.source) }))
    .catch(() => cache.set(service, 'failed'))
    .finally(loaded);
  return 'loading';
}

/**
 * The function that an event's first known rule lies in, and the lines in it where its rules are stated.
 * @param {SourceMap} map @param {Event|undefined} event
 * @returns {Span|null}
 */
export function spanOf(map, event) {
  const found = (event?.why ?? []).map(([rule]) => map.rules[rule] ?? map.rules[rule.replace(/^.*\./, '')]).filter(Boolean);
  if (!found.length) return handlerOf(map, event);
  const [, name, first, last] = found[0];
  return { name, first, last, lines: new Set(found.filter((place) => place[1] === name).map(([line]) => line)) };
}

/** @param {SourceMap} map @param {Event|undefined} event */
function handlerOf(map, event) {
  const key = event?.kind === 'deliver' ? event.body[2] : event?.kind === 'timeout' ? event.body[0] : event?.kind;
  const place = key === undefined ? undefined : map.handlers[key];
  return place ? { name: String(key), first: place[0], last: place[1], lines: new Set() } : null;
}
