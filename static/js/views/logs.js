/**
 * The Logs tab: every server's log as one table. Column = index; a cell says the command in its era's colour,
 * dashed until it is committed. Under each row stands what the leader knows of that log.
 * Only the columns in view exist, so a log of any length scrolls.
 */

import { html, render } from '../../vendor/lit-html/lit-html.js';
import { roleAndEra } from '../core/words.js';
import { endpoints } from '../panels/format.js';
import { columnsInView, logRows, tableSize } from '../panels/logtable.js';
import { whileVisible } from '../panels/visible.js';

/** @typedef {import('../types.js').Ctx} Ctx */
/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../panels/logtable.js').LogRow} LogRow */

/** A column's width: as much as a command needs, and less when that lets the whole log be seen. */
const [WIDE, NARROW] = [58, 42];

/** @param {HTMLElement} root @param {Ctx} ctx */
export function mountLogs(root, ctx) {
  root.classList.add('p-panel', 'p-logs');
  const table = new LogTable(ctx, root);
  const draw = whileVisible(root, (shown) => table.draw(shown));
  table.again = () => table.last && draw(table.last);
  return { draw };
}

class LogTable {
  /** @param {Ctx} ctx @param {HTMLElement} root */
  constructor(ctx, root) {
    this.ctx = ctx;
    this.root = root;
    this.again = () => {};
    /** @type {Shown|undefined} */
    this.last = undefined;
    this.atEnd = true;
    this.columns = 0;
    this.column = WIDE;
  }

  /** @param {Shown} shown */
  draw(shown) {
    this.last = shown;
    if (!shown.view) return;
    const rows = logRows(shown.view, endpoints(shown.view), this.ctx.lens);
    if (!rows.length) return void render(html`<p class="p-empty">${this.ctx.i18n.t('panels.logs.none')}</p>`, this.root);
    const { from, columns } = tableSize(rows);
    this.place(rows, from, columns);
    if (!this.atEnd || columns === this.columns) return;
    this.columns = columns;
    this.place(rows, from, columns); // now that the box has its width
    this.toEnd();
    this.place(rows, from, columns);
  }

  get scroller() {
    return /** @type {HTMLElement|null} */ (this.root.querySelector('.p-logs-scroll'));
  }

  toEnd() {
    if (this.scroller) this.scroller.scrollLeft = this.scroller.scrollWidth;
  }

  /** @param {LogRow[]} rows @param {number} first @param {number} columns */
  place(rows, first, columns) {
    const box = this.scroller;
    const width = box?.clientWidth || 900;
    this.column = columns * WIDE > width ? NARROW : WIDE;
    const [from, to] = columnsInView(box?.scrollLeft ?? 0, width, this.column, columns);
    render(this.template(rows, first + from, first + to), this.root);
    const room = /** @type {HTMLElement} */ (this.root.querySelector('.p-logs-room'));
    room.style.setProperty('--column', `${this.column}px`);
    room.style.width = `${columns * this.column}px`;
    const table = /** @type {HTMLElement} */ (room.firstElementChild);
    table.style.width = `${(to - from + 1) * this.column}px`;
    table.style.transform = `translateX(${from * this.column}px)`;
  }

  scrolled() {
    const box = this.scroller;
    if (!box) return;
    this.atEnd = box.scrollLeft + box.clientWidth > box.scrollWidth - this.column / 2;
    this.again();
  }

  /** @param {LogRow[]} rows @param {number} from @param {number} to both indices, ends included */
  template(rows, from, to) {
    const { t } = this.ctx.i18n;
    const indices = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    return html`<div class="p-logs-table">
      <div class="p-logs-names" aria-hidden="true"><div class="p-logs-index"></div>
        ${rows.map((row) => html`<div class="p-logs-name ${row.status}"><b>${row.name}</b>
          <span>${row.status === 'crashed' ? t('panels.role.crashed') : roleAndEra(this.ctx, this.ctx.lens, row.state)}</span></div>`)}</div>
      <div class="p-logs-scroll" tabindex="0" role="group" aria-label=${t('panels.logs.title')} @scroll=${() => this.scrolled()}>
        <div class="p-logs-room"><table>
          <thead><tr><th class="p-hidden">${t('panels.logs.node')}</th>${indices.map((i) => html`<th scope="col">${i}</th>`)}</tr></thead>
          <tbody>${rows.map((row) => this.row(row, indices))}</tbody></table></div>
      </div></div>${this.legend(rows)}`;
  }

  /** @param {LogRow} row @param {number[]} indices */
  row(row, indices) {
    return html`<tr class=${row.status}><th scope="row" class="p-hidden">${row.name}</th>
      ${indices.map((index) => this.cell(row, index))}</tr>`;
  }

  /** @param {LogRow} row @param {number} index */
  cell(row, index) {
    const { t } = this.ctx.i18n;
    const cell = row.cells[index - (row.cells[0]?.index ?? 1)];
    const title = cell && t(cell.committed ? 'panels.logs.committed' : 'panels.logs.uncommitted', { index: cell.name ?? index, label: cell.label, era: cell.era });
    const marks = row.marks.filter((mark) => mark.index === index).map(({ key }) => html`<span class="p-${key}" title=${t(`panels.logs.${key}`, { index })}>${key}</span>`);
    return html`<td>${cell ? html`<span class="p-cell era-${cell.era % 8} ${cell.committed ? '' : 'loose'} ${cell.durable ? '' : 'faint'}"
      title=${title}>${cell.label}</span>` : html`<span class="p-cell none"></span>`}<span class="p-marks">${marks}</span></td>`;
  }

  /** @param {LogRow[]} rows */
  legend(rows) {
    const { t } = this.ctx.i18n;
    const marks = [...new Set(rows.flatMap((row) => row.marks.map((mark) => mark.key)))];
    return html`<p class="p-legend">
      <span><span class="p-cell era-1">x=1</span> ${t('panels.logs.legend.solid')}</span>
      <span><span class="p-cell era-1 loose">x=1</span> ${t('panels.logs.legend.dashed')}</span>
      ${marks.map((key) => html`<span><span class="p-${key}">${key}</span> ${t(`panels.logs.legend.${key}`)}</span>`)}</p>`;
  }
}
