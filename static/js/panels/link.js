/** A moment packed into a link: its journal as JSON, deflated, in base64 that is safe in an address. */

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CompressionStream|DecompressionStream} through */
async function pipe(bytes, through) {
  const stream = new Blob([bytes]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {Uint8Array} bytes */
function toBase64url(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {string} text */
function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

/** @param {any} journal @returns {Promise<string>} */
export async function encodeJournal(journal) {
  const bytes = new TextEncoder().encode(JSON.stringify(journal));
  return toBase64url(await pipe(bytes, new CompressionStream('deflate-raw')));
}

/** Larger than any journal that a room accepts; a bomb is cut off here. */
const LIMIT = 8_000_000;

/** @param {string} text @returns {Promise<any>} rejects when the text is not a packed journal */
export async function decodeJournal(text) {
  const reader = new Blob([fromBase64url(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let json = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    json += decoder.decode(part.value, { stream: true });
    if (json.length > LIMIT) throw new RangeError('too long');
  }
  return JSON.parse(json + decoder.decode());
}

/** @param {string} origin @param {string} packed @param {string} [search] what the stages show */
export const momentUrl = (origin, packed, search = '') => `${origin}/open${search}#j=${packed}`;

/** @param {string} hash @returns {string|null} the packed journal in an address's fragment */
export const packedIn = (hash) => new URLSearchParams(hash.replace(/^#/, '')).get('j');
