/** The stages of a run on a page: one for each of its services, side by side, each under its name if there are several. */

import { serviceName } from '../core/words.js';
import { h, text } from '../views/dom.js';
import { mountStage } from '../views/stage.js';

export class PageStages {
  /** @param {HTMLElement} root @param {any} ctx @param {boolean} inert whether it is only looked at */
  constructor(root, ctx, inert) {
    this.ctx = ctx;
    this.everyFrame = true;
    this.parts = ctx.lenses.names.map((/** @type {string} */ service) => {
      const own = Object.create(ctx, { lens: { get: () => ctx.lenses.of(service) } });
      const stage = h('div', { class: 'f-stage stage', inert });
      const name = h('h3', { class: 'f-name' });
      const box = h('section', { class: 'f-box', 'data-service': service }, ctx.lenses.names.length > 1 ? [name, stage] : [stage]);
      root.append(box);
      return { service, name, box, stage: mountStage(stage, own) };
    });
  }

  /** @param {import('../types.js').Shown} shown @param {any} changed */
  draw(shown, changed) {
    for (const { service, name, stage } of this.parts) {
      text(name, serviceName(this.ctx, service));
      stage.draw(shown, changed);
    }
  }

  remove() {
    for (const { box, stage } of this.parts) {
      stage.remove();
      box.remove();
    }
  }
}
