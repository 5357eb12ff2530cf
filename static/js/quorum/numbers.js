/** Figures as people read them. */

/** A probability; near certainty or impossibility, to the second figure that matters. @param {number} p */
export function percent(p) {
  if (p >= 1) return '100 %';
  if (p <= 0) return '0 %';
  const rare = Math.min(p, 1 - p);
  const digits = rare >= 0.1 ? 1 : Math.min(12, Math.ceil(-Math.log10(rare * 100)) + 1);
  return `${Number((p * 100).toFixed(digits))} %`;
}

/** A time in milliseconds, in the unit that keeps it short. @param {number} ms */
export function time(ms) {
  if (ms >= 100_000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 100 ? Math.round(ms) : ms >= 10 ? ms.toFixed(1) : ms ? ms.toFixed(2) : '0'} ms`;
}

/** As the published table writes milliseconds. @param {number} ms */
export const bare = (ms) => (ms >= 1000 ? ms.toFixed(0) : ms >= 100 ? ms.toFixed(1) : ms.toFixed(2));

/** How long a year it is not there: a text's key and its number. @param {number} minutes */
export function outage(minutes) {
  if (minutes >= 2 * 24 * 60) return { unit: 'days', count: (minutes / (24 * 60)).toFixed(1) };
  if (minutes >= 120) return { unit: 'hours', count: (minutes / 60).toFixed(1) };
  if (minutes >= 1) return { unit: 'minutes', count: minutes.toFixed(minutes < 10 ? 1 : 0) };
  return { unit: 'seconds', count: (minutes * 60).toFixed(minutes * 60 < 1 ? 3 : 0) };
}
