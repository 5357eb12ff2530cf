/**
 * The gallery: for each protocol that runs here a small living picture, and its famous moments. The server has
 * written the words; pictures are fetched when somebody comes near them and move while they are seen.
 */

import { render } from '../../vendor/lit-html/lit-html.js';
import { all, byId } from '../pages/page.js';
import { fetchJson } from './api.js';
import { loadMiniature } from './miniature.js';
import { still } from './stills.js';

/** @typedef {import('./miniature.js').Miniature} Miniature */

const NEAR = '300px';

export class Gallery {
  /** @param {any} i18n */
  constructor(i18n) {
    this.i18n = i18n;
    /** @type {Map<Element, Miniature>} */ this.pictures = new Map();
    /** @type {Set<Element>} */ this.seen = new Set();
    this.paused = false;
    const roots = all('[data-recording]');
    this.near = watchFor(roots, { rootMargin: NEAR }, (root) => this.load(/** @type {HTMLElement} */ (root)));
    this.sight = new IntersectionObserver((entries) => entries.forEach((e) => this.see(e.target, e.isIntersecting)), { threshold: 0.3 });
    for (const root of roots) this.sight.observe(root);
    watchFor(all('#gallery'), { rootMargin: NEAR }, () => drawStills());
    this.button = byId('pictures');
    this.button.hidden = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.button.addEventListener('click', () => this.pause(!this.paused));
  }

  /** @param {HTMLElement} root */
  async load(root) {
    const { recording = '', lens } = root.dataset;
    try {
      this.pictures.set(root, await loadMiniature(root, recording, lens !== undefined, this.i18n));
    } catch { return; } // the words stand without it
    this.update(root);
  }

  /** @param {Element} root @param {boolean} visible */
  see(root, visible) {
    if (visible) this.seen.add(root);
    else this.seen.delete(root);
    this.update(root);
  }

  /** @param {Element} root */
  update(root) {
    this.pictures.get(root)?.move(this.seen.has(root) && !this.paused);
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    this.speak();
    for (const root of this.pictures.keys()) this.update(root);
  }

  speak() {
    this.button.textContent = this.i18n.t(this.paused ? 'home.pictures.play' : 'home.pictures.pause');
  }

  /** A new theme, size or language. @param {any} what */
  changed(what) {
    for (const picture of this.pictures.values()) picture.ctx.playhead.changed(what);
  }
}

/** Calls back once for each of these that comes near. @param {Element[]} roots @param {IntersectionObserverInit} options @param {(root: Element) => void} near */
function watchFor(roots, options, near) {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      near(target);
    }
  }, options);
  for (const root of roots) observer.observe(root);
  return observer;
}

/** Every moment gets a still, drawn from what its scenario says. */
async function drawStills() {
  /** @type {import('./story.js').Scenario[]} */
  const scenarios = await fetchJson('/api/scenarios').catch(() => []);
  const byName = new Map(scenarios.map((s) => [s.name, s]));
  for (const slot of all('[data-still]')) {
    const scenario = byName.get(slot.dataset.still ?? '');
    if (scenario) render(still(scenario), slot);
  }
}
