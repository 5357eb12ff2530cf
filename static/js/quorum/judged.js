/** How far a figure of ours is from a published one: within the tolerance, only perhaps (the trials are too few to tell), or not. */

/** @typedef {{value: number, from: number, to: number}} Tail  with the interval that has the true value with 95 % confidence */

/** @param {Tail} tail @param {number} published @param {number} low @param {number} high the tolerance, as shares of the published figure */
export function judged({ value, from, to }, published, low, high) {
  const ours = value;
  // Published figures are rounded to a hundredth.
  const [least, most] = [published * (1 + low) - 0.005, published * (1 + high) + 0.005];
  const state = ours >= least && ours <= most ? 'good' : to >= least && from <= most ? 'chance' : 'bad';
  return { ours, from, to, error: published ? ours / published - 1 : null, state: /** @type {'good'|'chance'|'bad'} */ (state) };
}
