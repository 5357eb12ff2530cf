/** How far somebody has come in each lesson. It stays in this browser, unless they take it along as a file. */

const KEY = 'quorumscope.lessons';
const VERSION = 1;

/** @typedef {{at: string, far: number, done: boolean, answers: Record<string, string>, solved: string[]}} Mine */

/** @returns {Record<string, Mine>} */
function all() {
  try {
    return cleaned(JSON.parse(localStorage.getItem(KEY) ?? '')) ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, Mine>} lessons */
function keep(lessons) {
  try {
    localStorage.setItem(KEY, JSON.stringify({version: VERSION, lessons}));
  } catch { /* a browser that keeps nothing still plays */ }
}

/** What is worth keeping of a file that may come from anywhere; null when it is none of ours.
 * @param {any} data @returns {Record<string, Mine>|null} */
function cleaned(data) {
  if (data?.version !== VERSION || typeof data.lessons !== 'object' || !data.lessons) return null;
  const text = (/** @type {any} */ value) => (typeof value === 'string' ? value.slice(0, 60) : '');
  return Object.fromEntries(Object.entries(data.lessons).slice(0, 500).filter(([name]) => /^[a-z0-9-]{1,60}$/.test(name)).map(([name, mine]) => {
    const {at, far, done, answers, solved} = /** @type {any} */ (mine ?? {});
    return [name, {
      at: text(at), far: Number.isInteger(far) ? far : 0, done: done === true,
      answers: Object.fromEntries(Object.entries(answers ?? {}).slice(0, 100).map(([step, choice]) => [text(step), text(choice)])),
      solved: Array.isArray(solved) ? solved.slice(0, 100).map(text) : [],
    }];
  }));
}

export const progress = {
  all,

  /** @param {string} name @returns {Mine} */
  of(name) {
    return all()[name] ?? {at: '', far: 0, done: false, answers: {}, solved: []};
  },

  /** @param {string} name @param {Partial<Mine>} change */
  note(name, change) {
    keep({...all(), [name]: {...progress.of(name), ...change}});
  },

  /** @param {string} name @param {string} step @param {string} choice '' takes the answer back */
  answer(name, step, choice) {
    const {[step]: _old, ...rest} = progress.of(name).answers;
    progress.note(name, {answers: choice ? {...rest, [step]: choice} : rest});
  },

  /** @param {string} name @param {string} step */
  solve(name, step) {
    progress.note(name, {solved: [...new Set([...progress.of(name).solved, step])]});
  },

  forget: () => keep({}),

  asFile: () => JSON.stringify({version: VERSION, lessons: all()}, null, 1),

  /** How many lessons it speaks of; -1 when it is no such file. What is known here already stays, where the file does
   * not know more. @param {string} text */
  load(text) {
    let found = null;
    try {
      found = cleaned(JSON.parse(text));
    } catch { /* not even JSON */ }
    if (!found) return -1;
    const mine = all();
    for (const [name, theirs] of Object.entries(found)) mine[name] = merged(mine[name], theirs);
    keep(mine);
    return Object.keys(found).length;
  },
};

/** @param {Mine|undefined} a @param {Mine} b @returns {Mine} */
function merged(a, b) {
  if (!a) return b;
  const ahead = a.far > b.far ? a : b;
  return {...ahead, done: a.done || b.done, answers: {...b.answers, ...a.answers}, solved: [...new Set([...a.solved, ...b.solved])]};
}
