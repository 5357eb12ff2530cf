/** ZooKeeper's values as people read them: zxids, sessions, times, bytes; and who is who at a moment. */

export const SERVICE = 'zookeeper';
const COUNTERS = 2 ** 32;

/** @typedef {import('../types.js').View} View */
/** @typedef {{name: string, phase: string, server: string, session: number, outside: boolean, state: any}} ZkClient */

/** As ZooKeeper writes zxids and sessions. @param {number} value */
export const hex = value => `0x${value.toString(16)}`;

/** As the stage writes a zxid: epoch.counter. @param {number} zxid */
export const split = zxid => `${Math.floor(zxid / COUNTERS)}.${zxid % COUNTERS}`;

/** The same colour for a session wherever it is seen; seven are told apart. @param {number} session */
export const colourOf = session => `era-${1 + (Math.floor(session / 4096) * 3 + session) % 7}`;

/** @param {any} ctx */
export const clientService = ctx => ctx.store.services[SERVICE]?.client ?? '';

/** @param {any} ctx @param {View|null} view @returns {string[]} */
export const serversOf = (ctx, view) => Object.keys(view?.nodes ?? {}).filter(name => view?.nodes[name].services[SERVICE]).sort(byNumber);

/** @param {View|null} view @param {string} name @returns {any} */
export const stateOf = (view, name) => view?.nodes[name]?.services[SERVICE]?.state;

/** @param {any} ctx @param {View|null} view */
export const leaderOf = (ctx, view) => serversOf(ctx, view).find(name => view?.nodes[name].status === 'up' && stateOf(view, name).role === 'leading') ?? '';

/** Those that talk to ZooKeeper. @param {any} ctx @param {View|null} view @returns {ZkClient[]} */
export function clientsOf(ctx, view) {
  const side = clientService(ctx);
  return Object.keys(view?.nodes ?? {}).filter(name => side && view?.nodes[name].services[side]).sort(byNumber).map(name => {
    const {state} = /** @type {View} */ (view).nodes[name].services[side];
    return {name, phase: state.phase, server: state.server, session: state.session, outside: state.outside, state};
  });
}

/** Whose session this is, '' where nobody has it. @param {any} ctx @param {View|null} view @param {number} session */
export const ownerOf = (ctx, view, session) => clientsOf(ctx, view).find(client => client.session === session)?.name ?? '';

const collator = new Intl.Collator('en', {numeric: true});
/** @param {string} a @param {string} b */
const byNumber = (a, b) => collator.compare(a, b);

/** @param {string} path */
export const parentOf = path => path.slice(0, path.lastIndexOf('/')) || '/';
/** @param {string} path */
export const nameOf = path => path.slice(path.lastIndexOf('/') + 1);
/** @param {string} parent @param {string} name */
export const join = (parent, name) => `${parent === '/' ? '' : parent}/${name}`;

// --- bytes ---------------------------------------------------------------------------------------------------

/** @param {string|null} base64 @returns {Uint8Array|null} */
export const bytesOf = base64 => (base64 === null ? null : Uint8Array.from(atob(base64), c => c.charCodeAt(0)));

/** @param {Uint8Array} bytes */
export function base64Of(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @param {Uint8Array} bytes @returns {string|null} null where it is no text */
export function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    return null;
  }
}

/** @param {string} text @returns {string|null} laid out; null where it is no JSON */
export function jsonOf(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}

/** Sixteen bytes a line, with their place before and what they are as letters behind. @param {Uint8Array} bytes */
export function hexOf(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const codes = row.map(b => b.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    lines.push(`${at.toString(16).padStart(4, '0')}  ${codes}  ${row.map(b => (b > 31 && b < 127 ? String.fromCharCode(b) : '·')).join('')}`);
  }
  return lines.join('\n');
}

/** The bytes that somebody typed as hexadecimal. @param {string} text @returns {Uint8Array|null} */
export function fromHex(text) {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 || /[^0-9a-f]/i.test(digits)) return null;
  return Uint8Array.from({length: digits.length / 2}, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

// --- ACLs ----------------------------------------------------------------------------------------------------

/** In the order in which zkCli writes them. @type {[string, number][]} */
export const PERMS = [['c', 4], ['d', 8], ['r', 1], ['w', 2], ['a', 16]];

/** @param {number} perms */
export const permsText = perms => PERMS.filter(([, bit]) => perms & bit).map(([letter]) => letter).join('');

/** Milliseconds since 1970, as the world's own calendar has it. @param {number} ms */
export const dateText = ms => (ms ? new Date(ms).toISOString().replace('T', ' ').replace('Z', '') : '0');
