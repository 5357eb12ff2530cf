/**
 * The living picture on the front page: the room's own stage and caption, on a connection that only watches.
 * When the room stands still, its last stretch is played again, so that there is always something to see.
 */

import { BASE } from '../core/base.js';
import { Actions } from '../core/actions.js';
import { Connection } from '../core/connection.js';
import { Lenses } from '../core/lenses.js';
import { Playhead } from '../core/playhead.js';
import { Selection } from '../core/selection.js';
import { Store } from '../core/store.js';
import { teachWords } from '../core/words.js';
import { mountCaption } from '../views/caption.js';
import { mountStage } from '../views/stage.js';

/** How much of the past is played again, at most, in virtual microseconds. */
const AGAIN = 900_000;

/** @param {string} room @param {any} i18n @param {Lenses} lenses @param {string} token of whoever drives @returns {any} what the room's views need */
export function watch(room, i18n, lenses = new Lenses(), token = '') {
  const store = new Store();
  const ctx = /** @type {any} */ ({ store, i18n, selection: new Selection(), playhead: new Playhead(store), lenses, lens: lenses.first });
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  ctx.connection = new Connection({ url: `${scheme}//${location.host}${BASE}/ws/rooms/${room}`, store, token: () => token, lang: () => i18n.lang() });
  ctx.actions = new Actions(ctx, []);
  ctx.dialogs = { node() {}, message() {}, close: () => false };
  teachWords(ctx);
  return ctx;
}

/** @param {any} ctx @param {{stage: HTMLElement, caption: HTMLElement}} roots @param {() => void} shown called when there is a picture */
export function mountLive(ctx, roots, shown) {
  let mounted = false;
  ctx.store.subscribe((/** @type {string} */ what) => {
    if (what !== 'snapshot' || mounted) return;
    mounted = true;
    ctx.lenses.describe(ctx.store.services);
    ctx.lens = ctx.lenses.first;
    ctx.playhead.addView(mountStage(roots.stage, ctx));
    ctx.playhead.addView(mountCaption(roots.caption, ctx));
    shown();
  });
  ctx.playhead.addView(replay(ctx));
  ctx.connection.open();
}

/** Watches for a room that stands still, and plays its last stretch over and over. @param {any} ctx */
function replay(ctx) {
  const { playhead, store } = ctx;
  return {
    everyFrame: true,
    draw() {
      const standing = !store.transport.playing && store.now > 0;
      if (standing && playhead.following) again(playhead, store);
      else if (standing && playhead.shown.seq >= store.head) setTimeout(() => again(playhead, store), 1200);
      else if (!standing && !playhead.following) playhead.follow();
    },
  };
}

/** @param {any} playhead @param {any} store */
async function again(playhead, store) {
  if (store.transport.playing || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  const time = Math.max(store.oldestTime(), store.now - AGAIN);
  await playhead.seek({ time });
  await new Promise(requestAnimationFrame); // until that is shown, there is nothing ahead to play
  playhead.setSpeed(0.02);
  playhead.play();
}
