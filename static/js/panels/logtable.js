/** What the table of logs shows, without drawing it. */

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {import('../types.js').Cell} Cell */
/** @typedef {{name: string, status: string, role: string, era: number, cells: Cell[], match: number|null,
 *   next: number|null, reach: number}} LogRow reach: the last index that anything is drawn at */

/**
 * @param {View} view @param {string[]} names @param {Lens} lens
 * @returns {LogRow[]} a row for each endpoint that keeps a log
 */
export function logRows(view, names, lens) {
  const servers = names.filter((name) => !view.nodes[name].client).map((name) => ({ name, state: stateOf(view, name) }));
  const leader = reigning(view, servers, lens);
  return servers.map(({ name, state }) => {
    const cells = lens.log(state);
    const match = leader && leader.name !== name ? leader.state.matchIndex?.[name] ?? null : null;
    const next = leader && leader.name !== name ? leader.state.nextIndex?.[name] ?? null : null;
    const reach = Math.max(cells.length ? cells[cells.length - 1].index : 0, match ?? 0, next ?? 0);
    const status = view.nodes[name].status;
    return { name, status, role: status === 'crashed' ? 'crashed' : lens.roleName(state), era: lens.era(state), cells, match, next, reach };
  });
}

/** @param {View} view @param {string} name */
const stateOf = (view, name) => Object.values(view.nodes[name].services)[0]?.state ?? {};

/** The leader that counts: up, and of the latest term. @param {View} view
 * @param {{name: string, state: any}[]} servers @param {Lens} lens */
function reigning(view, servers, lens) {
  const leaders = servers.filter(({ name, state }) => view.nodes[name].status !== 'crashed' && lens.role(state) === 'leader');
  return leaders.sort((a, b) => lens.era(b.state) - lens.era(a.state))[0];
}

/**
 * The first index of any log, and how many columns reach from there to the last thing drawn.
 * @param {LogRow[]} rows @returns {{from: number, columns: number}}
 */
export function tableSize(rows) {
  const starts = rows.flatMap((row) => row.cells.slice(0, 1).map((cell) => cell.index));
  const from = Math.min(...(starts.length ? starts : [1]));
  return { from, columns: Math.max(from, ...rows.map((row) => row.reach)) - from + 1 };
}

/**
 * Which columns to make: those in view and a few on either side.
 * @param {number} left how far it is scrolled @param {number} width of what is in view
 * @param {number} column width of a column @param {number} count
 * @returns {[first: number, last: number]} from 0, both included
 */
export function columnsInView(left, width, column, count) {
  const last = Math.max(0, count - 1);
  const from = Math.min(last, Math.max(0, Math.floor(left / column) - 3));
  return [from, Math.min(last, Math.ceil((left + width) / column) + 3)];
}
