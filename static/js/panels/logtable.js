/** What the table of logs shows, without drawing it. */

/** @typedef {import('../types.js').View} View */
/** @typedef {import('../types.js').Lens} Lens */
/** @typedef {import('../types.js').Cell} Cell */
/** @typedef {import('../types.js').LogMark} LogMark */
/** @typedef {{name: string, status: string, state: any, cells: Cell[], marks: LogMark[],
 *   reach: number}} LogRow reach: the last index that anything is drawn at */

/**
 * @param {View} view @param {string[]} names @param {Lens} lens
 * @returns {LogRow[]} a row for each endpoint that keeps a log
 */
export function logRows(view, names, lens) {
  const servers = names.filter((name) => view.nodes[name].services[lens.service]).map((name) => ({ name, state: view.nodes[name].services[lens.service].state }));
  const leader = reigning(view, servers, lens);
  return servers.flatMap(({ name, state }) => {
    const cells = lens.log(state);
    if (!cells) return [];
    const marks = leader && leader.name !== name ? lens.marks(leader.state, name) : [];
    const reach = Math.max(cells.length ? cells[cells.length - 1].index : 0, ...marks.map((mark) => mark.index));
    return [{ name, status: view.nodes[name].status, state, cells, marks, reach }];
  });
}

/** The leader that counts: up, and of the latest era. @param {View} view
 * @param {{name: string, state: any}[]} servers @param {Lens} lens */
function reigning(view, servers, lens) {
  const leaders = servers.filter(({ name, state }) => view.nodes[name].status !== 'crashed' && lens.standing(state) === 'leads');
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
