/** What the pages outside of a room ask of the server. */

/** A request that the server refused, with its sentence in the page's language. */
export class Problem extends Error {
  /** @param {{message?: string, code?: string, params?: Record<string, any>}} body @param {number} status */
  constructor(body, status) {
    super(body.message ?? String(status));
    this.code = body.code ?? '';
    this.params = body.params ?? {};
  }
}

/** @param {string} url @param {RequestInit} [init] @param {Record<string, string>} [more] headers @returns {Promise<any>} */
export async function fetchJson(url, init, more = {}) {
  const headers = { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang, ...more };
  const response = await fetch(url, { ...init, headers });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(body, response.status);
  return body;
}

/**
 * Makes a room and keeps its driver token where the room's page looks for it.
 * @param {Record<string, any>} what scenario, toml, config or journal
 * @returns {Promise<string>} the address of the new room
 */
export async function makeRoom(what) {
  const { id, url, token } = await fetchJson('/api/rooms', { method: 'POST', body: JSON.stringify(what) });
  try {
    localStorage.setItem(`quorumscope.driver.${id}`, token);
    return url;
  } catch {
    return `${url}#driver=${encodeURIComponent(token)}`; // a browser that keeps nothing: the link carries it
  }
}
