/** What a scenario's commands and first logs say about its picture. */

/** @typedef {{name: string, title: Record<string, string>, summary: Record<string, string>, protocol: string, nodes: number,
 *   picture: {names: string[], commands: string[], logs: Record<string, number[]>, mutant: string}}} Scenario */
/** @typedef {{nodes: string[], crashed: Set<string>, paused: Set<string>, candidates: Set<string>, groups: string[][],
 *   cuts: [string, string][], held: [string, string][], logs: [string, number[]][]}} Story */

/** Shorter logs than this are no story. */
const LONG = 3;

/** @param {Scenario} scenario @returns {Story} */
export function storyOf({ picture }) {
  const logs = Object.entries(picture.logs);
  /** @type {Story} */
  const story = {
    nodes: picture.names, crashed: new Set(), paused: new Set(), candidates: new Set(), groups: [], cuts: [], held: [],
    logs: logs.some(([, terms]) => terms.length >= LONG) ? logs : [],
  };
  for (const command of picture.commands) take(story, command.split(/\s+/));
  return story;
}

/** @param {Story} story @param {string[]} words */
function take(story, words) {
  const [verb, first] = words;
  const arrow = words.findIndex((word) => word === '->' || word === '--');
  const link = /** @type {[string, string]} */ ([words[arrow - 1], words[arrow + 1]]);
  if (verb === 'crash') story.crashed.add(first);
  else if (verb === 'pause') story.paused.add(first);
  else if (verb === 'timeout') story.candidates.add(first);
  else if (verb === 'partition' && !story.groups.length) story.groups = groupsIn(words.slice(1), story.nodes);
  else if (arrow > 0 && (verb === 'cut' || verb === 'drop')) story.cuts.push(link);
  else if (arrow > 0 && (verb === 'hold' || verb === 'delay')) story.held.push(link);
}

/** @param {string[]} words @param {string[]} nodes @returns {string[][]} */
function groupsIn(words, nodes) {
  return words.join(' ').split('|').map((group) => group.trim().split(/\s+/).filter((name) => nodes.includes(name)))
    .filter((group) => group.length);
}
