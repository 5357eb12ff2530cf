/** The diagram's time axis: which stretch of time is in view, zooming about a point, and where the ticks stand. */

const SHORTEST = 2_000;
const LONGEST = 60_000_000;

export class TimeScale {
  /** @param {number} [span] virtual microseconds in view */
  constructor(span = 1_000_000) {
    this.from = 0;
    this.span = span;
    this.left = 0;
    this.width = 1;
  }

  get to() {
    return this.from + this.span;
  }

  /** @param {number} left @param {number} width in pixels */
  fit(left, width) {
    this.left = left;
    this.width = Math.max(1, width);
  }

  /** @param {number} time */
  x(time) {
    return this.left + ((time - this.from) / this.span) * this.width;
  }

  /** @param {number} x */
  time(x) {
    return this.from + ((x - this.left) / this.width) * this.span;
  }

  /** @param {number} factor below 1 shows more closely @param {number} x stays where it is */
  zoom(factor, x) {
    const at = this.time(x);
    this.span = Math.min(LONGEST, Math.max(SHORTEST, this.span * factor));
    this.from = at - ((x - this.left) / this.width) * this.span;
  }

  /** @param {number} pixels */
  pan(pixels) {
    this.from += (pixels / this.width) * this.span;
  }

  /** Keeps it between the beginning and a little beyond the end. @param {number} oldest @param {number} now */
  confine(oldest, now) {
    const latest = Math.max(oldest, now - this.span * 0.3);
    this.from = Math.min(Math.max(this.from, oldest), latest);
  }

  /** Scrolls so that a moment is in view; one that runs ahead stays at four fifths. @param {number} time */
  follow(time) {
    const edge = this.from + this.span * 0.8;
    if (time > edge && time < this.to + this.span * 0.2) this.from = time - this.span * 0.8;
    else if (time > this.to || time < this.from) this.from = time - this.span * 0.5;
  }

  /** @param {number} [apart] pixels between ticks, at least @returns {number[]} round times in view */
  ticks(apart = 90) {
    const step = roundUp((this.span / this.width) * apart);
    const ticks = [];
    for (let t = Math.ceil(this.from / step) * step; t <= this.to; t += step) if (t >= 0) ticks.push(t);
    return ticks;
  }
}

/** The next of 1, 2, 5, 10, 20, 50 … @param {number} value */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((k) => k * power).find((step) => step >= value) ?? 10 * power;
}

/** A tick's text, no longer than it needs to be. @param {number} time @param {number} step */
export function tickText(time, step) {
  if (step >= 1_000_000) return `${Math.round(time / 1e6)} s`;
  return step >= 10_000 ? `${(time / 1e6).toFixed(step >= 100_000 ? 1 : 2)} s` : `${(time / 1000).toFixed(step >= 1000 ? 0 : 2)} ms`;
}
