/** What the person is looking at: a node, a message, an event, a tab. Views read it and redraw when it changes. */
export class Selection {
  constructor() {
    /** @type {{node: string, message: number, event: number, tab: string}} */
    this.value = {node: '', message: 0, event: 0, tab: ''};
    /** @type {Set<(value: any) => void>} */
    this.listeners = new Set();
  }

  get() { return this.value; }

  /** @param {Partial<{node: string, message: number, event: number, tab: string}>} change */
  set(change) {
    const next = {...this.value, ...change};
    const same = Object.keys(next).every(k => /** @type {any} */ (next)[k] === /** @type {any} */ (this.value)[k]);
    if (same) return;
    this.value = next;
    for (const fn of this.listeners) fn(next);
  }

  /** @param {(value: any) => void} fn */
  subscribe(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }
}
