/**
 * The event list: everything that happened, one sentence each. It is the picture's text alternative, so it is a
 * real list with one entry for each event and says which is shown; only the rows in view exist.
 */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { EventWindow } from '../panels/eventwindow.js';
import { endpoints, moment } from '../panels/format.js';
import { messageText, reasons } from '../panels/sentences.js';
import { whileVisible } from '../panels/visible.js';
import { menu } from './messages.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Event} Event */
/** @typedef {import('../types.js').Shown} Shown */

const ROW = 46;

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountEvents(root, ctx) {
  root.classList.add('p-panel', 'p-events');
  const head = root.appendChild(document.createElement('div'));
  const list = new EventList(ctx, head, root.appendChild(document.createElement('div')));
  const draw = whileVisible(root, (shown) => list.draw(shown));
  list.again = () => list.last && draw(list.last);
  return { draw };
}

class EventList {
  /** @param {Ctx} ctx @param {HTMLElement} head @param {HTMLElement} box */
  constructor(ctx, head, box) {
    this.ctx = ctx;
    this.head = head;
    this.box = box;
    this.rows = new EventWindow(ctx.store);
    this.again = () => {};
    /** @type {Shown|undefined} */
    this.last = undefined;
    this.seq = -1;
    /** While the world plays the list goes along, until the reader scrolls away. */
    this.along = true;
    this.put = -1;
    this.branch = ctx.store.branch;
    this.build();
  }

  /** The scroll box: a list as tall as all its rows, with the rows in view moved to their place in it. */
  build() {
    this.box.className = 'p-events-scroll';
    this.box.tabIndex = 0;
    this.room = this.box.appendChild(document.createElement('div'));
    this.room.className = 'p-events-room';
    this.list = this.room.appendChild(document.createElement('ol'));
    this.list.setAttribute('role', 'list');
    this.box.addEventListener('scroll', () => this.scrolled());
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.last = shown;
    if (this.branch !== shown.branch) {
      this.branch = shown.branch;
      this.rows.reset(shown.seq);
    }
    render(this.filters(shown), this.head);
    this.box.setAttribute('aria-label', this.ctx.i18n.t('panels.events.title'));
    const moved = this.seq !== shown.seq;
    this.seq = shown.seq;
    this.shift(this.rows.reach(shown.seq));
    this.place(shown);
    if (moved) this.bringIntoView(shown);
  }

  /** @param {Shown} shown */
  place(shown) {
    const { rows, box } = this;
    /** @type {HTMLElement} */ (this.room).style.height = `${Math.max(1, rows.length) * ROW}px`;
    const from = Math.max(0, Math.floor(box.scrollTop / ROW) - 4);
    const to = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 4);
    const seqs = Array.from({ length: Math.max(0, to - from) }, (_, i) => rows.seqAt(from + i));
    const list = /** @type {HTMLElement} */ (this.list);
    list.style.transform = `translateY(${from * ROW}px)`;
    const current = rows.seqAt(rows.rowOf(shown.seq));
    render(repeat(seqs, (seq) => seq, (seq, i) => this.row(seq, from + i, current)), list);
  }

  /** @param {number} seq @param {number} index @param {number} current */
  row(seq, index, current) {
    const event = this.ctx.store.event(seq);
    const now = seq === current;
    const go = () => this.ctx.playhead.seek({ seq });
    return html`<li class="p-event ${event?.kind ?? ''} ${now ? 'current' : ''} ${seq > this.seq ? 'future' : ''}"
      aria-setsize=${this.rows.length} aria-posinset=${index + 1} aria-current=${now ? 'true' : nothing}>
      <button @click=${go}>${event ? this.said(event) : html`<span class="p-event-text">${this.ctx.i18n.t('panels.events.loading')}</span>`}</button></li>`;
  }

  /** @param {Event} event */
  said(event) {
    const all = reasons(this.ctx, event);
    const text = all.map((r) => r.text).join(' ');
    const aside = all.map((r) => r.section).find(Boolean) ?? messageText(this.ctx, event);
    const several = event.service && this.ctx.lenses.names.length > 1;
    return html`<span class="p-event-when"><span>${moment(event.time)}</span><b>${event.node || '·'}</b></span>
      <span class="p-event-text" title=${text}>${several ? html`<b class="p-aside">${this.ctx.lenses.of(event.service).service}</b> ` : nothing}${text} ${aside ? html`<span class="p-aside">${aside}</span>` : nothing}</span>`;
  }

  /** Rows came in front: what is in view stays in view. @param {number} rows */
  shift(rows) {
    if (!rows) return;
    /** @type {HTMLElement} */ (this.room).style.height = `${this.rows.length * ROW}px`;
    this.scrollTo(this.box.scrollTop + rows * ROW);
  }

  /** @param {Shown} shown */
  bringIntoView(shown) {
    if (this.inView(shown.seq) || (shown.playing && !this.along)) return;
    const top = this.rows.rowOf(shown.seq) * ROW;
    this.scrollTo(shown.playing ? top - this.box.clientHeight + ROW * 2 : top - this.box.clientHeight / 2);
    this.along = true;
    this.place(shown);
  }

  /** @param {number} seq */
  inView(seq) {
    const top = this.rows.rowOf(seq) * ROW;
    return top >= this.box.scrollTop && top + ROW <= this.box.scrollTop + this.box.clientHeight;
  }

  /** Scrolling that is not the reader's. @param {number} top */
  scrollTo(top) {
    this.box.scrollTop = top;
    this.put = this.box.scrollTop;
  }

  scrolled() {
    if (!this.last) return;
    if (this.box.scrollTop !== this.put) this.along = this.inView(this.seq);
    if (this.box.scrollTop < ROW * 3) this.shift(this.rows.whole ? 0 : this.rows.earlier());
    else if (!this.rows.whole && this.box.scrollTop + this.box.clientHeight > this.box.scrollHeight - ROW * 3) this.rows.later();
    this.place(this.last);
  }

  /** @param {Shown} shown */
  filters(shown) {
    const { t } = this.ctx.i18n;
    const { filter } = this.rows;
    const set = (/** @type {Partial<import('../panels/filters.js').EventFilter>} */ change) => {
      this.rows.filter = { ...this.rows.filter, ...change };
      this.rows.reset(this.seq);
      this.seq = -1;
      this.again();
    };
    const nodes = shown.view ? endpoints(shown.view) : [];
    return html`<div class="p-filters">
      <div class="p-segments" role="group" aria-label=${t('panels.events.show')}>
        ${/** @type {const} */ (['all', 'rules']).map((show) => html`<button aria-pressed=${filter.show === show}
          @click=${() => set({ show })}>${t(`panels.events.${show}`)}</button>`)}</div>
      ${menu(t('panels.filter.node'), filter.node, nodes, t('panels.filter.anynode'), (e) => set({ node: e.target.value }))}
    </div>`;
  }
}
