/** The protocols' real source, fetched once for each service, and which lines of it an event ran. */

import { BASE } from '../core/base.js';
import { tokenize } from './python.js';

/** @typedef {import('../types.js').Event} Event */
/** @typedef {{file: string, source: string, rules: Record<string, [number, string, number, number]>,
 *   handlers: Record<string, [number, number]>}} SourceMap */
/** @typedef {{file: string, map: SourceMap, lines: import('./python.js').Piece[][]}} Source */
/** @typedef {{name: string, first: number, last: number}} Span */
/** @typedef {{focus: Span, line: number, functions: Span[], lines: Set<number>}} Ran */

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
  fetch(`${BASE}/api/source/${encodeURIComponent(service)}`)
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
    .then((map) => cache.set(service, { file: map.file, map, lines: tokenize(map.source) }))
    .catch(() => cache.set(service, 'failed'))
    .finally(loaded);
  return 'loading';
}

/**
 * What an event ran: the functions, the lines at which its rules are stated, and where to look first, which is
 * the rule that matters most.
 * @param {SourceMap} map @param {Event|undefined} event @param {(rule: string) => number} [weight]
 * @returns {Ran|null}
 */
export function whatRan(map, event, weight = () => 0) {
  const rules = (event?.why ?? []).filter(([rule]) => map.rules[rule]).map(([rule]) => ({ weight: weight(rule), place: map.rules[rule] }));
  const functions = new Map(rules.map(({ place: [, name, first, last] }) => [name, { name, first, last }]));
  const handler = handlerOf(map, event);
  if (handler) functions.set(handler.name, handler);
  if (!functions.size) return null;
  const main = rules.reduce((best, rule) => (best && best.weight >= rule.weight ? best : rule), rules[0])?.place;
  const focus = main ? /** @type {Span} */ (functions.get(main[1])) : /** @type {Span} */ (handler);
  return { focus, line: main?.[0] ?? focus.first, functions: [...functions.values()], lines: new Set(rules.map(({ place }) => place[0])) };
}

/** @param {SourceMap} map @param {Event|undefined} event @returns {Span|null} */
function handlerOf(map, event) {
  const name = event && HANDLERS[event.kind]?.(event);
  const place = name && map.handlers[name];
  return place ? { name, first: place[0], last: place[1] } : null;
}

/** How actors name their handlers. @type {Record<string, (event: Event) => string>} */
const HANDLERS = {
  deliver: (e) => `on_${snake(e.body[2])}`,
  timeout: (e) => `on_${snake(e.body[0])}_timeout`,
  start: () => 'start',
  restart: () => 'restart',
};

/** @param {string} name */
const snake = (name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
