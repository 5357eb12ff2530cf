/**
 * The cluster in one's own hand: a room is made, and this page drives it. The same requests go to both stores; a person
 * parts the network as he likes, crashes machines by touching them, and heals.
 */

import { html, nothing, render } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { command, mayAct } from '../actions/common.js';
import { nodeActions } from '../actions/node.js';
import { Actions } from '../core/actions.js';
import { Lenses } from '../core/lenses.js';
import { newRoom } from '../home/api.js';
import { watch } from '../home/live.js';
import { PageStages } from '../home/stages.js';
import { told } from './told.js';
import { cluster, entries, partition, requests } from './workload.js';

/** Virtual µs between two requests. */
const PAUSE = 220_000;
/** Before the first: there should be a leader. */
const SETTLING = 250_000;

export class Hand {
  /** @param {HTMLElement} root @param {any} i18n */
  constructor(root, i18n) {
    this.root = root;
    this.i18n = i18n;
    this.chosen = { strict: 'raft', versions: 'vector-clock', sloppy: true };
    /** @type {Record<string, string>} */
    this.sides = { n1: 'A', n2: 'A', n3: 'B', n4: 'B', n5: 'B' };
    this.everyFrame = true;
    this.busy = false;
    this.problem = '';
    this.asking = true;
    this.asked = 0;
    this.next = SETTLING;
    /** @type {any} */ this.ctx = null;
    /** @type {any} */ this.stages = null;
    this.url = '';
    this.counted = (/** @type {any} */ _shown) => /** @type {any} */ ('');
  }

  /** @param {string} key @param {Record<string, any>} [params] @returns {string} */
  t(key, params) {
    return this.i18n.t(`cap.${key}`, params);
  }

  // -- the room ----------------------------------------------------------------------------------------------

  async begin() {
    this.busy = true;
    this.problem = '';
    this.speak();
    try {
      const [room, lenses] = await Promise.all([newRoom({ config: cluster(this.chosen) }), new Lenses().load()]);
      this.leave();
      this.enter(room, lenses);
    } catch (error) {
      const refused = /** @type {any} */ (error);
      this.problem = refused.code ? refused.message : this.i18n.t('home.unreachable');
    }
    this.busy = false;
    this.speak();
  }

  leave() {
    if (!this.ctx) return;
    this.stages?.remove();
    this.ctx.connection.become('failed'); // so that it does not come back
    this.ctx.connection.socket?.close();
  }

  /** @param {{id: string, url: string, token: string}} room @param {Lenses} lenses */
  enter({ id, url, token }, lenses) {
    const ctx = watch(id, this.i18n, lenses, token);
    this.url = `${url.split('#')[0]}?show=${this.chosen.strict},quorum${url.includes('#') ? `#${url.split('#')[1]}` : ''}`;
    Object.assign(this, { ctx, stages: null, asked: 0, next: SETTLING });
    ctx.actions = new Actions(ctx, [...nodeActions, { ...parting, run: (/** @type {any} */ _, /** @type {string[][]} */ groups) => this.part(groups) }]);
    ctx.actions.notice = (/** @type {string} */ words) => this.say(words);
    const power = (/** @type {string} */ node) => ctx.actions.run('node.power', node);
    ctx.dialogs = { node: power, client() {}, message() {}, link() {}, close: () => false };
    ctx.playhead.transport = (/** @type {string} */ action) => ctx.connection.send({ type: 'transport', action });
    ctx.store.subscribe((/** @type {string} */ what) => what === 'snapshot' && ctx === this.ctx && this.show());
    ctx.connection.subscribe(() => this.speak());
    ctx.connection.open();
  }

  /** The first picture is there, or a new one after the line was down. */
  show() {
    const { ctx } = this;
    ctx.lenses.describe(ctx.store.services);
    ctx.lens = ctx.lenses.first;
    this.counted = told(ctx);
    this.speak();
    if (this.stages) return;
    this.stages = new PageStages(/** @type {HTMLElement} */ (this.root.querySelector('.f-stages')), ctx, false);
    ctx.playhead.addView(this.stages);
    ctx.playhead.addView(this);
  }

  // -- what it does ------------------------------------------------------------------------------------------

  /** @param {string} text */
  async tell(text) {
    try {
      this.say('');
      await command(this.ctx, text);
    } catch (error) {
      this.say(this.ctx.actions.explain(error));
    }
  }

  /** @param {string} words */
  say(words) {
    this.problem = words;
    this.speak();
  }

  /** A line was drawn across a ring: the side with the first node is c1's. @param {string[][]} groups */
  part(groups) {
    const first = groups.find((group) => group.includes('n1')) ?? groups[0];
    for (const node of Object.keys(this.sides)) this.sides[node] = first.includes(node) ? 'A' : 'B';
    return this.cut();
  }

  cut() {
    const text = partition(this.sides);
    return text ? this.tell(text) : this.say(this.t('hand.one-side'));
  }

  /** The next requests, when their time has come. */
  ask() {
    const { store, connection } = this.ctx;
    if (!this.asking || !store.transport.playing || store.now < this.next || connection.state !== 'open') return;
    const nodes = store.viewAt(store.head)?.nodes;
    if (!nodes) return;
    const free = (/** @type {string} */ client) => this.ctx.lenses.names.filter((/** @type {string} */ name) => !nodes[client].services[this.ctx.lenses.of(name).client]?.state.pending);
    const commands = requests(this.asked, entries(this.sides, (id) => nodes[id]?.status === 'up'), free);
    this.asked++;
    this.next = store.now + PAUSE;
    for (const text of commands) connection.command(text).catch(() => {}); // it is asked again soon enough
  }

  // -- drawing -----------------------------------------------------------------------------------------------

  /** @param {import('../types.js').Shown} shown @param {any} changed */
  draw(shown, changed) {
    this.ask();
    if (Object.keys(changed).some((what) => what !== 'time')) this.speak(shown);
  }

  /** @param {import('../types.js').Shown} [shown] */
  speak(shown = this.ctx?.playhead.shown) {
    const made = Boolean(this.ctx);
    const there = made && shown?.view && this.ctx.store.room;
    render(html`${this.choices(made)}
      <p class="h-problem" role="alert">${this.problem}</p>
      ${made ? html`<div class="f-frame k-live"><div class="f-stages"></div></div>${there ? this.controls(shown) : nothing}
        <div class="f-facts">${there ? this.counted(shown) : this.i18n.t('home.connecting')}</div>` : nothing}`, this.root);
  }

  /** @param {boolean} made */
  choices(made) {
    const choose = (/** @type {string} */ key) => (/** @type {any} */ e) => {
      Object.assign(this.chosen, { [key]: e.target.type === 'checkbox' ? e.target.checked : e.target.value });
      this.speak();
    };
    const { strict, versions, sloppy } = this.chosen;
    return html`<form class="k-form" @submit=${(/** @type {Event} */ e) => { e.preventDefault(); this.begin(); }}>
      <label class="h-field">${this.t('hand.strict')}<select @change=${choose('strict')}>${['raft', 'zab'].map((name) => html`<option value=${name} .selected=${name === strict}>${this.i18n.t(`protocol.${name}`)}</option>`)}</select></label>
      <label class="h-field">${this.t('hand.versions')}<select @change=${choose('versions')}>${['vector-clock', 'last-write-wins'].map((name) => html`<option value=${name} .selected=${name === versions}>${this.t(`hand.${name}`)}</option>`)}</select></label>
      <label class="h-check"><input type="checkbox" .checked=${live(sloppy)} @change=${choose('sloppy')}> <span>${this.t('hand.sloppy')}</span></label>
      <button class="h-button ${made ? '' : 'primary'}" ?disabled=${this.busy}>${this.t(made ? 'hand.anew' : 'hand.begin')}</button></form>`;
  }

  /** @param {any} shown */
  controls({ view, playing }) {
    const broken = view.network.groups.length > 0;
    const { playhead } = this.ctx;
    return html`<div class="k-controls">
      <button type="button" class="f-play" aria-label=${this.i18n.t(playing ? 'player.pause' : 'player.play')} @click=${() => (playing ? playhead.pause() : playhead.play())}>
        <svg viewBox="0 0 20 20" class="icon" aria-hidden="true"><path class="solid" d=${playing ? 'M6 4.5h2.6v11H6zM11.4 4.5H14v11h-2.6z' : 'M6 4.2v11.6L15.5 10z'}></path></svg></button>
      <fieldset class="k-sides"><legend>${this.t('hand.sides')}</legend>${Object.entries(this.sides).map(([node, side]) => html`<button type="button" class="k-side ${side}" aria-label=${this.t('hand.side', { node, client: side === 'A' ? 'c1' : 'c2' })}
        @click=${() => this.move(node)}><b>${node}</b> ${side === 'A' ? 'c1' : 'c2'}</button>`)}</fieldset>
      <button type="button" class="h-button ${broken ? '' : 'primary'}" @click=${() => this.cut()}>${this.t(broken ? 'hand.recut' : 'hand.cut')}</button>
      <button type="button" class="h-button ${broken ? 'primary' : ''}" ?disabled=${!broken} @click=${() => this.tell('heal')}>${this.t('hand.heal')}</button>
      <label class="h-check"><input type="checkbox" .checked=${live(this.asking)} @change=${(/** @type {any} */ e) => (this.asking = e.target.checked)}> <span>${this.t('hand.asking')}</span></label>
      <a class="c-see" href=${this.url}>${this.t('hand.room')} <span aria-hidden="true">→</span></a></div>
      <p class="h-hint">${this.t('hand.touch')}</p>`;
  }

  /** To the other side. @param {string} node */
  move(node) {
    this.sides[node] = this.sides[node] === 'A' ? 'B' : 'A';
    this.speak();
  }
}

/** What drawing a line across a ring asks for. */
const parting = { id: 'network.partition', label: 'actions.partition', enabled: mayAct };
