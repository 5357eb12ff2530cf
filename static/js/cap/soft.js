/** Soft state: what the available store holds at a moment, of which no client has been told. A function of the view. */

/** @typedef {import('../types.js').View} View */
/** @typedef {{node: string, values: string[], stamps: string, hints: string[], up: boolean}} Copy `hints`: for whom it is kept */

/** The copies of a key, in the order of the ring. @param {View} view @param {string} service @param {string} key @returns {Copy[]} */
export function copies(view, service, key) {
  return Object.entries(view.nodes).flatMap(([node, { status, services }]) => {
    const state = services[service]?.state;
    const versions = state?.store?.[key];
    if (!versions?.length) return [];
    const hints = (state.hints ?? []).filter((/** @type {any} */ h) => h.key === key).map((/** @type {any} */ h) => h.home);
    return [{ node, values: versions.map((/** @type {any} */ v) => v.value), stamps: stampsOf(versions), hints, up: status === 'up' }];
  });
}

/** Which writes these are, whatever their order. @param {any[]} versions */
const stampsOf = (versions) => versions.map((v) => `${v.stamp.node}.${v.stamp.counter}`).sort().join(' ');

/** How many different states the copies are in, how many wait to be brought home, and the siblings that somebody must merge.
 * @param {Copy[]} all */
export function unrest(all) {
  return {
    states: new Set(all.map((c) => c.stamps)).size,
    hints: all.reduce((sum, c) => sum + c.hints.length, 0),
    siblings: [...new Set(all.filter((c) => c.values.length > 1).flatMap((c) => c.values))],
  };
}
