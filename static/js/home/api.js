/** What the pages outside of a room ask of the server. */

import { BASE } from '../core/base.js';

/** A request that the server refused, with its sentence in the page's language. */
export class Problem extends Error {
  /** @param {{message?: string, code?: string, params?: Record<string, any>}} body @param {number} status */
  constructor(body, status) {
    super(body.message ?? String(status));
    this.code = body.code ?? '';
    this.params = body.params ?? {};
  }
}

/** @param {string} url from the server's root on @param {RequestInit} [init] @param {Record<string, string>} [more] headers @returns {Promise<any>} */
export async function fetchJson(url, init, more = {}) {
  const headers = { 'Content-Type': 'application/json', 'Accept-Language': document.documentElement.lang, ...more };
  const response = await fetch(BASE + url, { ...init, headers });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(body, response.status);
  return body;
}

/**
 * Makes a room and keeps its driver token where the room's page looks for it.
 * @param {Record<string, any>} what scenario, toml, config or journal
 * @returns {Promise<{id: string, url: string, token: string}>} `url` is the way to it for its driver
 */
export async function newRoom(what) {
  const { id, url, token } = await fetchJson('/api/rooms', { method: 'POST', body: JSON.stringify(what) });
  try {
    localStorage.setItem(`quorumscope.driver.${id}`, token);
    return { id, url, token };
  } catch {
    return { id, url: `${url}#driver=${encodeURIComponent(token)}`, token }; // a browser that keeps nothing: the link carries it
  }
}

/** The same; gives the address alone. @param {Record<string, any>} what @returns {Promise<string>} */
export const makeRoom = async (what) => (await newRoom(what)).url;
