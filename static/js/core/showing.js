/**
 * Which of a room's services the stages show: one, or two side by side. The panels speak of the one in focus
 * (`ctx.lens`). The address says it (`?show=2pc,3pc`), so that a link shows the same.
 */

const MOST = 2;

export class Showing {
  /** @param {any} ctx */
  constructor(ctx) {
    this.ctx = ctx;
    /** @type {string[]} */
    this.names = new URLSearchParams(location.search).get('show')?.split(',') ?? [];
  }

  get pair() { return this.names.length > 1; }

  /** What the room runs is known, perhaps anew: what is shown stays shown as far as it exists. */
  settle() {
    const {lenses} = this.ctx;
    const known = [...new Set(this.names)].filter(name => lenses.made.has(name)).slice(0, MOST);
    this.names = known.length ? known : lenses.names.slice(0, 1);
    this.aim(this.names.includes(this.ctx.lens.service) ? this.ctx.lens.service : this.names[0]);
    document.body.classList.toggle('several', lenses.names.length > 1);
    document.body.classList.toggle('pair', this.pair);
  }

  /** The panels speak of this service from now on. @param {string} service */
  aim(service) {
    this.ctx.lens = this.ctx.lenses.of(service);
  }

  /** @param {string} service */
  focus(service) {
    if (this.ctx.lens.service === service) return;
    this.aim(service);
    this.ctx.playhead.changed({all: true});
  }

  /** Shows a service; of two, it takes the place of the one in focus. @param {string} service */
  choose(service) {
    const {lens} = this.ctx;
    if (!this.names.includes(service)) this.names = this.names.map(name => (name === lens.service ? service : name));
    this.aim(service);
    this.changed();
  }

  /** One beside another, or one alone again. */
  toggle() {
    const {lens, lenses, page} = this.ctx;
    const others = lenses.names.filter((/** @type {string} */ name) => name !== lens.service);
    const chosen = this.pair ? [lens.service] : [lens.service, ...others.slice(0, 1)];
    this.names = lenses.names.filter((/** @type {string} */ name) => chosen.includes(name));
    page.togglePanel(false); // two stages want the room; the panel is a key away
    this.changed();
  }

  changed() {
    document.body.classList.toggle('pair', this.pair);
    const url = new URL(location.href);
    url.searchParams.set('show', this.names.join());
    history.replaceState(null, '', `${url.pathname}${url.search.replaceAll('%2C', ',')}${url.hash}`);
    this.ctx.playhead.changed({all: true, size: true});
  }
}
