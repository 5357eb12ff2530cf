/** A class, one click away: the room's driver opens it, and leads it from here on. */

import { fetchJson } from '../home/api.js';

/** @param {any} ctx */
export async function openClass(ctx) {
  await ctx.i18n.more('class');
  const { page, store } = ctx;
  /** @type {Record<string, string>} */
  const headers = page.token ? { Authorization: `Bearer ${page.token}` } : {};
  const { url, token } = await fetchJson('/api/classes', { method: 'POST', body: JSON.stringify({ room: store.room.id }) }, headers);
  location.href = `${url}/lead#lead=${encodeURIComponent(token)}`;
}
