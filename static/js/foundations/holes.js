/** The pigeonhole principle: first with pigeons, then with the replicas of a write and of a read. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { choose, missed, overlap } from '../quorum/formulas.js';
import { Sketch } from './parts.js';

/** Some hole has at least so many. @param {number} pigeons @param {number} holes */
export const fullest = (pigeons, holes) => Math.ceil(pigeons / holes);

/** As evenly as can be, which is the best that anybody can do. @param {number} pigeons @param {number} holes */
export const evenly = (pigeons, holes) => Array.from({ length: holes }, (_, i) => Math.floor((pigeons + holes - 1 - i) / holes));

/** The read that sees least of the write: first those that do not have it. @param {number} n @param {number} w @param {number} r */
export const unluckiest = (n, w, r) => ({
  write: new Set(Array.from({ length: w }, (_, i) => i)),
  read: new Set(Array.from({ length: r }, (_, i) => n - 1 - i)),
});

export class Pigeons extends Sketch {
  pigeons = 10;
  holes = 9;
  /** How many sit in each hole. */
  put = evenly(10, 9);

  template() {
    const { pigeons, holes, put } = this;
    const most = fullest(pigeons, holes);
    return html`
      <ol class="f-holes" role="list">${put.map((count, i) => html`<li class=${count > 1 ? 'shared' : ''} aria-label=${this.t('holes.hole', { i: i + 1, count })}>
        ${Array.from({ length: count }, () => PIGEON)}</li>`)}</ol>
      ${this.slider('holes.pigeons', pigeons, { min: 1, max: 18 }, (value) => this.set({ pigeons: value, put: evenly(value, holes) }))}
      ${this.slider('holes.holes', holes, { min: 1, max: 12 }, (value) => this.set({ holes: value, put: evenly(pigeons, value) }))}
      <p class="f-row"><button type="button" class="h-button" @click=${() => this.set({ put: scattered(pigeons, holes) })}>${this.t('holes.scatter')}</button>
        <button type="button" class="h-button" @click=${() => this.set({ put: evenly(pigeons, holes) })}>${this.t('holes.even')}</button></p>
      <p class="f-so ${pigeons > holes ? 'yes' : 'no'}" role="status">${this.t(pigeons > holes ? 'holes.must' : 'holes.may', { pigeons, holes, most, here: Math.max(...put) })}</p>`;
  }
}

/** @param {number} pigeons @param {number} holes */
function scattered(pigeons, holes) {
  const put = new Array(holes).fill(0);
  for (let i = 0; i < pigeons; i++) put[Math.floor(Math.random() * holes)]++;
  return put;
}

const PIGEON = html`<svg viewBox="0 0 24 20" class="f-pigeon" aria-hidden="true"><path d="M2 5.5 6 4.2a4 4 0 0 1 7 1.2c.6 2 2 3 4.2 3.9L23 12l-5.5.4C16.5 15.5 14 17 11 17l.5 2.5M8.5 17l-.4 2.5M11 17H8.5C5.5 16 4.5 13 5 9.5 5.2 8 5 7 2 5.5z"></path></svg>`;

export class Apples extends Sketch {
  n = 3;
  w = 2;
  r = 2;
  write = unluckiest(3, 2, 2).write;
  read = unluckiest(3, 2, 2).read;

  template() {
    const { n, w, r, write, read } = this;
    const both = [...write].filter((i) => read.has(i)).length;
    const sure = overlap(n, w, r);
    const whole = write.size === w && read.size === r;
    return html`
      <table class="f-apples"><caption class="hidden">${this.t('apples.table')}</caption>
        <thead><tr><td></td>${Array.from({ length: n }, (_, i) => html`<th scope="col">n${i + 1}</th>`)}</tr></thead>
        <tbody>${this.row('write', write, w)}
        <tr><th scope="row">${this.t('apples.has')}</th>${Array.from({ length: n }, (_, i) => html`<td>${this.apple(write.has(i), read.has(i))}</td>`)}</tr>
        ${this.row('read', read, r)}</tbody></table>
      ${this.slider('apples.n', n, { min: 1, max: 9 }, (value) => this.settle(value, Math.min(w, value), Math.min(r, value)))}
      ${this.slider('apples.w', w, { min: 1, max: n }, (value) => this.settle(n, value, r))}
      ${this.slider('apples.r', r, { min: 1, max: n }, (value) => this.settle(n, w, value))}
      <p class="f-row"><button type="button" class="h-button" @click=${() => this.settle(n, w, r)}>${this.t('apples.unlucky')}</button></p>
      <p class="f-so ${sure > 0 ? 'yes' : 'no'}" role="status">${sure > 0 ? this.t('apples.must', { n, w, r, sum: w + r, sure })
        : this.t('apples.may', { n, w, r, sum: w + r, ways: choose(n, r), bad: choose(n - w, r), percent: Number((100 * missed(n, w, r)).toPrecision(3)) })}
        ${whole ? html`<b>${this.t(both ? 'apples.sees' : 'apples.misses', { both })}</b>` : nothing}
        ${write.size < w ? this.t('apples.write.more', { count: w - write.size }) : nothing} ${read.size < r ? this.t('apples.read.more', { count: r - read.size }) : nothing}</p>`;
  }

  /** The choice that is worst for the reader. @param {number} n @param {number} w @param {number} r */
  settle(n, w, r) {
    this.set({ n, w, r, ...unluckiest(n, w, r) });
  }

  /** Which replicas: the newest choice drives out the oldest. @param {'write'|'read'} what @param {Set<number>} chosen @param {number} most */
  row(what, chosen, most) {
    const flip = (/** @type {number} */ i) => {
      if (!chosen.delete(i)) chosen.add(i);
      if (chosen.size > most) chosen.delete([...chosen][0]);
      this.draw();
    };
    return html`<tr><th scope="row">${this.t(`apples.${what}`, { count: most })}</th>${Array.from({ length: this.n }, (_, i) => html`<td><button type="button"
      class="f-pick ${what}" aria-pressed=${chosen.has(i)} aria-label=${this.t(`apples.${what}.at`, { node: `n${i + 1}` })} @click=${() => flip(i)}>${what === 'write' ? 'W' : 'R'}</button></td>`)}</tr>`;
  }

  /** @param {boolean} fresh @param {boolean} seen */
  apple(fresh, seen) {
    const name = this.t(`apples.${fresh ? 'new' : 'old'}${seen ? '.seen' : ''}`);
    return html`<svg viewBox="0 0 40 44" class="f-apple ${fresh ? 'new' : 'old'} ${seen ? 'seen' : ''}" role="img" aria-label=${name}>
      <path class="stalk" d="M20 13c0-5 2-8 6-10"></path><path class="fruit" d="M20 14c-4-4-14-3-15 7-1 9 6 19 10 19 2 0 3-1 5-1s3 1 5 1c4 0 11-10 10-19-1-10-11-11-15-7z"></path>
      <text x="20" y="31">${fresh ? this.t('apples.sign.new') : this.t('apples.sign.old')}</text></svg>`;
  }
}
