/** What the scenes that one reckons with share. */

import { html, render } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { odds } from './measures.js';

/** A scene that is drawn from a few values that a person sets. */
export class Sketch {
  /** @param {HTMLElement} root @param {any} i18n */
  constructor(root, i18n) {
    this.root = root;
    this.i18n = i18n;
  }

  /** @param {string} key within this page's texts @param {Record<string, any>} [params] @returns {string} */
  t(key, params) {
    return this.i18n.t(`foundations.${key}`, params);
  }

  draw() {
    render(this.template(), this.root);
  }

  /** @returns {any} */
  template() {
    return html``;
  }

  /** Takes values and draws anew. @param {Record<string, any>} values */
  set(values) {
    Object.assign(this, values);
    this.draw();
  }

  /** @param {string} key @param {number} value @param {{min: number, max: number, step?: number, shown?: any}} range @param {(value: number) => void} take */
  slider(key, value, { min, max, step = 1, shown = value }, take) {
    const words = typeof shown === 'string' || typeof shown === 'number' ? String(shown) : '';
    return html`<label class="f-slider"><span>${this.t(key)}</span><input type="range" min=${min} max=${max} step=${step} .value=${live(String(value))}
      aria-valuetext=${words} @input=${(/** @type {any} */ e) => take(e.target.valueAsNumber)}><output>${shown}</output></label>`;
  }

  /** A probability, with its power of ten raised. @param {number} p */
  odds(p) {
    const { text, power } = odds(p);
    return power ? html`${text} × 10<sup>${power}</sup>` : html`${text}`;
  }
}

/** Steps of a slider over powers of ten: 1, 2, 5, 10 … @param {number} step from 0 @param {number} first its power of ten at step 0 */
export const oneTwoFive = (step, first) => Number(`${[1, 2, 5][step % 3]}e${first + Math.floor(step / 3)}`);
