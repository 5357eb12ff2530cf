/**
 * Did my write happen? One of four runs, of which only the client's side is seen until somebody has said what it can
 * know; then the curtain rises.
 */

import { html } from '../../vendor/lit-html/lit-html.js';
import { copies } from '../cap/soft.js';
import { Player } from './player.js';

/** @typedef {import('./player.js').Shown} Shown */

const GUESSES = ['yes', 'no', 'unknown'];
const KEY = 'x';

export class Outcomes extends Player {
  /** @param {HTMLElement} root @param {any} i18n @param {import('./player.js').Choice[]} choices */
  constructor(root, i18n, choices) {
    super(root, i18n, choices, () => (shown) => this.question(shown));
    this.guess = '';
    root.classList.add('f-blind', 'curtain');
  }

  /** @param {any} ctx */
  show(ctx) {
    this.guess = '';
    this.root.classList.add('curtain');
    super.show(ctx);
  }

  /** It ends for the client with the second caption: nobody goes on before he has said what he thinks. @param {any} say */
  read(say) {
    if (this.guess || say !== this.says[1]) return super.read(say);
    this.going = false;
    this.ctx.playhead.pause();
  }

  /** The line of time is behind the curtain, too. @param {number} part */
  seek(part) {
    if (this.guess) super.seek(part);
  }

  press() {
    if (this.guess || !this.asked) super.press();
  }

  /** Whether the client knows all that it will. */
  get asked() { return this.said >= (this.says[1]?.seq ?? Infinity); }

  /** @param {string} guess */
  answer(guess) {
    this.guess = guess;
    this.touched = true;
    this.root.classList.remove('curtain');
    this.go();
  }

  /** @param {Shown} shown */
  question({ view }) {
    const { t } = this.i18n;
    if (!this.asked) return html`<p class="f-so">${t('foundations.outcomes.waiting')}</p>`;
    const state = view?.nodes.c1.services['client-quorum'].state;
    const outcome = state?.answers[0]?.outcome ?? 'time-out';
    if (!this.guess) {
      return html`<div class="f-so"><b>${t('foundations.outcomes.ask')}</b> <span class="f-row">${GUESSES.map((guess) => html`<button type="button" class="h-button"
        @click=${() => this.answer(guess)}>${t(`foundations.outcomes.${guess}`)}</button>`)}</span></div>`;
    }
    const right = outcome === 'ok' ? 'yes' : 'unknown';
    const holds = view ? copies(view, 'quorum', KEY).filter((copy) => copy.values.includes('7')).map((copy) => copy.node) : [];
    return html`<p class="f-so ${this.guess === right ? 'yes' : 'no'}" role="status"><b>${t(`foundations.outcomes.${this.guess === right ? 'right' : 'wrong'}`)}</b>
      ${t(`foundations.outcomes.knows.${outcome}`)} ${t(holds.length ? 'foundations.outcomes.held' : 'foundations.outcomes.nowhere', { nodes: holds.join(this.i18n.comma) })}</p>`;
  }
}
