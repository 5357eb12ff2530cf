/** The calculator: what it is set to, and everything that follows from it, drawn while somebody moves a slider. */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { all, byId } from '../pages/page.js';
import { freshChart, latencyChart, valueAt } from './charts.js';
import { Unreadable } from './distributions.js';
import { available, mayFail, minutesAYear, missed, overlap } from './formulas.js';
import { outage, percent, time } from './numbers.js';
import { pigeonhole, sets } from './pigeonhole.js';
import { CLASSICS, NAMES, SYSTEMS, fitOf, fromLink, read, toLink } from './settings.js';
import { Trials } from './trials.js';
import { ALONG, PERCENTS } from './wars.js';

/** @typedef {import('./settings.js').Settings} Settings */
/** @typedef {import('./settings.js').Name} Name */
/** @typedef {import('./wars.js').Summary} Summary */
/** @typedef {import('./charts.js').Measured} Measured */

export const TRIALS = 100_000;
/** Where the slider of p can stand. */
export const RISKS = [0, 0.0001, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5];

export class Calculator {
  /** @param {import('../core/i18n.js').I18n} i18n */
  constructor(i18n) {
    this.i18n = i18n;
    const { settings, wrong } = fromLink(new URLSearchParams(location.search));
    this.settings = settings;
    this.wrong = wrong;
    /** What was typed and cannot be; it stays until it is mended. @type {Map<Name, string>} */
    this.typed = new Map([...wrong.keys()].map((name) => [name, new URLSearchParams(location.search).get(name) ?? '']));
    this.trials = new Trials();
    /** @type {Summary|null} */
    this.summary = null;
    /** @type {Measured[]} */
    this.measured = [];
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.t = (/** @type {string} */ key, /** @type {any} */ params = {}) => i18n.t(key, params);
  }

  start() {
    for (const field of all('#q-form [data-name]')) field.addEventListener('input', () => this.fieldMoved(/** @type {HTMLInputElement} */ (field)));
    byId('q-form').addEventListener('submit', (e) => e.preventDefault());
    new ResizeObserver(() => this.drawCurves()).observe(byId('q-fresh'));
    addEventListener('popstate', () => this.change(fromLink(new URLSearchParams(location.search)).settings));
    this.count();
  }

  /** @param {HTMLInputElement} field */
  fieldMoved(field) {
    const name = /** @type {Name} */ (field.dataset.name);
    this.set(name, field.dataset.risks === undefined ? field.value : String(RISKS[field.valueAsNumber]), field);
  }

  /** @param {Name} name @param {string} text @param {HTMLElement} [by] the field that says so itself */
  set(name, text, by) {
    this.wrong.delete(name);
    this.typed.delete(name);
    try {
      this.change({ [name]: read(name, text, this.settings) }, by);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.wrong.set(name, error);
      this.typed.set(name, text);
      this.drawFields(by);
    }
  }

  /** @param {Partial<Settings>} what @param {HTMLElement} [by] */
  change(what, by) {
    const next = { ...this.settings, ...what };
    next.w = Math.min(next.w, next.n);
    next.r = Math.min(next.r, next.n);
    next.down = next.down.filter((node) => node <= next.n);
    for (const name of NAMES) {
      if (!this.wrong.has(name) || !(name in what || next[name] !== this.settings[name])) continue;
      this.wrong.delete(name);
      this.typed.delete(name);
    }
    this.settings = next;
    this.draw(by);
    if (Object.keys(what).some((name) => name !== 't')) this.count();
    this.keep();
    for (const heard of this.listeners) heard();
  }

  /** The address says what is set: browsers allow this only so often. */
  keep() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => history.replaceState(null, '', `${location.pathname}?${toLink(this.settings)}${location.hash}`), 250);
  }

  /** Asks for trials with the replicas that are up. */
  count() {
    const { w, r } = this.settings;
    const { up, wrote, asked } = sets(this.settings);
    if (!wrote || !asked) {
      this.trials.forget();
      this.summary = null;
      this.drawCurves();
      return;
    }
    this.trials.ask({ fit: fitOf(this.settings), n: up.length, w, r, trials: TRIALS }, (summary) => {
      this.summary = summary;
      this.drawCurves();
    });
  }

  /** @param {HTMLElement} [by] */
  draw(by) {
    this.drawFields(by);
    this.drawPicture();
    this.drawCurves();
  }

  /** @param {HTMLElement} [by] */
  drawFields(by) {
    const { settings } = this;
    for (const el of all('#q-form [data-name]')) {
      const field = /** @type {HTMLInputElement} */ (el);
      const name = /** @type {Name} */ (field.dataset.name);
      const wrong = this.wrong.get(name);
      if (field.dataset.risks !== undefined) {
        const at = RISKS.findIndex((risk) => risk >= settings.p);
        field.value = String(at < 0 ? RISKS.length - 1 : at);
        field.setAttribute('aria-valuetext', percent(settings.p));
      } else {
        if ((name === 'w' || name === 'r') && field.type === 'range') field.max = String(settings.n);
        if (field !== by) field.value = (field.type === 'range' ? undefined : this.typed.get(name)) ?? String(settings[name]);
      }
      field.toggleAttribute('data-wrong', Boolean(wrong));
      field.setAttribute('aria-invalid', String(Boolean(wrong)));
    }
    for (const el of all('#q-form [data-wrong-of]')) {
      const wrong = this.wrong.get(/** @type {Name} */ (el.dataset.wrongOf));
      const words = wrong ? this.t(`errors.${wrong.code}`, wrong.params) : '';
      if (el.textContent !== words) el.textContent = words;
    }
    byId('q-own').hidden = settings.fit !== 'own';
  }

  drawPicture() {
    const { settings, t } = this;
    const { n, w, r, down } = settings;
    const over = overlap(n, w, r);
    const { wrote, asked } = sets(settings);
    const outcome = !wrote && !asked ? 'none' : !wrote ? 'no-write' : !asked ? 'no-read' : '';
    render(html`
      <p class="q-sum ${over > 0 ? 'holds' : 'fails'}"><span class="q-sign" aria-hidden="true">${over > 0 ? '✓' : '✗'}</span>
        <b>R + W ${over > 0 ? '>' : '≤'} N</b> <span>${r} + ${w} = ${r + w} ${over > 0 ? '>' : '≤'} ${n}</span></p>
      <p class="q-why">${t(over > 0 ? 'quorum.holds' : 'quorum.fails', { n, w, r, sum: w + r, over, gap: -over })}
        ${t(2 * w > n ? 'quorum.writes.meet' : 'quorum.writes.miss', { n, w })}</p>
      ${outcome ? html`<p class="q-outcome">${t(`quorum.outcome.${outcome}`, { up: n - down.length, n, w, r })}</p>` : nothing}`, byId('q-verdict'));
    render(pigeonhole(settings, t, (node) => this.toggle(node)), byId('q-picture'));
    render(this.tiles(), byId('q-tiles'));
    render(this.classics(), byId('q-classics'));
    render(this.systems(), byId('q-systems'));
  }

  /** @param {number} node */
  toggle(node) {
    const { down } = this.settings;
    this.change({ down: down.includes(node) ? down.filter((one) => one !== node) : [...down, node].sort() });
  }

  tiles() {
    const { settings: { n, w, r, p, k }, t } = this;
    const failing = mayFail(n, w, r);
    const tile = (/** @type {string} */ name, /** @type {number} */ level) => {
      const up = available(n, level, p);
      const { unit, count } = outage(minutesAYear(up));
      return html`<div class="q-tile"><dt>${t(`quorum.available.${name}`)}</dt><dd data-figure=${`available-${name}`}>${percent(up)}</dd>
        <dd class="q-small">${up === 1 ? t('quorum.down.never') : t(`quorum.down.${unit}`, { count })}</dd></div>`;
    };
    return html`${tile('reads', r)}${tile('writes', w)}
      <div class="q-tile"><dt>${t('quorum.may-fail')}</dt>
        <dd class="q-three">${['reads', 'writes', 'data'].map((what) => html`<span><b data-figure=${`fail-${what}`}>${failing[/** @type {'reads'} */ (what)]}</b> ${t(`quorum.may-fail.${what}`)}</span>`)}</dd>
        <dd class="q-small">${t('quorum.may-fail.of', { n })}</dd></div>
      <div class="q-tile"><dt>${t(k > 1 ? 'quorum.missed' : 'quorum.missed.one', { k })}</dt><dd data-figure="missed">${percent(missed(n, w, r, k))}</dd>
        <dd class="q-small">(C(${n - w}, ${r}) / C(${n}, ${r}))${k > 1 ? html`<sup>${k}</sup>` : nothing} · ${t('quorum.missed.when')}</dd></div>`;
  }

  classics() {
    const { settings: { n, w, r }, t } = this;
    const rows = Object.entries(CLASSICS).map(([id, of]) => ({ id, ...of(n) }));
    const now = rows.find((row) => row.w === w && row.r === r)?.id;
    return html`<div class="q-chips">${rows.map((row) => html`<button type="button" class="q-chip" data-classic=${row.id} aria-pressed=${String(row.id === now)}
        @click=${() => this.change({ w: row.w, r: row.r })}><b>${t(`quorum.classic.${row.id}`)}</b> W=${row.w} R=${row.r}</button>`)}</div>
      <p class="q-note">${t(now ? `quorum.classic.${now}.text` : 'quorum.classic.other')}</p>`;
  }

  systems() {
    const { settings, t } = this;
    return SYSTEMS.map(({ id, n, w, r }) => {
      const same = settings.n === n && settings.w === w && settings.r === r;
      return html`<li class="q-system" ?data-now=${same}>
        <div><b>${t(`quorum.system.${id}`)}</b><span class="q-levels">N=${n} W=${w} R=${r}</span></div>
        <p>${t(`quorum.system.${id}.text`)}</p>
        <button type="button" class="h-button" data-system=${id} aria-pressed=${String(same)} aria-label=${t('quorum.system.try.of', { name: t(`quorum.system.${id}`) })}
          @click=${() => this.change({ n, w, r, down: [] })}>${t('quorum.system.try')}</button></li>`;
    });
  }

  drawCurves() {
    const { summary, t } = this;
    const place = byId('q-curves');
    place.dataset.trials = String(summary?.trials ?? 0);
    place.classList.toggle('none', !summary);
    const width = Math.max(260, byId('q-fresh').clientWidth);
    render(summary ? this.fresh(summary, width) : html`<p class="q-note">${t('quorum.no-answer')}</p>`, byId('q-fresh'));
    render(summary ? this.latency(summary, width) : html`<p class="q-note">${t('quorum.no-answer')}</p>`, byId('q-latency'));
    byId('q-trials').textContent = summary ? t('quorum.trials', { count: summary.trials.toLocaleString('en') }) : '';
  }

  /** @param {Summary} summary @param {number} width */
  fresh(summary, width) {
    const { t } = this;
    const curve = /** @type {import('./charts.js').Point[]} */ (summary.curve);
    const end = curve[curve.length - 1][0];
    const at = Math.min(this.settings.t, end);
    const stale = 1 - valueAt(curve, at);
    const params = { at: time(at), stale: percent(stale), within: time(summary.within), once: percent(1 - summary.atOnce) };
    return html`<p class="q-figures"><span><b data-figure="stale">${params.once}</b> ${t('quorum.stale.once')}</span>
        <span><b data-figure="within">${params.within}</b> ${t('quorum.stale.within')}</span></p>
      ${freshChart({ width, curve, at, label: t('quorum.stale.chart', params), axis: t('quorum.stale.axis'), measured: this.measured })}
      <label class="q-at"><span>${t('quorum.stale.at', params)}</span>
        <input type="range" min="0" max="1000" .value=${String(Math.round((at / end) * 1000))} aria-valuetext=${params.at}
          @input=${(/** @type {any} */ e) => this.change({ t: Number(((end * e.target.valueAsNumber) / 1000).toPrecision(3)) })}></label>`;
  }

  /** @param {Summary} summary @param {number} width */
  latency(summary, width) {
    const { t } = this;
    const lines = [
      { class: 'reads', name: t('quorum.latency.read'), points: ALONG.map((p, i) => /** @type {[number, number]} */ ([summary.readsAlong[i], p])) },
      { class: 'writes', name: t('quorum.latency.write'), points: ALONG.map((p, i) => /** @type {[number, number]} */ ([summary.writesAlong[i], p])) },
    ];
    const row = (/** @type {string} */ name, /** @type {number[]} */ times) => html`<tr><th scope="row" class=${name}>${t(`quorum.latency.${name}`)}</th>
      ${times.map((ms) => html`<td>${time(ms)}</td>`)}</tr>`;
    return html`<table class="q-percentiles"><thead><tr><th>${t('quorum.latency.percentile')}</th>${PERCENTS.map((p) => html`<th scope="col">${p} %</th>`)}</tr></thead>
        <tbody>${row('read', summary.reads)}${row('write', summary.writes)}</tbody></table>
      ${latencyChart({ width, lines, label: t('quorum.latency.chart') })}`;
  }
}
