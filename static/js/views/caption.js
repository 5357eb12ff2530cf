/**
 * The caption: one or two short sentences that say what just happened and why, in the words of the rule that
 * fired. While the world plays it waits for something worth reading and lets people finish; standing still, it
 * says exactly what the shown event did.
 */

import {serviceName} from '../core/words.js';
import {eraNumber} from '../lenses/values.js';
import {plainSentence} from '../panels/sentences.js';
import {h} from './dom.js';

/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {import('../types.js').Event} TraceEvent */

const LOOK_BACK = 240;

/** The reasons of an event worth saying, the weightiest first kept in their order; two at most.
 * @param {TraceEvent} event @param {any} lenses */
export function telling(event, lenses) {
  const lens = lenses.of(event.service);
  const weights = event.why.map(([rule, data]) => lens.weight(rule, data));
  const best = Math.max(0, ...weights);
  const kept = event.why.filter((_, i) => weights[i] >= Math.max(1, best - 1));
  return {weight: best, reasons: (kept.length ? kept : event.why).slice(0, best > 3 ? 1 : 2)};
}

/** The event of these that most deserves words; the later of equals.
 * @param {TraceEvent[]} events @param {any} lenses @param {number} least */
export function mostImportant(events, lenses, least) {
  /** @type {{event: TraceEvent|null, weight: number}} */
  let best = {event: null, weight: least};
  for (const event of events) {
    const weight = event.kind === 'violation' ? 9 : KIND_WEIGHT[event.kind] ?? telling(event, lenses).weight;
    if (weight >= best.weight) best = {event, weight};
  }
  return best;
}

/** What people did is worth saying too, and what a scenario says itself more than what happens meanwhile.
 * @type {Record<string, number>} */
const KIND_WEIGHT = {crash: 4, restart: 0, network: 3, refused: 5, say: 8, violation: 9};

class Caption {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.ctx = ctx;
    this.everyFrame = true;
    this.words = h('p', {class: 'caption-words'});
    this.source = h('p', {class: 'caption-source'});
    root.append(this.words, this.source);
    this.seen = 0;
    this.until = 0;
    this.weight = 0;
    this.key = '';
  }

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    if (!shown.view) return;
    if (changed.lang) this.key = '';
    const event = shown.playing ? this.playing(shown) : this.standing(shown);
    this.seen = shown.seq;
    if (event) this.say(event);
    else if (!this.key) this.introduce();
  }

  /** Before anything worth telling has happened, what this protocol is for. */
  introduce() {
    const {ctx} = this;
    const {service} = ctx.lens;
    const key = `protocol.${ctx.i18n.wordsOf(service)}.text`;
    const said = ctx.i18n.has(key) ? ctx.i18n.t(key) : '';
    if (this.words.textContent === said) return;
    this.words.textContent = said;
    this.source.textContent = said && serviceName(ctx, service);
  }

  /** @param {Shown} shown @returns {TraceEvent|undefined} */
  standing(shown) {
    this.until = 0;
    if (shown.event && !this.mine(shown.event)) return this.latest(shown);
    if (!shown.live || shown.event?.why.length) return shown.event;
    return this.latest(shown) ?? shown.event;
  }

  /** Of the service that the stage above shows, or of the machines and the network. @param {TraceEvent} event */
  mine(event) {
    return !event.service || this.ctx.lenses.of(event.service) === this.ctx.lens;
  }

  /** The latest event that has something to tell. @param {Shown} shown */
  latest(shown) {
    const recent = this.ctx.store.range(Math.max(1, shown.seq - LOOK_BACK), shown.seq);
    return recent.findLast((/** @type {TraceEvent} */ e) => this.mine(e) && mostImportant([e], this.ctx.lenses, 2).event);
  }

  /** @param {Shown} shown @returns {TraceEvent|undefined} */
  playing(shown) {
    const {store, lenses} = this.ctx;
    const jumped = shown.seq < this.seen || shown.seq - this.seen > LOOK_BACK || !this.key.startsWith(`${store.branch} `);
    const now = performance.now();
    if (jumped) {
      this.key = '';
      const latest = this.latest(shown);
      this.hold(now, latest?.kind === 'say' ? KIND_WEIGHT.say : 0);
      return latest;
    }
    const events = store.range(this.seen + 1, shown.seq).filter((/** @type {TraceEvent} */ e) => this.mine(e));
    const {event, weight} = mostImportant(events, lenses, 2);
    const said = events.findLast((/** @type {TraceEvent} */ e) => e.kind === 'say');
    if (said) {
      // A scenario chooses its moments: it waits for nobody, and a broken law that it explains does not talk over it.
      this.hold(now, Math.max(weight, now < this.until ? this.weight : 0));
      return said;
    }
    if (!event || (now < this.until && weight <= this.weight)) return undefined;
    this.hold(now, weight);
    return event;
  }

  /** Time to read: two lines take about three seconds, what a scenario says twice that. @param {number} now @param {number} weight */
  hold(now, weight) {
    this.until = now + 1500 + weight * weight * 90;
    this.weight = weight;
  }

  /** @param {TraceEvent} event */
  say(event) {
    const {ctx} = this;
    const key = `${ctx.store.branch} ${event.seq} ${ctx.i18n.lang()}`;
    if (key === this.key) return;
    this.key = key;
    const {reasons} = telling(event, ctx.lenses);
    this.write(event, reasons);
    if (reasons.length > 1 && this.words.scrollHeight > this.words.clientHeight + 2) this.write(event, [this.weightiest(event, reasons)]);
    const sections = [...new Set(reasons.map(([rule]) => ctx.i18n.sectionOf(event.service, rule)).filter(Boolean))];
    this.source.textContent = [sections.length ? `${serviceName(ctx, ctx.lenses.of(event.service).service)} ${sections.join(', ')}` : '',
      ctx.i18n.t('stage.event', {seq: event.seq})].filter(Boolean).join(' · ');
  }

  /** @param {TraceEvent} event @param {TraceEvent['why']} reasons */
  write(event, reasons) {
    const {i18n, lenses} = this.ctx;
    const sentences = reasons.map(([rule, data]) => i18n.parts(i18n.ruleKey(event.service, rule), {node: event.node, ...data}));
    if (!sentences.length) sentences.push(this.plain(event));
    this.words.replaceChildren(...sentences.flatMap((parts, i) => [...(i ? [' '] : []), ...coloured(parts, lenses.of(event.service))]));
  }

  /** Where there is no room for two sentences, one whole one. @param {TraceEvent} event @param {TraceEvent['why']} reasons */
  weightiest(event, reasons) {
    const lens = this.ctx.lenses.of(event.service);
    return reasons.reduce((best, next) => (lens.weight(...next) > lens.weight(...best) ? next : best));
  }

  /** An event that gives no reason still says what happened. @param {TraceEvent} event */
  plain(event) {
    const {i18n} = this.ctx;
    const names = Object.keys(this.ctx.playhead.shown.view?.nodes ?? {});
    const said = `${plainSentence(this.ctx, event)} ${brokenHow(event, i18n)}`.trim();
    return named(said, names).map(part => (part.name ? {text: part.text, ref: {kind: i18n.classify('node', part.name), value: part.name}} : part));
  }
}

/** How a law was broken, where its catalogue entry tells. @param {TraceEvent} event @param {any} i18n */
function brokenHow(event, i18n) {
  const key = `law.${event.body[0]}.broken`;
  return event.kind === 'violation' && i18n.has(key) ? i18n.t(key, event.body[1]) : '';
}

/** The text in pieces, the names of endpoints by themselves. @param {string} text @param {string[]} names
 *  @returns {{text: string, name?: string}[]} */
function named(text, names) {
  const known = new Set(names);
  return text.split(/([A-Za-z][\w-]*)/).map(piece => (known.has(piece) ? {text: piece, name: piece} : {text: piece}));
}

/** Words that name an object wear its colour; so do the names of messages. @param {any[]} parts @param {any} lens */
function coloured(parts, lens) {
  return parts.flatMap(part => {
    if (part.ref) return [h('b', {class: `word ${part.ref.kind} ${eraClass(part.ref)}`}, [part.text])];
    return part.text.split(lens.wordPattern).map((/** @type {string} */ piece) => {
      const colour = lens.wordColour(piece);
      return colour ? h('b', {class: `word ${colour}`}, [piece]) : piece;
    });
  });
}

/** @param {{kind: string, value: any}} ref */
function eraClass(ref) {
  const number = ref.kind === 'era' ? eraNumber(ref.value) : 0;
  return number ? `era-${number % 8}` : '';
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountCaption(root, ctx) {
  return new Caption(root, ctx);
}
