/**
 * Panels cost nothing while nobody sees them. `whileVisible` wraps a draw function: it is called only while
 * the root is on screen, and at most ten times a second while the world plays (a person cannot read faster;
 * stepping and scrubbing are always drawn at once).
 */

/** @typedef {import('../types.js').Shown} Shown */

const CALM = 100;

/**
 * @param {Element} root
 * @param {(shown: Shown) => void} draw
 * @returns {(shown: Shown) => void}
 */
export function whileVisible(root, draw) {
  let visible = false;
  let drawnAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let later;
  /** @type {Shown|undefined} */
  let last;

  const now = () => {
    clearTimeout(later);
    later = undefined;
    drawnAt = performance.now();
    if (last) draw(last);
  };
  const wanted = () => {
    if (!visible || !last) return;
    const wait = last.playing ? drawnAt + CALM - performance.now() : 0;
    if (wait <= 0) now();
    else later ??= setTimeout(() => visible && now(), wait);
  };
  new IntersectionObserver((entries) => {
    visible = entries[entries.length - 1].isIntersecting;
    wanted();
  }).observe(root);
  return (shown) => {
    last = shown;
    wanted();
  };
}
