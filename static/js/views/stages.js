/**
 * The stages of a room: one, or two beside each other that show two services of the same machines, in the same places,
 * at the same moment. Each has its caption. Touching one puts it in focus: menus and panels speak of it.
 */

import {serviceName} from '../core/words.js';
import {mountCaption} from './caption.js';
import {h, text} from './dom.js';
import {mountStage} from './stage.js';

/** @typedef {import('../types.js').Shown} Shown */

/** One service on show. */
class Part {
  /** @param {HTMLElement} root @param {any} ctx @param {string} service */
  constructor(root, ctx, service) {
    this.service = service;
    const own = Object.create(ctx, {lens: {get: () => ctx.lenses.of(service)}});
    this.ctx = own;
    this.name = h('h2', {class: 'stage-name'});
    const stage = h('div', {class: 'stage'});
    const caption = h('div', {class: 'caption'});
    this.box = h('section', {class: 'stage-box', 'data-service': service}, [stage, this.name, caption]);
    root.append(this.box);
    const focus = () => ctx.showing.focus(service);
    this.box.addEventListener('pointerdown', focus, true);
    this.box.addEventListener('focusin', focus);
    this.stage = mountStage(stage, own);
    this.caption = mountCaption(caption, own);
  }

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    const {lens} = Object.getPrototypeOf(this.ctx);
    text(this.name, serviceName(this.ctx, this.service));
    this.box.classList.toggle('focus', lens.service === this.service);
    this.stage.draw(shown, changed);
    this.caption.draw(shown, changed);
  }

  remove() {
    this.stage.remove();
    this.box.remove();
  }
}

class Stages {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    this.everyFrame = true;
    /** @type {Part[]} */ this.parts = [];
  }

  /** @param {Shown} shown @param {any} changed */
  draw(shown, changed) {
    const {names} = this.ctx.showing;
    const cast = names.join() !== this.parts.map(part => part.service).join();
    if (cast) this.cast(names);
    const what = cast ? {...changed, all: true, size: true} : changed;
    for (const part of this.parts) part.draw(shown, what);
  }

  /** Who stays keeps its stage. @param {string[]} names */
  cast(names) {
    const known = new Map(this.parts.map(part => [part.service, part]));
    for (const part of this.parts) if (!names.includes(part.service)) part.remove();
    this.parts = names.map(name => known.get(name) ?? new Part(this.root, this.ctx, name));
    for (const part of this.parts) this.root.insertBefore(part.box, null);
  }

  /** Where something is, for a menu opened by key. @param {string} kind @param {any} id */
  where(kind, id) {
    const part = this.parts.find(p => p.service === this.ctx.lens.service) ?? this.parts[0];
    return part.stage.where(kind, id);
  }
}

/** @param {HTMLElement} root @param {any} ctx */
export function mountStages(root, ctx) {
  return new Stages(root, ctx);
}
