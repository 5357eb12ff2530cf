/**
 * The live clock: shows virtual time a little behind the server's, at an even pace. The server's `now` arrives
 * in lumps, early and late; the clock follows their trend, never steps backwards, and never passes what is known.
 */

/** So far behind the server's now, in wall ms: room for two late batches. */
export const LAG = 150;
const JUMP = 1500;
const SETTLE = 300;
const GLIDE = 140;

export class LiveClock {
  constructor() {
    this.anchor = {now: 0, wall: 0};
    this.rate = 0;
    this.playing = false;
  }

  /** Where the server's clock should be at wall time `wall` (ms). @param {number} wall */
  estimate(wall) {
    return this.playing ? this.anchor.now + (wall - this.anchor.wall) * this.rate : this.anchor.now;
  }

  /** The server said something. @param {number} now @param {number} wall @param {boolean} playing @param {number} speed */
  observe(now, wall, playing, speed) {
    const predicted = this.estimate(wall);
    const rate = speed * 1000;
    const known = this.playing && playing && rate === this.rate;
    const error = now - predicted;
    if (!known || Math.abs(error) > JUMP * rate) this.anchor = {now, wall};
    else this.anchor = {now: predicted + error * (error > 0 ? 0.5 : 0.1), wall};
    this.rate = rate;
    this.playing = playing;
  }

  /** Shown time after another `dt` ms; `known` is the time up to which we hold events.
   * @param {number} shown @param {number} wall @param {number} dt @param {number} known */
  advance(shown, wall, dt, known) {
    const target = this.playing ? Math.min(this.estimate(wall) - LAG * this.rate, known) : known;
    const gap = target - shown;
    if (gap > JUMP * this.rate && this.playing) return target;
    const step = this.playing ? this.evenStep(gap, dt) : Math.max(dt * this.rate, gap * Math.min(1, dt / GLIDE));
    return Math.max(shown, Math.min(shown + step, known));
  }

  /** Nearly `dt` at the server's pace, a little more or less to come nearer to the target.
   * @param {number} gap @param {number} dt */
  evenStep(gap, dt) {
    const even = dt * this.rate;
    return Math.max(0.2 * even, even + (gap - even) * Math.min(1, dt / SETTLE));
  }
}
