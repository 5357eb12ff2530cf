/**
 * The registry of everything a person can do. One object serves the button, the key, the menu entry and the help
 * sheet: {id, label, shortcut?, enabled(ctx, target) -> true | reason key, run(ctx, target)}.
 */

/**
 * @typedef {{id: string, label: string, shortcut?: string, keys?: string[], group?: string,
 *   enabled: (ctx: any, target?: any) => true|string, run: (ctx: any, target?: any) => any}} Action
 */

export class Actions {
  /** @param {any} ctx @param {Action[]} list */
  constructor(ctx, list) {
    this.ctx = ctx;
    /** @type {Map<string, Action>} */
    this.byId = new Map(list.map(a => [a.id, a]));
    /** Told about refusals: (sentence) => void. @type {(text: string) => void} */
    this.notice = () => {};
  }

  list() { return [...this.byId.values()]; }

  /** @param {string} id */
  get(id) { return this.byId.get(id); }

  /** @param {Action} action */
  add(action) { this.byId.set(action.id, action); }

  /** True, or the key of the reason why it would change nothing now. @param {string} id @param {any} [target] */
  enabled(id, target) {
    return this.get(id)?.enabled(this.ctx, target) ?? 'actions.why.unknown';
  }

  /** @param {string} id @param {any} [target] */
  async run(id, target) {
    const action = this.get(id);
    if (!action) return;
    const may = action.enabled(this.ctx, target);
    if (may !== true) return this.notice(this.ctx.i18n.t(may));
    try {
      return await action.run(this.ctx, target);
    } catch (error) {
      this.notice(this.explain(error));
    }
  }

  /** What a refusal says, in the viewer's language where the catalogue has it. @param {any} error */
  explain(error) {
    const {i18n} = this.ctx;
    if (!error?.code) throw error;
    const key = error.code === 'offline' ? 'actions.why.offline' : `errors.${error.code}`;
    return i18n.has(key) ? i18n.t(key, error.params) : error.message;
  }

  /** The action of a key press, by its name ("ArrowLeft", "Shift+ArrowLeft", "c"). @param {KeyboardEvent} event */
  forKey(event) {
    const name = (event.shiftKey && event.key.length > 1 ? 'Shift+' : '') + event.key;
    return this.list().find(a => a.keys?.includes(name));
  }
}
