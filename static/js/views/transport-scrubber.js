/** The scrubber: all of the branch's kept time on one line, with marks for what happened, and the way back to now. */

import {h, set, svg, text} from './dom.js';

/** @typedef {import('../types.js').Shown} Shown */

const STEPS = 10000;
const REDRAW = 250;

/** Drawn in this order, so that the rare lies over the frequent. */
const MARKS = ['commit', 'command', 'restart', 'crash', 'election', 'violation'];

export class Scrubber {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.marks = svg('svg', {class: 'marks', 'aria-hidden': 'true', preserveAspectRatio: 'none'});
    this.range = h('input', {type: 'range', class: 'scrub', min: 0, max: STEPS, step: 1, oninput: () => this.seek()});
    this.live = h('button', {class: 'live', type: 'button', 'data-action': 'time.live', onclick: () => ctx.actions.run('time.live')});
    this.box = h('div', {class: 'scrub-box'}, [this.range]);
    this.box.prepend(this.marks);
    root.append(this.box, this.live);
    this.drawn = 0;
    this.width = 1;
    this.value = '';
    new ResizeObserver(entries => {
      this.width = entries[0].contentRect.width || 1;
      ctx.playhead.changed({size: true});
    }).observe(this.box);
    this.span = [0, 1];
    this.range.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => {
      if (/^(Arrow|Home|End|Page)/.test(e.key)) e.preventDefault();
    });
  }

  seek() {
    const [from, to] = this.span;
    const part = Number(this.range.value) / STEPS;
    if (part === 1) this.ctx.playhead.follow();
    else this.ctx.playhead.seek({time: from + (to - from) * part});
  }

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    const {store, i18n} = this.ctx;
    const from = store.oldestTime();
    this.span = [from, Math.max(from + 1, store.now)];
    const part = (shown.time - from) / (this.span[1] - from);
    const value = String(Math.round(Math.min(1, Math.max(0, part)) * STEPS));
    const now = performance.now();
    this.move(value);
    const quiet = Object.keys(changed).every(k => k === 'time' || k === 'events' || k === 'seq');
    if (quiet && now - this.drawn < REDRAW) return;
    this.drawn = now;
    this.range.setAttribute('aria-label', i18n.t('stage.scrub'));
    this.range.setAttribute('aria-valuetext', i18n.time(shown.time));
    text(this.live, i18n.t(shown.live ? 'stage.live.on' : 'stage.live'));
    this.live.classList.toggle('on', shown.live);
    this.live.setAttribute('aria-pressed', String(shown.live));
    this.drawMarks(from > 0);
  }

  /** @param {string} value */
  move(value) {
    if (value === this.value) return;
    this.value = value;
    if (!this.range.matches(':active')) this.range.value = value;
    this.range.style.setProperty('--part', `${Number(value) / STEPS * 100}%`);
  }

  /** Marks that fall on the same pixel are one. @param {boolean} trimmed */
  drawMarks(trimmed) {
    const {width} = this;
    const [from, to] = this.span;
    set(this.marks, {viewBox: `0 0 ${width} 22`});
    /** @type {Map<string, string[]>} */
    const paths = new Map();
    const taken = new Set();
    for (const {time, mark} of this.ctx.store.marks()) {
      const x = Math.round((time - from) / (to - from) * (width - 16) + 8);
      const key = `${mark} ${x}`;
      if (time < from || taken.has(key) || !MARKS.includes(mark)) continue;
      taken.add(key);
      paths.set(mark, [...(paths.get(mark) ?? []), drawing(mark, x)]);
    }
    const made = MARKS.filter(m => paths.has(m)).map(m => svg('path', {class: `mark ${m}`, d: paths.get(m)?.join('')}));
    if (trimmed) made.push(svg('path', {class: 'mark trimmed', d: 'M2 5v12M5 5v12'}));
    this.marks.replaceChildren(...made);
    this.box.title = trimmed ? this.ctx.i18n.t('stage.trimmed') : '';
  }
}

/** A shape of its own for each kind: a crown, a cross, a ring, a tick. @param {string} mark @param {number} x */
function drawing(mark, x) {
  if (mark === 'commit') return `M${x} 14v4`;
  if (mark === 'election') return `M${x - 4} 7V1l2 2.4L${x} 0l2 3.4L${x + 4} 1v6z`;
  if (mark === 'crash') return `M${x - 3} 1l6 6M${x + 3} 1l-6 6`;
  if (mark === 'restart') return `M${x} 1v6M${x - 3} 4h6`;
  if (mark === 'violation') return `M${x} 0l4.5 8h-9z`;
  return `M${x - 2.5} 16.5a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0`;
}
