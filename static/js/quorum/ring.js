/** Which nodes hold a key: as protocols/quorum/ring.py has it. */

/** FNV-1a. @param {string} key */
export function hash32(key) {
  let found = 2166136261;
  for (const byte of new TextEncoder().encode(key)) found = Math.imul(found ^ byte, 16777619) >>> 0;
  return found;
}

/** Key after key that lives on the same nodes as the others: the first of `members` is home to all. @param {string} stem @param {number} count
 * @param {number} members */
export function keysAtFirst(stem, count, members) {
  const found = [];
  for (let i = 1; found.length < count; i++) if (hash32(`${stem}${i}`) % members === 0) found.push(`${stem}${i}`);
  return found;
}
