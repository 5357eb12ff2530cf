/**
 * What lies over the stage in words: whether the laws hold, the size of the cluster, what the network is told to
 * do, whether we look at the past, and the live region that tells a screen reader what matters.
 */

import {h, icon, text} from './dom.js';

/** @typedef {import('../types.js').Shown} Shown */

class Overlay {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.laws = h('button', {class: 'chip laws', type: 'button', onclick: () => this.showLaws()});
    this.facts = h('p', {class: 'facts'});
    this.banner = h('div', {class: 'banner', hidden: true});
    this.past = h('button', {class: 'chip past', type: 'button', hidden: true, onclick: () => ctx.actions.run('time.live')});
    this.live = h('p', {class: 'hidden', 'aria-live': 'polite', role: 'status'});
    root.append(h('div', {class: 'stage-top'}, [h('div', {class: 'stage-top-left'}, [this.laws, this.banner]), h('div', {class: 'stage-top-right'}, [this.facts, this.past])]), this.live);
    this.announced = 0;
    this.said = 0;
  }

  /** @param {Shown} shown */
  draw(shown) {
    if (!shown.view) return;
    this.drawLaws(shown.view.laws);
    this.drawFacts(shown.view);
    this.drawBanner(shown.view.network);
    this.drawPast(shown);
    this.announce(shown);
  }

  /** @param {Record<string, number>} laws */
  drawLaws(laws) {
    const {t} = this.ctx.i18n;
    const broken = Object.entries(laws).filter(([, seq]) => seq);
    this.root.classList.toggle('broken', broken.length > 0);
    this.laws.hidden = !Object.keys(laws).length;
    this.broken = broken[0];
    const word = broken.length ? t('stage.laws.broken', {law: t(`law.${broken[0][0]}`), seq: broken[0][1]})
      : t('stage.laws.hold', {count: Object.keys(laws).length});
    replace(this.laws, `${word}${broken.length}`, () => [icon(broken.length ? 'close' : 'laws'), h('span', {}, [word])]);
  }

  showLaws() {
    if (this.broken) this.ctx.playhead.seek({seq: this.broken[1]});
    this.ctx.selection.set({tab: 'laws', ...(this.broken ? {event: this.broken[1]} : {})});
    this.ctx.page.togglePanel(true);
  }

  /** @param {import('../types.js').View} view */
  drawFacts(view) {
    const {t} = this.ctx.i18n;
    const n = Object.values(view.nodes).filter(node => !node.client).length;
    const seed = this.ctx.store.room?.config?.seed;
    const majority = this.ctx.lens.majority(n);
    text(this.facts, this.ctx.lens.facts?.(n, seed, this.ctx.i18n) ?? t(majority ? 'stage.facts' : 'stage.facts.all', {count: n, majority, seed}));
  }

  /** @param {import('../types.js').NetworkState} network */
  drawBanner(network) {
    const {t} = this.ctx.i18n;
    /** @type {string[]} */
    const words = [];
    if (network.manual) words.push(t('stage.manual'));
    if (network.groups.length) words.push(t('stage.split', {groups: network.groups.map(g => g.join(' ')).join(' | ')}));
    for (const rule of network.rules) words.push(rule);
    this.banner.hidden = !words.length;
    replace(this.banner, words.join('\n'), () => words.map(word => h('span', {}, [word])));
  }

  /** @param {Shown} shown */
  drawPast(shown) {
    const {t} = this.ctx.i18n;
    this.past.hidden = shown.live;
    this.facts.hidden = !shown.live;
    const behind = this.ctx.i18n.span(Math.max(0, this.ctx.store.now - shown.time));
    const word = t(this.ctx.playhead.mayDrive ? 'stage.past.driver' : 'stage.past', {behind});
    if (!shown.live) replace(this.past, word, () => [h('span', {}, [word])]);
  }

  /** Elections, crashes, violations, and now and then a commit; only what happens live. @param {Shown} shown */
  announce(shown) {
    if (!shown.live || this.announced === 0) {
      this.announced = shown.seq;
      return;
    }
    const {store, lenses, i18n} = this.ctx;
    for (const event of store.range(this.announced + 1, shown.seq)) {
      const words = spoken(event, lenses.of(event.service), i18n);
      const now = performance.now();
      if (!words || (!words.urgent && now - this.said < 6000)) continue;
      this.live.textContent = words.text;
      this.said = now;
    }
    this.announced = Math.max(this.announced, shown.seq);
  }
}

/** @param {any} event @param {any} lens @param {any} i18n */
function spoken(event, lens, i18n) {
  if (event.kind === 'violation') return {text: i18n.t('stage.laws.broken', {law: i18n.t(`law.${event.body[0]}`), seq: event.seq}), urgent: true};
  if (event.kind === 'crash' || event.kind === 'restart') return {text: i18n.t(`stage.said.${event.kind}`, {node: event.node}), urgent: true};
  if (!lens.quorum(event)) return null;
  const at = event.why.findIndex((/** @type {any} */ w) => lens.weight(w[0]) >= 4);
  return at < 0 ? null : {text: i18n.why(event)[at].text, urgent: lens.described.landmarks?.[event.why[at][0]] === 'election'};
}

/** Rebuilds an element's inside only when what it says has changed. @param {any} el @param {string} key @param {() => Node[]} make */
function replace(el, key, make) {
  if (el.said === key) return;
  el.said = key;
  el.replaceChildren(...make());
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountOverlay(root, ctx) {
  return new Overlay(root, ctx);
}
