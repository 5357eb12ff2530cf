/** What a page knows of its class: what everybody sees, what is its own, and where the lead is. */

export class ClassModel {
  /** @param {string} role lead, student or projector */
  constructor(role) {
    this.role = role;
    /** @type {any} */ this.everybody = null;
    /** @type {any} */ this.you = null;
    /** @type {any} */ this.lead = { roster: [], written: [], questions: [] };
    /** @type {any} */ this.place = null;
    this.deleted = false;
    /** @type {any} */ this.course = null;
    this.transport = { playing: false };
    /** @type {Set<(what: string) => void>} */ this.listeners = new Set();
  }

  /** For the connection: whether it has ever been there. */
  get branch() { return this.everybody ? 'class' : ''; }

  /** @param {(what: string) => void} fn */
  subscribe(fn) {
    this.listeners.add(fn);
  }

  /** @param {any} message */
  receive(message) {
    const { type } = message;
    if (type === 'class') this.everybody = message;
    else if (type === 'you') this.you = message;
    else if (type === 'lead') this.lead = message;
    else if (type === 'place') this.place = message;
    else if (type === 'deleted') this.deleted = true;
    for (const fn of this.listeners) fn(type);
  }

  get question() {
    const asked = this.everybody?.question ?? null;
    return asked?.step ? this.translated(asked) : asked;
  }

  /** A question of the lesson is asked in each page's own language. @param {any} asked */
  translated(asked) {
    const predict = this.course?.steps.find((/** @type {any} */ s) => s.id === asked.step)?.predict;
    const text = predict && this.course.words(predict.question);
    return text ? { ...asked, text, choices: predict.choices.map((/** @type {any} */ c) => this.course.words(c)), reveal: this.course.words(predict.reveal) } : asked;
  }

  /** Whether this page's student has the controls. */
  get drives() { return this.role === 'student' && Boolean(this.you) && this.everybody?.driver?.id === this.you.id; }

  /** What this student has answered in the vote that is open. */
  get answer() {
    const { question, you } = this;
    const given = you?.answer;
    return question && given?.question === question.id && given.round === question.round ? given.value : '';
  }
}

/** A name as it is shown; a hidden one is a number. @param {any} person @param {any} i18n */
export const nameOf = (person, i18n) => person.name || i18n.t('class.guest', { number: person.number });

/** An answer in words. @param {any} question @param {string} value */
export const inWords = (question, value) => (question.kind === 'choices' ? question.choices[Number(value)] : question.kind === 'message' ? `#${value}` : value) ?? value;
