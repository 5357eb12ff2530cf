/** The transport bar: play, steps, pace, and what concerns the whole cluster. Every button is an action. */

import {SPEEDS} from '../actions/time.js';
import {h, icon, text} from './dom.js';
import {Scrubber} from './transport-scrubber.js';

/** @typedef {import('../types.js').Shown} Shown */

/** id of the action -> its icon. */
const STEPS = /** @type {[string, string][]} */ ([['time.ruleBack', 'ruleBack'], ['time.back', 'back'], ['time.toggle', 'play'],
  ['time.forward', 'forward'], ['time.ruleForward', 'ruleForward']]);

const WIDE = /** @type {[string, string][]} */ ([['network.manual', 'network'], ['network.partition', 'split'], ['network.heal', 'heal'],
  ['branch.fork', 'fork']]);

/** These show only their icon where room is short. */
const BRIEF = new Set(['network.partition', 'network.heal']);

const TOP = 315;

class Transport {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.everyFrame = true;
    /** @type {{id: string, el: any, label: any}[]} */
    this.buttons = [];
    const steps = STEPS.map(([id, name]) => this.button(id, name, id === 'time.toggle' ? 'round main' : 'round'));
    this.time = h('b');
    this.reached = h('span');
    this.clock = h('p', {class: 'clock'}, [this.time, this.reached]);
    this.ticked = 0;
    this.pace = this.makePace();
    const tools = WIDE.map(([id, name]) => this.button(id, name, BRIEF.has(id) ? 'tool brief' : 'tool', true));
    this.branches = h('button', {class: 'tool', type: 'button', 'aria-haspopup': 'dialog', onclick: () => ctx.dialogs.branches()},
      [icon('branch'), h('span', {class: 'tool-label'})]);
    this.exports = [this.plain('export', 'actions.export', () => ctx.dialogs.exports()),
      this.plain('link', 'actions.copy-link', () => ctx.dialogs.link_())];
    const row = h('div', {class: 'transport-row', role: 'toolbar'}, [h('div', {class: 'steps'}, steps), this.clock, this.pace,
      h('div', {class: 'tools'}, [...tools, this.branches, ...this.exports.map(e => e.el)])]);
    this.row = row;
    const line = h('div', {class: 'scrub-row'});
    root.append(row, line);
    this.scrubber = new Scrubber(line, ctx);
    this.words = '';
  }

  /** @param {string} id @param {string} name @param {string} style @param {boolean} [worded] */
  button(id, name, style, worded = false) {
    const label = worded ? h('span', {class: 'tool-label'}) : null;
    const el = h('button', {class: style, type: 'button', 'data-action': id, onclick: () => this.ctx.actions.run(id)},
      [icon(name), ...(label ? [label] : [])]);
    this.buttons.push({id, el, label});
    return el;
  }

  /** @param {string} name @param {string} key @param {() => void} run */
  plain(name, key, run) {
    const label = h('span', {class: 'tool-label'});
    return {key, label, el: h('button', {class: 'tool', type: 'button', onclick: run}, [icon(name), label])};
  }

  /** The pace on a log scale, 1/1000 to 1/1; beyond the end, for those who drive, as fast as it goes. */
  makePace() {
    this.paceWord = h('output', {class: 'pace-word'});
    this.slider = h('input', {type: 'range', min: 0, max: TOP, step: 1, class: 'pace',
      oninput: () => this.setPace(Number(this.slider.value))});
    return h('label', {class: 'pace-box'}, [this.paceWord, this.slider]);
  }

  /** @param {number} value */
  setPace(value) {
    const {playhead} = this.ctx;
    if (value === TOP && playhead.following && playhead.mayDrive) playhead.transport('speed', 'max');
    else playhead.setSpeed(nearest(10 ** (Math.min(value, 300) / 100 - 3)));
  }

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    const {t} = this.ctx.i18n;
    const {store, i18n} = this.ctx;
    const now = performance.now();
    if (!shown.playing || now - this.ticked > 80) {
      this.ticked = now;
      text(this.time, i18n.time(shown.time));
      text(this.reached, ` / ${i18n.time(store.now)}`);
    }
    if (Object.keys(changed).some(k => k !== 'time' && k !== 'events')) this.drawButtons(shown, t);
    this.scrubber.draw(shown, changed);
  }

  /** @param {Shown} shown @param {(k: string, p?: any) => string} t */
  drawButtons(shown, t) {
    const {ctx} = this;
    for (const {id, el, label} of this.buttons) this.drawButton(id, el, label, shown, t);
    for (const {key, label, el} of this.exports) {
      text(label, t(key));
      el.setAttribute('aria-label', t(key));
    }
    const at = ctx.store.branches.findIndex((/** @type {any} */ b) => b.id === ctx.store.branch) + 1;
    const word = t('stage.branch', {at, of: ctx.store.branches.length});
    text(this.branches.lastChild, word);
    this.branches.setAttribute('aria-label', word);
    this.row.setAttribute('aria-label', t('stage.transport'));
    const leaps = shown.live && Boolean(ctx.store.transport.max);
    const pace = leaps ? t('stage.pace.max') : paceText(shown.speed, t, ctx.i18n);
    text(this.paceWord, pace);
    this.slider.setAttribute('aria-label', t('stage.pace'));
    this.slider.setAttribute('aria-valuetext', pace);
    if (document.activeElement !== this.slider || !this.slider.matches(':active')) {
      this.slider.value = String(leaps ? TOP : Math.round((Math.log10(shown.speed) + 3) * 100));
    }
  }

  /** @param {string} id @param {any} el @param {any} label @param {Shown} shown @param {(k: string, p?: any) => string} t */
  drawButton(id, el, label, shown, t) {
    const {ctx} = this;
    const enabled = ctx.actions.enabled(id);
    const action = ctx.actions.get(id);
    const on = (id === 'network.manual' && shown.view?.network.manual) || (id === 'branch.fork' && ctx.store.isPrivate);
    const key = on ? `${action.label}.on` : id === 'time.toggle' && shown.playing ? 'actions.time.pause' : action.label;
    const hint = action.shortcut ? ` (${action.shortcut})` : '';
    el.setAttribute('aria-disabled', String(enabled !== true));
    el.setAttribute('aria-label', t(key));
    el.title = enabled === true ? t(key) + hint : `${t(key)}: ${t(enabled)}`;
    el.classList.toggle('on', Boolean(on));
    if (id === 'network.manual') el.setAttribute('aria-pressed', String(Boolean(on)));
    if (label) text(label, t(key));
    if (id === 'time.toggle') this.drawToggle(el, shown.playing);
  }

  /** @param {any} el @param {boolean} playing */
  drawToggle(el, playing) {
    const name = playing ? 'pause' : 'play';
    if (el.dataset.icon === name) return;
    el.dataset.icon = name;
    el.replaceChildren(icon(name));
  }
}

/** A round pace when one is near. @param {number} speed */
function nearest(speed) {
  const near = SPEEDS.find(s => Math.abs(Math.log10(s / speed)) < 0.035);
  return near ?? Math.max(0.001, Math.min(1, Number(speed.toPrecision(3))));
}

/** @param {number} speed @param {(k: string, p?: any) => string} t @param {any} i18n */
function paceText(speed, t, i18n) {
  return t('stage.pace.is', {shown: i18n.span(1000 / speed)});
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountTransport(root, ctx) {
  return new Transport(root, ctx);
}
