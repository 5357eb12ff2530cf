/** The few lines of DOM that the stage's views need. Text is always set as text. */

const SVG = 'http://www.w3.org/2000/svg';

/** What each element was last given; asking the document would cost as much as writing.
 * @type {WeakMap<Element, Record<string, any>>} */
const given = new WeakMap();

/** Writes only what differs. @param {Element} el @param {Record<string, any>} attributes */
export function set(el, attributes) {
  let known = given.get(el);
  if (!known) given.set(el, known = {});
  for (const name in attributes) {
    const value = attributes[name];
    if (known[name] === value) continue;
    known[name] = value;
    el.setAttribute(name, String(value));
  }
  return el;
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {Element} [parent] @returns {any} */
export function svg(tag, attributes = {}, parent) {
  const el = document.createElementNS(SVG, tag);
  set(el, attributes);
  parent?.append(el);
  return el;
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {(Node|string)[]} [children] @returns {any} */
export function h(tag, attributes = {}, children = []) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? '' : String(value));
  }
  el.append(...children);
  return el;
}

/** @param {Element} el @param {string} value */
export function text(el, value) {
  const known = /** @type {any} */ (el);
  if (known.said === value) return;
  known.said = value;
  el.textContent = value;
}

/** Line icons, drawn on a 20 by 20 grid. @type {Record<string, string>} */
const ICONS = {
  play: 'M6 4.2v11.6L15.5 10z',
  pause: 'M6 4.5h2.6v11H6zM11.4 4.5H14v11h-2.6z',
  back: 'M11.8 4.8 6.6 10l5.2 5.2',
  forward: 'M8.2 4.8 13.4 10l-5.2 5.2',
  ruleBack: 'M14.2 4.8 9 10l5.2 5.2M6 4.8v10.4',
  ruleForward: 'M5.8 4.8 11 10l-5.2 5.2M14 4.8v10.4',
  reverse: 'M14 4.2v11.6L4.5 10z',
  network: 'M4 10h7M8 6.5 11.5 10 8 13.5M15.5 4.5v11',
  branch: 'M6 4v12M6 11c0-3 7-2 7-6M13 5.2a1.6 1.6 0 1 0 0-.1',
  fork: 'M6 16V4M6 12c0-4 8-2 8-8',
  back2: 'M8 5 4 9l4 4M4.5 9H12a4 4 0 0 1 0 8H9',
  split: 'M10 3v3M10 8.5v3M10 14v3M3 10h3.5M13.5 10H17',
  heal: 'M4 10h12M10 4v12',
  export: 'M10 3.5v8M6.5 8.5 10 12l3.5-3.5M4 15.5h12',
  link: 'M8.5 11.5 12 8M7 9.5 5 11.5a2.7 2.7 0 0 0 3.8 3.8l2-2M13 10.5l2-2A2.7 2.7 0 0 0 11.2 4.7l-2 2',
  sun: 'M10 6.6a3.4 3.4 0 1 0 .01 0M10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M4.3 15.7l1.3-1.3M14.4 5.6l1.3-1.3',
  moon: 'M15.8 11.8A6.4 6.4 0 1 1 8.2 4.2a5.2 5.2 0 0 0 7.6 7.6z',
  contrast: 'M10 3.2a6.8 6.8 0 1 0 .01 0M10 3.2v13.6M10 6l5 1M10 9l6.6 1M10 12l5.8 1',
  help: 'M7.2 7.4A2.9 2.9 0 1 1 10 10.6v1.6M10 15.2v.2',
  close: 'M5 5l10 10M15 5 5 15',
  more: 'M4.6 10h.1M10 10h.1M15.4 10h.1',
  panel: 'M3.5 4.5h13v11h-13zM12 4.5v11',
  laws: 'M4.5 10.5 8.5 14.5 15.5 5.5',
};

/** @param {string} name */
export function icon(name) {
  const el = svg('svg', {viewBox: '0 0 20 20', class: 'icon', 'aria-hidden': 'true', focusable: 'false'});
  const solid = name === 'play' || name === 'pause' || name === 'reverse';
  svg('path', {d: ICONS[name], class: solid ? 'solid' : 'line'}, el);
  return el;
}
