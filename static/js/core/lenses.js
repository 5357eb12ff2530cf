/**
 * The lenses of a room, one for each of its services. A protocol that has a file in static/js/lenses is drawn by it,
 * any other by the base lens; the page says (data-lenses) which files there are.
 */

import {baseLens} from '../lenses/base.js';

/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {import('../types.js').MakeLens} MakeLens */

export class Lenses {
  constructor() {
    /** @type {Map<string, MakeLens>} */ this.makers = new Map();
    /** @type {Map<string, Lens>} by service */ this.made = new Map();
    /** @type {Map<string, Lens>} by service, the clients' sides too */ this.all = new Map();
  }

  /** Fetches the lenses that the page names. @param {string} names separated by spaces */
  async load(names = document.body.dataset.lenses ?? '') {
    const wanted = names.split(' ').filter(Boolean);
    const found = await Promise.all(wanted.map(name => import(`../lenses/${name}.js`)));
    wanted.forEach((name, i) => this.makers.set(name, found[i].default));
    return this;
  }

  /** What the room runs. @param {Record<string, import('../types.js').Service>} services */
  describe(services) {
    this.made.clear();
    this.all.clear();
    for (const [name, service] of Object.entries(services)) {
      if (service.server) continue;
      const base = baseLens(name, service, services[service.client ?? '']);
      const lens = this.makers.get(name)?.(base) ?? base;
      this.made.set(name, lens);
      this.all.set(name, lens).set(lens.client, lens);
    }
  }

  /** The services that can be shown, in the room's order. */
  get names() { return [...this.made.keys()]; }

  /** The lens of a service or of its clients' side; of the first service for anything else. @param {string} service @returns {Lens} */
  of(service) {
    return this.all.get(service) ?? this.first;
  }

  /** @returns {Lens} */
  get first() {
    return this.made.values().next().value ?? NOTHING;
  }
}

/** Before anything is known. */
const NOTHING = baseLens('', /** @type {any} */ ({}));
