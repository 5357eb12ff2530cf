/** Scale up or scale out: one machine as large as n, or n machines; and what it means that one of them fails. */

import { html } from '../../vendor/lit-html/lit-html.js';
import { anyLost } from './measures.js';
import { oneTwoFive, Sketch } from './parts.js';

export class Scale extends Sketch {
  n = 9;
  /** A place on the slider of probabilities. */
  chance = 3;
  /** @type {Set<number>} those that have failed; 'the large one' has a number, too: -1 */
  down = new Set();

  template() {
    const { n, down } = this;
    const p = oneTwoFive(this.chance, -3);
    const out = [...down].filter((i) => i >= 0 && i < n).length;
    const up = down.has(-1) ? 0 : 100;
    return html`
      <div class="f-two">
        <figure><figcaption>${this.t('scale.up', { n })}</figcaption>
          <div class="f-rack">${this.machine(-1, 'large', this.t('scale.large', { n }))}</div>
          <p class="f-left ${up ? '' : 'none'}">${this.t('scale.left', { percent: up })}</p></figure>
        <figure><figcaption>${this.t('scale.out', { n })}</figcaption>
          <div class="f-rack">${Array.from({ length: n }, (_, i) => this.machine(i, '', this.t('scale.machine', { i: i + 1 })))}</div>
          <p class="f-left ${out < n ? '' : 'none'}">${this.t('scale.left', { percent: Math.round((100 * (n - out)) / n) })}</p></figure>
      </div>
      ${this.slider('scale.n', n, { min: 2, max: 24 }, (value) => this.set({ n: value }))}
      ${this.slider('scale.p', this.chance, { min: 0, max: 7, shown: `${Number((100 * p).toPrecision(2))} %` }, (value) => this.set({ chance: value }))}
      <dl class="f-figures">
        <div><dt>${this.t('scale.any')}</dt><dd>${this.odds(anyLost(n, p))} <small>1 − (1 − p)<sup>n</sup></small></dd></div>
        <div><dt>${this.t('scale.all')}</dt><dd>${this.odds(p ** n)} <small>p<sup>n</sup></small></dd></div>
        <div><dt>${this.t('scale.one')}</dt><dd>${this.odds(p)} <small>p</small></dd></div>
      </dl>`;
  }

  /** @param {number} i @param {string} size @param {string} name */
  machine(i, size, name) {
    const failed = this.down.has(i);
    const flip = () => {
      if (!this.down.delete(i)) this.down.add(i);
      this.draw();
    };
    return html`<button type="button" class="f-machine ${size}" aria-pressed=${failed} title=${this.t(failed ? 'scale.mend' : 'scale.break', { name })}
      aria-label=${name} @click=${flip}><svg viewBox="0 0 20 20" aria-hidden="true">${failed ? CROSS : WORKS}</svg></button>`;
  }
}

const CROSS = html`<svg x="0" y="0" width="20" height="20"><path d="M5 5l10 10M15 5 5 15" class="line"></path></svg>`;
const WORKS = html`<svg x="0" y="0" width="20" height="20"><circle cx="10" cy="10" r="4.5"></circle></svg>`;
