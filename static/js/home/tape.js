/**
 * A run without a room: recorded by the server's simulator and played here by the same store, playhead and stage as
 * in a room. What it shows is a function of the trace, as everywhere.
 */

import { Playhead } from '../core/playhead.js';
import { Selection } from '../core/selection.js';
import { Store } from '../core/store.js';

/** @typedef {{services: Record<string, any>, view: any, events: any[][], now: number, speed: number}} Recording */

/**
 * @param {string} title @param {Recording} run @param {import('../core/lenses.js').Lenses} lenses those it may need, loaded
 * @param {any} i18n @returns {any} what a stage needs
 */
export function playable(title, run, lenses, i18n) {
  const store = new Store({ fetchJson: async () => [] }); // all that there is to know is here
  const ctx = { store, i18n, lenses, lens: lenses.first, selection: new Selection(), playhead: new Playhead(store) };
  receive(store, title, run);
  lenses.describe(run.services);
  ctx.lens = lenses.first;
  return ctx;
}

/** As a room would tell it. @param {Store} store @param {string} title @param {Recording} run */
function receive(store, title, { services, view, events, now, speed }) {
  const branch = { id: 'recording', parent: null, forkSeq: 0, forkTime: 0, head: events.length, time: now, oldest: 1, private: false };
  store.receive({ type: 'welcome', room: { id: title, services }, you: store.you, people: store.people,
    transport: { playing: false, speed, now }, branches: [branch], branch: branch.id, view, oldest: 1, now: 0 });
  store.receive({ type: 'events', branch: branch.id, now, events });
}
