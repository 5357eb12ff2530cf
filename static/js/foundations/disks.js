/** Data loss: the same word kept in whole copies, and in pieces with parity that really are Reed and Solomon's. */

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { decode, encode } from './erasure.js';
import { anyLost, copiesLost, stripeLost } from './measures.js';
import { oneTwoFive, Sketch } from './parts.js';

const LETTERS = /[^ -~]/g;

export class Disks extends Sketch {
  word = 'QUORUM';
  parity = 3;
  copies = 3;
  chance = 3;
  /** @type {Set<string>} the disks that are gone: 'c2.4' copy 2 of letter 4, 'p7' piece 7 */
  gone = new Set();

  template() {
    const p = oneTwoFive(this.chance, -4);
    return html`
      <label class="f-word"><span>${this.t('disks.word')}</span><input type="text" maxlength="10" autocomplete="off" spellcheck="false" .value=${live(this.word)}
        @input=${(/** @type {any} */ e) => this.type(e.target)}></label>
      <div class="f-two">${this.whole()}${this.coded()}</div>
      <p class="f-row"><button type="button" class="h-button" @click=${() => this.lose(this.parity)}>${this.t('disks.lose', { count: this.parity })}</button>
        <button type="button" class="h-button" ?disabled=${!this.gone.size} @click=${() => this.set({ gone: new Set() })}>${this.t('disks.replace')}</button></p>
      ${this.slider('disks.copies', this.copies, { min: 1, max: 5 }, (value) => this.set({ copies: value }))}
      ${this.slider('disks.parity', this.parity, { min: 0, max: 6 }, (value) => this.set({ parity: value }))}
      ${this.slider('disks.p', this.chance, { min: 0, max: 9, shown: `${Number((100 * p).toPrecision(2))} %` }, (value) => this.set({ chance: value }))}
      ${this.table(p)}`;
  }

  /** What is typed; an empty word keeps one letter. @param {HTMLInputElement} input */
  type(input) {
    this.set({ word: input.value.replace(LETTERS, '') || '?', gone: new Set() });
  }

  get bytes() { return [...this.word].map((c) => c.charCodeAt(0)); }

  whole() {
    const { word, copies, gone } = this;
    const left = [...word].map((letter, i) => Array.from({ length: copies }, (_, c) => `c${c}.${i}`).some((id) => !gone.has(id)) ? letter : null);
    return html`<figure><figcaption>${this.t('disks.whole', { copies })}</figcaption>
      <div class="f-copies">${Array.from({ length: copies }, (_, c) => html`<div class="f-rack">${[...word].map((letter, i) => this.disk(`c${c}.${i}`, letter, ''))}</div>`)}</div>
      ${this.read(left)}</figure>`;
  }

  coded() {
    const { bytes, parity, gone, word } = this;
    const pieces = encode(bytes, parity);
    const back = decode(pieces.map((value, i) => (gone.has(`p${i}`) ? null : value)), bytes.length);
    return html`<figure><figcaption>${this.t('disks.coded', { k: bytes.length, m: parity })}</figcaption>
      <div class="f-rack">${pieces.map((value, i) => this.disk(`p${i}`, i < word.length ? word[i] : value.toString(16).padStart(2, '0'), i < word.length ? '' : 'parity'))}</div>
      ${this.read(back ? [...String.fromCharCode(...back)] : [...word].map((letter, i) => (gone.has(`p${i}`) ? null : letter)))}</figure>`;
  }

  /** What a reader gets. @param {(string|null)[]} letters */
  read(letters) {
    const lost = letters.includes(null);
    return html`<p class="f-left ${lost ? 'none' : ''}" role="status">${this.t(lost ? 'disks.lost' : 'disks.kept')}
      <b class="f-mono">${letters.map((letter) => letter ?? '▢').join('')}</b></p>`;
  }

  /** @param {string} id @param {string} shown @param {string} kind */
  disk(id, shown, kind) {
    const dead = this.gone.has(id);
    const flip = () => {
      if (!this.gone.delete(id)) this.gone.add(id);
      this.draw();
    };
    return html`<button type="button" class="f-disk ${kind}" aria-pressed=${dead} aria-label=${this.t(kind ? 'disks.disk.parity' : 'disks.disk', { shown })}
      title=${this.t(dead ? 'disks.mend' : 'disks.break')} @click=${flip}><span>${dead ? '×' : shown}</span></button>`;
  }

  /** So many disks of each way of keeping it die, at random. @param {number} count */
  lose(count) {
    const some = (/** @type {string[]} */ ids) => ids.map((id) => ({ id, place: Math.random() })).sort((a, b) => a.place - b.place).slice(0, count).map(({ id }) => id);
    const { word, copies, parity } = this;
    const whole = Array.from({ length: copies * word.length }, (_, i) => `c${i % copies}.${Math.floor(i / copies)}`);
    this.set({ gone: new Set([...some(whole), ...some(Array.from({ length: word.length + parity }, (_, i) => `p${i}`))]) });
  }

  /** @param {number} p */
  table(p) {
    const { copies, parity: m, word: { length: k } } = this;
    const rows = [
      ['space', `${copies} ×`, `${Number(((k + m) / k).toPrecision(3))} ×`],
      ['survives', this.t('disks.any', { count: copies - 1 }), this.t('disks.any', { count: m })],
      ['repair', this.t('disks.blocks', { count: 1 }), this.t('disks.blocks', { count: k })],
      ['loss', html`${this.odds(anyLost(k, copiesLost(copies, p)))} <small>1 − (1 − p<sup>${copies}</sup>)<sup>${k}</sup></small>`,
        html`${this.odds(stripeLost(k, m, p))} <small>Σ<sub>i &gt; ${m}</sub> C(${k + m}, i) p<sup>i</sup> (1 − p)<sup>${k + m} − i</sup></small>`],
    ];
    return html`<table class="f-table"><thead><tr><td></td><th scope="col">${this.t('disks.col.copies', { copies })}</th><th scope="col">RS(${k}, ${m})</th></tr></thead>
      <tbody>${rows.map(([key, a, b]) => html`<tr><th scope="row">${this.t(`disks.row.${key}`)}</th><td>${a}</td><td>${b ?? nothing}</td></tr>`)}</tbody></table>`;
  }
}
