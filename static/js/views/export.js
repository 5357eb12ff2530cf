/** Taking it along: a link to this very moment, the trace as JSON, the space-time diagram as a drawing. */

import { BASE } from '../core/base.js';
import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { encodeJournal, momentUrl } from '../panels/link.js';
import { moment } from '../panels/format.js';

/** @typedef {import('../types.js').Ctx} Ctx */

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountExport(root, ctx) {
  const sheet = new ExportSheet(root, ctx);
  return {
    draw: () => sheet.render(),
    open: () => sheet.open(),
    close: () => sheet.dialog.close(),
    /** Makes the link and copies it at once. */
    link: () => sheet.openWithLink(),
  };
}

class ExportSheet {
  /** @param {HTMLElement} root @param {Ctx} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.dialog = document.createElement('dialog');
    this.dialog.className = 'p-export';
    this.dialog.addEventListener('click', (e) => e.target === this.dialog && this.dialog.close());
    root.append(this.dialog);
    this.forget();
  }

  forget() {
    this.url = '';
    /** @type {''|'working'|'copied'|'select'|'failed'} */
    this.state = '';
    this.problem = '';
    this.of = '';
  }

  open() {
    this.forget();
    this.show();
    if (!this.dialog.open) this.dialog.showModal();
  }

  async openWithLink() {
    this.open();
    await this.makeLink();
  }

  get base() {
    const { room, branch } = this.ctx.store;
    return `${BASE}/api/rooms/${encodeURIComponent(room.id)}/branches/${encodeURIComponent(branch)}`;
  }

  async makeLink() {
    const { seq, time } = this.ctx.playhead.shown;
    this.state = 'working';
    this.of = `${seq} · ${moment(time)}`;
    this.render();
    try {
      const response = await fetch(`${this.base}/journal?seq=${seq}&time=${Math.round(time)}`);
      const journal = await response.json();
      if (!response.ok) throw new Error(journal.message ?? String(response.status));
      this.url = momentUrl(location.origin + BASE, await encodeJournal(journal), location.search);
      this.state = (await copy(this.url)) ? 'copied' : 'select';
    } catch (problem) {
      this.state = 'failed';
      this.problem = problem instanceof Error ? problem.message : String(problem);
    }
    this.render();
    /** @type {HTMLTextAreaElement|null} */ (this.dialog.querySelector('textarea'))?.select();
  }

  render() {
    if (this.dialog.open) this.show();
  }

  show() {
    render(this.template(), this.dialog);
  }

  template() {
    const { t } = this.ctx.i18n;
    return html`<header><h2>${t('panels.export.title')}</h2>
        <button class="p-button" @click=${() => this.dialog.close()} aria-label=${t('help.close')}>✕</button></header>
      <ul class="p-exports" role="list">
        <li><div><h3>${t('panels.export.link')}</h3><p>${t('panels.export.link.text')}</p></div>
          <button class="p-button primary" @click=${() => this.makeLink()}>${t('panels.export.link.make')}</button>${this.result()}</li>
        <li><div><h3>${t('panels.export.trace')}</h3><p>${t('panels.export.trace.text')}</p></div>
          <a class="p-button" download=${this.file('json')} href=${`${this.base}/trace.json`}>${t('panels.export.trace.get')}</a></li>
        <li><div><h3>${t('panels.export.svg')}</h3><p>${t('panels.export.svg.text')}</p></div>
          <a class="p-button" download=${this.file('svg')} href=${this.svgUrl()}>${t('panels.export.svg.get')}</a></li>
      </ul>`;
  }

  result() {
    const { t } = this.ctx.i18n;
    if (!this.state) return nothing;
    const said = { working: t('panels.export.working'), copied: t('panels.export.copied', { of: this.of }),
      select: t('panels.export.select', { of: this.of }), failed: t('panels.export.failed', { problem: this.problem }) }[this.state];
    return html`<p class="p-said ${this.state}" role="status">${said}</p>
      ${this.url ? html`<textarea readonly rows="3" spellcheck="false" aria-label=${t('panels.export.link')} .value=${this.url}
        @focus=${(/** @type {any} */ e) => e.target.select()}></textarea>` : nothing}`;
  }

  /** @param {string} kind */
  file(kind) {
    return `quorumscope-${this.ctx.store.room.id}-${this.ctx.store.branch}.${kind}`;
  }

  /** The last stretch up to what is shown; a whole long run would be a drawing that nobody can open. */
  svgUrl() {
    const to = Math.round(this.ctx.playhead.shown.time);
    const from = Math.max(0, to - 2_000_000);
    return `${this.base}/spacetime.svg?from=${from}&to=${to}&lang=${this.ctx.i18n.lang()}`;
  }
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
