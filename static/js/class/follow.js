/**
 * Following the lead: its playhead, its lens. The lead's page tells where it is; the others go there, unless they
 * explore. What runs live needs no telling: everybody sees the same room.
 */

const OFTEN = 80; // milliseconds between two tellings while the lead drags

/** The lead's page tells where it is. */
export class Guide {
  /** @param {any} ctx @param {import('./line.js').ClassLine} line @param {() => string} step of the lesson */
  constructor(ctx, line, step) {
    this.ctx = ctx;
    this.line = line;
    this.step = step;
    this.everyFrame = true;
    this.said = '';
    this.timer = 0;
    this.at = 0;
    line.subscribe((state) => {
      this.said = '';
      if (state === 'open') this.draw();
    });
    ctx.playhead.addView(this);
  }

  draw() {
    if (this.ctx.store.isPrivate || this.line.state !== 'open') return; // what the lead tries alone is not for the class
    const place = this.place();
    const key = JSON.stringify(place.live ? { ...place, seq: 0, time: 0 } : place.playing ? { ...place, seq: 0, time: 0 } : place);
    if (key === this.said || this.timer) return;
    const wait = this.at + OFTEN - performance.now();
    if (wait > 0) {
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.draw();
      }, wait);
      return;
    }
    this.said = key;
    this.at = performance.now();
    this.line.say('place', place).catch(() => { this.said = ''; });
  }

  place() {
    const { playhead, store, showing } = this.ctx;
    const { seq, time, live } = playhead.shown;
    const there = playhead.pin === null ? { seq, time } : { seq: playhead.pin, time: store.viewAt(playhead.pin)?.time ?? time };
    return { branch: store.branch, ...there, live, playing: !live && playhead.playing, speed: playhead.speed,
      direction: playhead.direction, services: showing.names, step: this.step() };
  }
}

/** A lead's page that is loaded again goes on where the class is. @param {any} ctx @param {any} place @param {any} course */
export async function resume(ctx, place, course) {
  if (!place || place.branch !== ctx.store.branch) return;
  if (course) course.current = place.step;
  if (!place.live) await ctx.playhead.seek({ seq: place.seq });
}

/** Everybody else goes where the lead is, or explores and comes back. */
export class Follower {
  /** @param {any} ctx @param {import('./line.js').ClassLine} line @param {() => void} changed */
  constructor(ctx, line, changed) {
    this.ctx = ctx;
    this.line = line;
    this.model = line.model;
    this.changed = changed;
    /** A page that is loaded again may still be in its private branch. */
    this.exploring = ctx.store.isPrivate;
    /** The server knows that we explore. */
    this.told = this.exploring;
    this.driving = false;
    /** @type {any} where to go as soon as it is known here */
    this.pending = null;
    this.model.subscribe((what) => this.hear(what));
    ctx.store.subscribe((/** @type {string} */ what) => {
      if (this.pending && (what === 'snapshot' || what === 'events' || what === 'history')) this.go();
    });
    this.goTo(this.model.place);
  }

  /** @param {string} what */
  hear(what) {
    if (what === 'place' && !this.exploring && !this.model.drives) this.goTo(this.model.place);
    if (what === 'you' && this.exploring && this.told && this.model.you.follows) this.back(false);
    if (what !== 'class') return;
    if (this.model.drives) this.takeControls();
    else if (this.driving) this.back();
  }

  /** Whoever has the controls stands where the cluster is, not where the lead looks. */
  takeControls() {
    this.pending = null;
    if (this.exploring) this.back(false);
    if (!this.ctx.playhead.following && !this.driving) this.ctx.playhead.follow();
    this.driving = true;
  }

  /** A private branch of this very moment. */
  async explore() {
    if (this.exploring) return;
    this.stray();
    await this.ctx.actions.run('branch.fork');
  }

  /** Looking at another moment is exploring too. */
  stray() {
    if (this.exploring || this.model.role !== 'student') return;
    this.exploring = true;
    this.told = false;
    this.pending = null;
    this.line.say('follow', { on: false }).then(() => { this.told = true; }, () => { this.told = true; });
    this.changed();
  }

  /** @param {boolean} [say] false when the lead has called */
  async back(say = true) {
    this.exploring = false;
    this.driving = false;
    const { ctx } = this;
    if (say) this.line.say('follow', { on: true }).catch(() => {});
    this.changed();
    if (ctx.store.isPrivate) await ctx.connection.send({ type: 'return' }).catch(() => {});
    this.goTo(this.model.place);
  }

  /** @param {any} place */
  goTo(place) {
    this.pending = place;
    if (place) this.show(place.services);
    else if (!this.ctx.playhead.following) this.ctx.playhead.follow();
    this.go();
  }

  /** @param {string[]} names */
  show(names) {
    const { showing, lenses } = this.ctx;
    const known = names.filter((name) => lenses.made.has(name));
    if (!known.length || known.join() === showing.names.join()) return;
    showing.names = known;
    showing.aim(known[0]);
    showing.changed();
  }

  /** There, as far as the room has told us of it by now. */
  go() {
    const place = this.pending;
    const { store, playhead } = this.ctx;
    if (!place || store.isPrivate || place.branch !== store.branch || (!place.live && place.seq > store.head)) return;
    this.pending = null;
    if (place.live) {
      if (!playhead.following) playhead.follow();
    } else if (place.playing) this.run(place);
    else this.stand(place);
  }

  /** The lead plays the past. @param {any} place */
  async run(place) {
    const { playhead } = this.ctx;
    await playhead.seek({ time: place.time });
    if (this.pending || this.exploring) return;
    playhead.leave();
    playhead.localSpeed = place.speed;
    await new Promise(requestAnimationFrame); // until that is shown, there is nothing ahead to play
    if (!this.pending && !this.exploring) playhead.play(place.direction);
  }

  /** @param {any} place */
  async stand(place) {
    const { playhead, store } = this.ctx;
    if (!store.viewAt(place.seq)) await store.ensure(place.seq);
    if (this.pending || this.exploring) return;
    if (store.viewAt(place.seq)?.time === place.time) playhead.seek({ seq: place.seq, glide: true });
    else playhead.seek({ time: place.time });
  }
}
