/** A room's panel beside the stage, while a step asks for it. Its module is fetched when it is first wanted. */

/** @type {Record<string, () => Promise<(root: HTMLElement, ctx: any) => any>>} */
const MOUNTS = {
  node: () => import('../views/node.js').then(m => m.mountNode),
  logs: () => import('../views/logs.js').then(m => m.mountLogs),
  messages: () => import('../views/messages.js').then(m => m.mountMessages),
  code: () => import('../views/code.js').then(m => m.mountCode),
  laws: () => import('../views/laws.js').then(m => m.mountLaws),
  events: () => import('../views/events.js').then(m => m.mountEvents),
  history: () => import('../views/history.js').then(m => m.mountHistory),
  cost: () => import('../views/costs.js').then(m => m.mountCosts),
  znodes: () => import('./znodes.js').then(m => m.mountZnodes),
  shell: () => import('./typed.js').then(m => m.mountTyped),
};

/** They say what ZooKeeper's own panels say. */
const ZOOKEEPER = new Set(['shell']);

export class Panel {
  /** @param {HTMLElement} root @param {any} ctx */
  constructor(root, ctx) {
    this.root = root;
    this.ctx = ctx;
    /** @type {Map<string, HTMLElement>} */ this.boxes = new Map();
  }

  /** @param {string|null} name */
  async show(name) {
    const known = name && name in MOUNTS ? name : '';
    const {root, ctx} = this;
    root.hidden = !known;
    root.dataset.panel = known;
    document.body.classList.toggle('with-panel', Boolean(known));
    for (const [id, box] of this.boxes) box.hidden = id !== known;
    if (known && !this.boxes.has(known)) {
      const box = root.appendChild(document.createElement('div'));
      this.boxes.set(known, box);
      const [mount] = await Promise.all([MOUNTS[known](), ...(ZOOKEEPER.has(known) ? [ctx.i18n.more('zookeeper')] : [])]);
      ctx.playhead.addView(mount(box.appendChild(document.createElement('div')), ctx));
    }
    root.setAttribute('aria-label', known ? ctx.i18n.t(`stage.tab.${known}`) : '');
    ctx.playhead.changed({all: true, size: true});
  }
}
