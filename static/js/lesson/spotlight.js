/** What a step is about stands out on the stage: the rest is dimmed. Words that are pointed at go before. */

/** @typedef {[kind: string, names: string[]][]} Objects */

export class Spotlight {
  /** @param {any} ctx @param {HTMLElement} root holds the stages */
  constructor(ctx, root) {
    this.ctx = ctx;
    this.root = root;
    this.everyFrame = true;
    /** @type {Objects} */ this.focus = [];
    /** @type {Objects|null} */ this.pointed = null;
    this.shown = '';
    this.count = 0;
    this.linked = false;
    /** @type {any} as the stage's canvas asks for it: the messages that stand out, or null for none */
    ctx.journey = {call: 0, play: false, messages: null, follow() {}, show() {}};
  }

  /** @param {Objects} objects */
  aim(objects) {
    this.focus = objects;
    this.pointed = null;
    this.ctx.playhead.changed({hover: true});
  }

  /** @param {Objects|null} objects */
  point(objects) {
    this.pointed = objects;
    this.ctx.playhead.changed({hover: true});
  }

  /** @param {import('../types.js').Shown} shown */
  draw(shown) {
    const objects = this.pointed ?? this.focus;
    const endpoints = new Set(objects.flatMap(([kind, names]) => (kind === 'node' || kind === 'client' ? names : [])));
    const types = new Set(objects.flatMap(([kind, names]) => (kind === 'message' ? names : [])));
    const links = objects.flatMap(([kind, names]) => (kind === 'link' ? names : []));
    const lit = new Set([...endpoints, ...links.flatMap(ends)]);
    this.light(lit);
    const flying = Object.values(shown.view?.messages ?? {});
    const found = flying.filter(m => types.has(m.type) || links.some(link => ends(link)[0] === m.src && ends(link)[1] === m.dst)).map(m => m.id);
    this.ctx.journey.messages = this.pointed && (types.size || links.length) ? new Set(found) : null;
    const [src, dst] = this.pointed && links.length ? ends(links[0]) : ['', ''];
    if (this.pointed || this.linked) for (const {stage} of this.ctx.stages.parts) stage.hovered = src && dst ? {src, dst} : null;
    this.linked = Boolean(src);
  }

  /** Which endpoints stand out; none: all look as always. @param {Set<string>} lit */
  light(lit) {
    const key = [...lit].join();
    const figures = this.root.querySelectorAll('[data-node], [data-label]');
    if (key === this.shown && this.count === figures.length) return;
    this.shown = key;
    this.count = figures.length;
    this.root.toggleAttribute('data-spot', lit.size > 0);
    for (const el of figures) {
      const {node, label} = /** @type {any} */ (el).dataset;
      el.toggleAttribute('data-lit', lit.has(node ?? label));
    }
  }
}

/** @param {string} link */
const ends = link => link.split('->').map(end => end.trim());
