/** Pointer, wheel and keys on the space-time diagram, told apart: scrub, pan, zoom, pinch, hover, click. */

/** @typedef {{zoom: (factor: number, x?: number) => void, pan: (pixels: number) => void, refollow: () => void,
 *   onPlayhead: (x: number) => boolean, scrub: (x: number) => void, click: (x: number, y: number) => void,
 *   hover: (x: number, y: number) => void, leave: () => void}} Target */

const SLACK = 4;
/** What a press becomes once it moves. @type {Record<string, string>} */
const MOVED = { press: 'pan', scrub: 'scrubbing' };

export class Gestures {
  /** @param {HTMLElement} element @param {Target} target */
  constructor(element, target) {
    this.element = element;
    this.target = target;
    /** @type {Map<number, {x: number, y: number}>} */
    this.down = new Map();
    this.mode = '';
    this.startX = 0;
    element.addEventListener('pointerdown', (e) => this.press(e));
    element.addEventListener('pointermove', (e) => this.move(e));
    element.addEventListener('pointerup', (e) => this.lift(e));
    element.addEventListener('pointercancel', (e) => this.end(e));
    element.addEventListener('pointerleave', () => target.leave());
    element.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
    element.addEventListener('keydown', (e) => this.key(e));
  }

  /** @param {MouseEvent} e */
  at(e) {
    const box = this.element.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  }

  /** @param {PointerEvent} e */
  press(e) {
    if (e.button) return;
    this.element.setPointerCapture(e.pointerId);
    const at = this.at(e);
    this.down.set(e.pointerId, at);
    this.startX = at.x;
    this.mode = this.down.size > 1 ? 'pinch' : this.target.onPlayhead(at.x) ? 'scrub' : 'press';
  }

  /** @param {PointerEvent} e */
  move(e) {
    const at = this.at(e);
    const before = this.down.get(e.pointerId);
    if (!before) return this.target.hover(at.x, at.y);
    if (Math.abs(at.x - this.startX) > SLACK) this.mode = MOVED[this.mode] ?? this.mode;
    if (this.mode === 'pinch') this.pinch(e.pointerId, at);
    else if (this.mode === 'scrubbing') this.target.scrub(at.x);
    else if (this.mode === 'pan') this.target.pan(before.x - at.x);
    this.down.set(e.pointerId, at);
  }

  /** @param {number} id @param {{x: number, y: number}} at */
  pinch(id, at) {
    const other = [...this.down].find(([key]) => key !== id)?.[1];
    const before = this.down.get(id);
    if (!other || !before) return;
    const was = Math.max(10, Math.abs(before.x - other.x));
    this.target.zoom(was / Math.max(10, Math.abs(at.x - other.x)), (at.x + other.x) / 2);
  }

  /** @param {PointerEvent} e */
  lift(e) {
    const at = this.at(e);
    if (this.mode in MOVED) this.target.click(at.x, at.y);
    this.end(e);
  }

  /** @param {PointerEvent} e */
  end(e) {
    this.down.delete(e.pointerId);
    this.mode = '';
  }

  /** @param {WheelEvent} e */
  wheel(e) {
    e.preventDefault();
    const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY);
    if (e.shiftKey || sideways) this.target.pan(sideways ? e.deltaX : e.deltaY);
    else this.target.zoom(Math.exp(e.deltaY * (e.ctrlKey ? 0.01 : 0.0022)), this.at(e).x);
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    const width = this.element.clientWidth;
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => this.target.zoom(0.7), '=': () => this.target.zoom(0.7), '-': () => this.target.zoom(1 / 0.7),
      '[': () => this.target.pan(-width / 6), ']': () => this.target.pan(width / 6), '0': () => this.target.refollow(),
    };
    if (!keys[e.key] || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    e.stopPropagation();
    keys[e.key]();
  }
}
