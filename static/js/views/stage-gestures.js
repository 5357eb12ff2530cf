/** Pointers on the stage, mouse and touch alike: a tap, a double tap, a long press, a drag across the ring. */

const DOUBLE = 320;
const LONG = 480;
const DRAG = 14;

/**
 * @typedef {{kind: 'message'|'node'|'link'|'', id: any}} Target
 * @param {HTMLElement} root
 * @param {{find: (x: number, y: number, touch: boolean) => Target, tap: (t: Target, x: number, y: number) => void,
 *   double: (t: Target) => void, long: (t: Target, x: number, y: number) => void,
 *   knife: (a: {x: number, y: number}, b: {x: number, y: number}, done: boolean) => void,
 *   hover: (t: Target, x: number, y: number) => void, cancel: () => void}} on
 */
export function gestures(root, on) {
  /** @type {{x: number, y: number, target: Target, timer: any, dragging: boolean, spent: boolean, id: number}|null} */
  let press = null;
  let last = {time: 0, key: ''};
  /** @type {Target|null} */
  let pending = null;

  /** @param {PointerEvent} e */
  const point = e => {
    const box = root.getBoundingClientRect();
    return {x: e.clientX - box.left, y: e.clientY - box.top};
  };

  /** @param {PointerEvent} e */
  function down(e) {
    pending = null;
    if (e.button !== 0 || /** @type {Element} */ (e.target).closest('button, a, dialog, .menu, input, select')) return;
    const p = point(e);
    const target = on.find(p.x, p.y, e.pointerType !== 'mouse');
    const timer = setTimeout(hold, LONG);
    press = {...p, target, timer, dragging: false, spent: false, id: e.pointerId};
  }

  function hold() {
    if (!press || press.dragging || !press.target.kind) return;
    press.spent = true;
    on.long(press.target, press.x, press.y);
  }

  /** @param {PointerEvent} e */
  function move(e) {
    const p = point(e);
    if (!press) return e.pointerType === 'mouse' ? on.hover(on.find(p.x, p.y, false), p.x, p.y) : undefined;
    if (!press.dragging && Math.hypot(p.x - press.x, p.y - press.y) > DRAG && maySlice(press.target)) startDrag();
    if (press.dragging) on.knife(press, p, false);
  }

  function startDrag() {
    if (!press || press.spent) return;
    clearTimeout(press.timer);
    press.dragging = true;
    root.setPointerCapture(press.id);
  }

  /** @param {PointerEvent} e */
  function up(e) {
    if (!press) return;
    const {target, timer, dragging, spent} = press;
    const start = press;
    press = null;
    clearTimeout(timer);
    if (dragging) return on.knife(start, point(e), true);
    pending = spent ? null : target;
  }

  /** What a tap opens must not lie under the click that belongs to the same tap, so it is the click that counts.
   * @param {MouseEvent} e */
  function click(e) {
    const target = pending;
    pending = null;
    if (!target) return;
    const p = point(/** @type {any} */ (e));
    const key = `${target.kind}:${JSON.stringify(target.id)}`;
    const twice = key === last.key && e.timeStamp - last.time < DOUBLE && target.kind === 'node';
    last = {time: twice ? 0 : e.timeStamp, key};
    if (twice) on.double(target);
    else on.tap(target, p.x, p.y);
  }

  function cancel() {
    if (press) clearTimeout(press.timer);
    press = null;
    on.cancel();
  }

  root.addEventListener('pointerdown', down);
  root.addEventListener('pointermove', move);
  root.addEventListener('pointerup', up);
  root.addEventListener('click', click);
  root.addEventListener('pointercancel', cancel);
  root.addEventListener('pointerleave', e => { if (!press && e.pointerType === 'mouse') on.hover({kind: '', id: ''}, 0, 0); });
  root.addEventListener('contextmenu', e => {
    const p = point(/** @type {any} */ (e));
    const target = on.find(p.x, p.y, false);
    if (!target.kind) return;
    e.preventDefault();
    on.long(target, p.x, p.y);
  });
}

/** A knife starts on empty ground (or on a link, which is nearly empty). @param {Target} target */
function maySlice(target) {
  return target.kind === '' || target.kind === 'link';
}

/** Which names lie on which side of the line through two points. @param {Record<string, {x: number, y: number}>} nodes
 *  @param {{x: number, y: number}} a @param {{x: number, y: number}} b */
export function sides(nodes, a, b) {
  /** @type {[string[], string[]]} */
  const groups = [[], []];
  for (const [id, {x, y}] of Object.entries(nodes)) {
    const left = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) > 0;
    groups[left ? 0 : 1].push(id);
  }
  return groups;
}
