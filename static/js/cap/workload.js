/** What the clients ask, the same of both stores: pure functions of how many requests have gone before, and of who is where. */

/** Each writes, and the other reads it. */
const TURNS = [['c1', 'put'], ['c2', 'get'], ['c2', 'put'], ['c1', 'get']];

/**
 * The next request; a store whose client still waits is not asked anew.
 * @param {number} number from 0 @param {Record<string, string>} entry the node that each client turns to @param {(client: string) => string[]} free
 *  the stores that this client has no open request with @returns {string[]} commands
 */
export function requests(number, entry, free) {
  const [client, op] = TURNS[number % TURNS.length];
  const what = op === 'put' ? `put x ${Math.floor(number / 2) + 1}` : 'get x';
  return free(client).map((store) => `request ${client} ${what} at ${entry[client]} on ${store}`);
}

/** The command that parts the nodes, each client on its side; '' when one side has nobody. @param {Record<string, string>} sides node -> 'A' or 'B' */
export function partition(sides) {
  const [a, b] = ['A', 'B'].map((side) => Object.keys(sides).filter((node) => sides[node] === side));
  return a.length && b.length ? `partition ${a.join(' ')} c1 | ${b.join(' ')} c2` : '';
}

/** Whom each client turns to: a node of its side that is up, never the first where there is another (who leads is found by asking).
 * @param {Record<string, string>} sides @param {(node: string) => boolean} up */
export function entries(sides, up) {
  const of = (/** @type {string} */ side) => {
    const own = Object.keys(sides).filter((node) => sides[node] === side);
    const there = own.filter(up);
    return there[1] ?? there[0] ?? own[0] ?? Object.keys(sides)[0];
  };
  return { c1: of('A'), c2: of('B') };
}

/** The room: two stores on five machines. @param {{strict: string, versions: string, sloppy: boolean}} chosen */
export function cluster({ strict, versions, sloppy }) {
  return {
    services: [strict, 'quorum'], nodes: 5, clients: 2, seed: 11, speed: 0.05,
    options: { client: { timeout: '150ms' }, quorum: { sloppy, versions, antiEntropy: '200ms' } },
  };
}
