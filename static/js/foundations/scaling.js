/** Scalability: what n machines do more than one, as Amdahl and as Gunther have it. */

import { html, svg } from '../../vendor/lit-html/lit-html.js';
import { amdahl, fastest, gunther } from './measures.js';
import { Sketch } from './parts.js';

const W = 520;
const H = 260;
const LEFT = 34;
const FOOT = 28;

export class Scaling extends Sketch {
  n = 16;
  most = 64;
  /** In hundredths of a percent and in millionths. */
  serial = 500;
  talk = 500;

  get contention() { return this.serial / 10_000; }
  get coherency() { return this.talk / 1_000_000; }

  template() {
    const { n, contention, coherency } = this;
    const gain = gunther(n, contention, coherency);
    const best = fastest(contention, coherency);
    return html`${this.chart()}
      <ul class="f-key" role="list"><li class="linear">${this.t('scaling.linear')}</li><li class="amdahl">${this.t('scaling.amdahl')}</li><li class="gunther">${this.t('scaling.gunther')}</li></ul>
      ${this.slider('scaling.n', n, { min: 1, max: this.most }, (value) => this.set({ n: value }))}
      ${this.slider('scaling.serial', this.serial, { min: 0, max: 3000, step: 50, shown: `${(this.serial / 100).toFixed(1)} %` }, (value) => this.set({ serial: value }))}
      ${this.slider('scaling.talk', this.talk, { min: 0, max: 5000, step: 50, shown: `${(this.talk / 10_000).toFixed(3)} %` }, (value) => this.set({ talk: value }))}
      <p class="f-so" role="status">${this.t('scaling.so', { n, gain: gain.toFixed(1), percent: Math.round((100 * gain) / n), amdahl: amdahl(n, contention).toFixed(1) })}
        ${this.serial ? this.t('scaling.limit', { limit: Number((1 / contention).toPrecision(3)) }) : ''}
        ${Number.isFinite(best) ? html`<b>${this.t('scaling.peak', { best: Math.max(1, Math.round(best)), gain: gunther(Math.max(1, Math.round(best)), contention, coherency).toFixed(1) })}</b>` : ''}</p>`;
  }

  chart() {
    const { most, n, contention, coherency } = this;
    const top = Math.max(8, Math.ceil((1.15 * amdahl(most, contention)) / 8) * 8);
    const x = (/** @type {number} */ i) => LEFT + ((i - 1) / (most - 1)) * (W - LEFT - 8);
    const y = (/** @type {number} */ v) => H - FOOT - (v / top) * (H - FOOT - 12);
    const line = (/** @type {(i: number) => number} */ f) => Array.from({ length: most }, (_, i) => `${i ? 'L' : 'M'}${x(i + 1).toFixed(1)} ${y(f(i + 1)).toFixed(1)}`).join('');
    const at = gunther(n, contention, coherency);
    return html`<svg viewBox="0 0 ${W} ${H}" class="f-chart" role="img" aria-label=${this.t('scaling.chart')}>
      ${[0, 0.5, 1].map((part) => svg`<line class="grid" x1=${LEFT} x2=${W - 8} y1=${y(top * part)} y2=${y(top * part)}></line>
        <text x=${LEFT - 6} y=${y(top * part) + 4} text-anchor="end">${top * part}</text>`)}
      ${[1, most / 4, most / 2, most].map((i) => svg`<text x=${x(i)} y=${H - 8} text-anchor="middle">${i}</text>`)}
      <path class="linear" d=${line((i) => i)}></path><path class="amdahl" d=${line((i) => amdahl(i, contention))}></path>
      <path class="gunther" d=${line((i) => gunther(i, contention, coherency))}></path>
      <line class="here" x1=${x(n)} x2=${x(n)} y1=${y(0)} y2=${y(at)}></line><circle class="here" cx=${x(n)} cy=${y(at)} r="5.5"></circle>
      <text class="here" x=${x(n) + (n > most * 0.7 ? -9 : 9)} y=${y(at) + 20} text-anchor=${n > most * 0.7 ? 'end' : 'start'}>${at.toFixed(1)} ×</text></svg>`;
  }
}
