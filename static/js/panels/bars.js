/** Operations as bars, a lane a client: where each lies, from the history and the moment shown. */

/** @typedef {{process: string, command: {op: string, key?: string, value?: string}, called: number, returned: number|null,
 *   result?: string|null, begun: number|null, ended: number|null}} Operation */
/** @typedef {{number: number, operation: Operation, lane: number, from: number, to: number, open: boolean}} Bar */

/** So many of the latest operations are drawn. */
const MOST = 18;

/**
 * What had been called by event `seq`; nothing that happened later is known.
 * @param {Operation[]} history @param {number} seq
 * @returns {number[]} numbers in the history
 */
export function calledBy(history, seq) {
  return history.flatMap((operation, number) => (operation.called <= seq ? [number] : []));
}

/** @param {Operation} o @param {number} seq */
export const isOpen = (o, seq) => o.returned === null || o.returned === undefined || o.returned > seq;

/**
 * @param {Operation[]} history @param {{seq: number, time: number}} shown @param {number[]} also numbers to draw in any case
 * @returns {{lanes: string[], bars: Bar[], from: number, to: number}} times in virtual microseconds
 */
export function layOut(history, shown, also = []) {
  const called = calledBy(history, shown.seq);
  const chosen = new Set([...called.slice(-MOST), ...also.filter((number) => called.includes(number))]);
  const lanes = [...new Set(history.map((o) => o.process))].sort();
  const bars = [...chosen].sort((a, b) => a - b).map((number) => {
    const operation = history[number];
    const open = isOpen(operation, shown.seq);
    return { number, operation, lane: lanes.indexOf(operation.process), from: operation.begun ?? 0,
      to: open ? shown.time : operation.ended ?? shown.time, open };
  });
  const from = Math.min(...bars.map((bar) => bar.from), shown.time);
  return { lanes, bars, from, to: Math.max(...bars.map((bar) => bar.to), from + 1) };
}
