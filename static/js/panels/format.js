/** How the panels write times, values and lists. Units are SI symbols, the same in every language. */

import {commandText, pair, shortText} from '../lenses/values.js';

/** @param {number} us @returns {string} a moment: `4.218 s` */
export function moment(us) {
  return `${(us / 1e6).toFixed(3)} s`;
}

/** @param {number} us @returns {string} a length of time, three figures: `132 ms` */
export function span(us) {
  const size = Math.abs(us);
  if (size < 1000) return `${Math.round(us)} µs`;
  if (size < 9_995) return `${(us / 1000).toFixed(1)} ms`;
  if (size < 999_500) return `${Math.round(us / 1000)} ms`;
  return size < 60e6 ? `${(us / 1e6).toFixed(1)} s` : long(us);
}

/** @param {number} us */
function long(us) {
  const minutes = us / 60e6;
  return minutes < 60 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** @param {any} value */
export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/**
 * One value of protocol state or of a message, short.
 * @param {any} value
 * @param {(count: number) => string} entries says how many things a long list holds
 * @returns {string}
 */
export function valueText(value, entries) {
  if (value === null || value === undefined || value === '') return '–';
  if (Array.isArray(value)) return listText(value, entries);
  if (isObject(value)) return objectText(value, entries);
  return String(value);
}

/** @param {any[]} list @param {(count: number) => string} entries */
function listText(list, entries) {
  if (list.length === 0) return '[ ]';
  const simple = list.every((item) => item === null || typeof item !== 'object');
  return simple && list.length <= 9 ? list.map((item) => valueText(item, entries)).join(', ') : entries(list.length);
}

/** @param {Record<string, any>} object @param {(count: number) => string} entries */
function objectText(object, entries) {
  if (pair(object)) return shortText(object);
  if ('op' in object && 'key' in object) return commandText(object);
  const keys = Object.keys(object);
  if (keys.length === 0) return '{ }';
  if (keys.length > 6) return entries(keys.length);
  return keys.map((key) => `${key}: ${valueText(object[key], entries)}`).join(', ');
}

/**
 * A field of state as rows: an object of plain values takes a row for each key.
 * @param {string} field @param {any} value @param {(count: number) => string} entries
 * @returns {[label: string, text: string][]}
 */
export function fieldRows(field, value, entries) {
  const keys = isObject(value) && !pair(value) ? Object.keys(value) : [];
  if (keys.length === 0 || keys.length > 12) return [[field, valueText(value, entries)]];
  return keys.sort(natural).map((key) => [`${field}[${key}]`, valueText(value[key], entries)]);
}

/** @typedef {{fields: string[], rows: [key: string, texts: string[]][]}} Matrix */

/**
 * Fields that hold a value for each of the same few peers, side by side; and the fields that are left.
 * @param {string[]} fields @param {Record<string, any>} state @param {(count: number) => string} entries
 * @returns {{matrix: Matrix|null, rest: string[]}}
 */
export function perPeer(fields, state, entries) {
  const keysOf = (/** @type {string} */ field) => (isObject(state[field]) ? Object.keys(state[field]).sort(natural) : []);
  const first = fields.find((field) => keysOf(field).length > 1);
  const keys = first ? keysOf(first) : [];
  const alike = fields.filter((field) => keysOf(field).length > 1 && keysOf(field).join() === keys.join());
  if (alike.length < 2 || keys.length > 12) return { matrix: null, rest: fields };
  const rows = keys.map((key) => /** @type {[string, string[]]} */ ([key, alike.map((field) => valueText(state[field][key], entries))]));
  return { matrix: { fields: alike, rows }, rest: fields.filter((field) => !alike.includes(field)) };
}

/** Nothing worth a line: no value, or an empty list or object. @param {any} value */
export const isEmpty = (value) => value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

const collator = new Intl.Collator('en', { numeric: true });

/** n2 comes before n10. @param {string} a @param {string} b */
export const natural = (a, b) => collator.compare(a, b);

/** So many clients have a line of their own in a diagram. */
const MOST_LANES = 8;

/** Those that have a line of their own: servers, and a few clients, the chosen one among them. @param {import('../types.js').View} view @param {string} chosen */
export function laneNames(view, chosen) {
  const names = endpoints(view);
  const clients = names.filter((n) => view.nodes[n].client);
  const shown = new Set(clients.slice(0, clients.indexOf(chosen) < MOST_LANES ? MOST_LANES : MOST_LANES - 1).concat(chosen));
  return names.filter((n) => !view.nodes[n].client || shown.has(n));
}

/** @param {import('../types.js').View} view @returns {string[]} servers, then clients, each in natural order */
export function endpoints(view) {
  const names = Object.keys(view.nodes).sort(natural);
  return [...names.filter((n) => !view.nodes[n].client), ...names.filter((n) => view.nodes[n].client)];
}
