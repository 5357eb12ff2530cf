/** What a scenario's commands and first logs say about its picture. */

/** @typedef {{name: string, title: Record<string, string>, summary: Record<string, string>, protocol: string, nodes: number,
 *   commands?: string[], logs?: Record<string, number[]>}} Scenario */
/** @typedef {{nodes: string[], crashed: Set<string>, paused: Set<string>, candidates: Set<string>, groups: string[][],
 *   cuts: [string, string][], logs: [string, number[]][]}} Story */

/** @param {Scenario} scenario @returns {Story} */
export function storyOf(scenario) {
  const nodes = Array.from({ length: scenario.nodes }, (_, i) => `n${i + 1}`);
  /** @type {Story} */
  const story = {
    nodes, crashed: new Set(), paused: new Set(), candidates: new Set(), groups: [], cuts: [],
    logs: Object.entries(scenario.logs ?? {}),
  };
  for (const command of scenario.commands ?? []) take(story, command.split(/\s+/));
  return story;
}

/** @param {Story} story @param {string[]} words */
function take(story, words) {
  const [verb, first, arrow, second] = words;
  if (verb === 'crash') story.crashed.add(first);
  else if (verb === 'pause') story.paused.add(first);
  else if (verb === 'timeout') story.candidates.add(first);
  else if (verb === 'cut' && arrow?.includes('-')) story.cuts.push([first, second]);
  else if (verb === 'partition' && !story.groups.length) story.groups = groupsIn(words.slice(1));
}

/** @param {string[]} words @returns {string[][]} */
function groupsIn(words) {
  return words.join(' ').split('|').map((group) => group.trim().split(/\s+/).filter((name) => name.startsWith('n')))
    .filter((group) => group.length);
}
