/**
 * The shapes that the whole front end shares, as JSDoc types. No code lives here.
 * docs/protocol.md says what every field means; the names are the same.
 *
 * Use them as `@typedef {import('./types.js').View} View`, or inline.
 */

/** @typedef {Record<string, any>} Fields */

/** @typedef {[rule: string, data: Fields]} Why */

/**
 * @typedef {'start'|'request'|'say'|'send'|'deliver'|'drop'|'hold'|'reschedule'|'timeout'|'save'|'saved'|'command'
 *   |'crash'|'restart'|'pause'|'resume'|'clock'|'trap'|'network'|'violation'} Kind
 */

/**
 * One thing that happened, decoded from the array on the wire.
 * @typedef {object} Event
 * @property {number} seq
 * @property {number} time virtual microseconds
 * @property {Kind} kind
 * @property {string} node the endpoint, or '' for network and cluster
 * @property {string} service
 * @property {number} cause seq of the event that led to it, or 0
 * @property {any[]} body depends on the kind
 * @property {any[][]} patch
 * @property {Why[]} why
 */

/** @typedef {[setAt: number, due: number]} Timer */

/**
 * @typedef {object} ServiceView
 * @property {Fields} state
 * @property {Record<string, Timer>} timers
 * @property {number} busyUntil 0 when no write is in progress
 */

/**
 * @typedef {object} NodeView
 * @property {'up'|'crashed'|'paused'} status
 * @property {number} since
 * @property {number} clock
 * @property {string} trap
 * @property {boolean} client
 * @property {Record<string, ServiceView>} services
 */

/**
 * A message in flight.
 * @typedef {object} Message
 * @property {number} id seq of its `send`
 * @property {string} src
 * @property {string} dst
 * @property {string} service
 * @property {string} type
 * @property {Fields} fields
 * @property {number} sent
 * @property {number} arrives
 * @property {boolean} held
 * @property {number} from
 * @property {number} at
 * @property {number} copyOf
 */

/**
 * @typedef {object} NetworkState
 * @property {[string, string][]} cut
 * @property {string[][]} groups
 * @property {boolean} manual
 * @property {string[]} rules
 */

/**
 * The whole cluster at one moment.
 * @typedef {object} View
 * @property {number} seq
 * @property {number} time
 * @property {Record<string, NodeView>} nodes
 * @property {Record<string, Message>} messages
 * @property {NetworkState} network
 * @property {Record<string, number>} laws 0 while it holds, else the seq of its violation
 */

/**
 * What a service is made of, as the server describes it.
 * @typedef {object} Service
 * @property {[group: string, fields: string[]][]} groups
 * @property {string[]} messages
 * @property {string[]} timers
 * @property {string[]} laws
 * @property {Record<string, string>} landmarks
 * @property {Record<string, string>} sections of each law
 * @property {Record<string, string>} rules the section of each rule
 * @property {Record<string, string>} mutants the law that each breaks, or ''
 * @property {string} mutant the one in force, or ''
 * @property {Fields} options
 */

/**
 * @typedef {object} Room
 * @property {string} id
 * @property {any} title
 * @property {Fields} config
 * @property {Record<string, Service>} services
 * @property {boolean} mine
 */

/**
 * @typedef {object} Branch
 * @property {string} id
 * @property {string|null} parent
 * @property {number} forkSeq
 * @property {number} forkTime
 * @property {number} head
 * @property {number} time
 * @property {number} oldest
 * @property {boolean} private
 */

/** @typedef {{playing: boolean, speed: number, now: number}} Transport */
/** @typedef {{id: string, role: 'driver'|'viewer'}} You */
/** @typedef {{viewers: number, driving: boolean}} People */
/** @typedef {{seq: number, time: number, mark: string, node: string}} Mark */
/** @typedef {'events'|'snapshot'|'transport'|'branches'|'people'|'history'} Change */

/**
 * The trace as far as it is known here.
 * @typedef {object} Store
 * @property {Room} room
 * @property {You} you
 * @property {Record<string, Service>} services
 * @property {People} people
 * @property {Transport} transport
 * @property {Branch[]} branches
 * @property {string} branch the one being shown
 * @property {number} head
 * @property {number} now
 * @property {number} oldest
 * @property {(seq: number) => Event|undefined} event
 * @property {(from: number, to: number) => Event[]} range loaded events, in order, both ends included
 * @property {(seq: number) => View|null} viewAt null while its chunk is being fetched
 * @property {(time: number) => number} seqAt
 * @property {(seq: number) => Promise<any>} ensure
 * @property {() => Mark[]} marks
 * @property {(fn: (what: Change) => void) => () => void} subscribe
 */

/**
 * The moment on screen.
 * @typedef {object} Shown
 * @property {number} time
 * @property {number} seq
 * @property {View|null} view
 * @property {Event|undefined} event
 * @property {boolean} live
 * @property {boolean} playing
 * @property {number} speed virtual per wall
 * @property {number} direction 1 or -1
 * @property {string} branch
 */

/**
 * @typedef {object} Playhead
 * @property {Shown} shown
 * @property {(to: {seq?: number, time?: number}) => void} seek
 * @property {(by: number) => void} step
 * @property {(by: number) => void} stepRule
 * @property {() => void} play
 * @property {() => void} pause
 * @property {(speed: number) => void} setSpeed
 * @property {() => void} follow
 * @property {(view: Mounted) => void} addView
 */

/** @typedef {{draw: (shown: Shown, changed?: any) => void, everyFrame?: boolean}} Mounted */

/**
 * @typedef {object} Action
 * @property {string} id
 * @property {string} label catalogue key
 * @property {string} [shortcut]
 * @property {(ctx: Ctx, target?: any) => true|string} enabled true, or the key of the reason why not
 * @property {(ctx: Ctx, target?: any) => any} run
 */

/**
 * @typedef {object} Actions
 * @property {(id: string, target?: any) => any} run
 * @property {() => Action[]} list
 * @property {(id: string) => Action|undefined} get
 */

/** Nothing chosen is '' or 0.
 * @typedef {{node: string, message: number, event: number, tab: string}} Chosen */

/**
 * @typedef {object} Selection
 * @property {() => Chosen} get
 * @property {(partial: Partial<Chosen>) => void} set
 * @property {(fn: (chosen: Chosen) => void) => () => void} subscribe
 */

/** A piece of a sentence; `ref` names what it speaks of, so that it can wear that thing's colour.
 * @typedef {{text: string, ref?: any}} Part */
/** @typedef {{text: string, section: string, rule: string, data: Fields}} Reason */

/**
 * @typedef {object} I18n
 * @property {(key: string, params?: Fields) => string} t
 * @property {(key: string) => string} pattern the text as it stands in the catalogue
 * @property {() => 'en'|'zh'} lang
 * @property {(lang: 'en'|'zh') => any} setLang
 * @property {(fn: () => void) => () => void} subscribe
 * @property {(event: Event) => Reason[]} why
 * @property {(key: string, params?: Fields) => Part[]} parts
 */

/**
 * @typedef {object} Connection
 * @property {(message: Fields) => Promise<any>} send
 * @property {(text: string, at?: Fields) => Promise<any>} command
 */

/** @typedef {{index: number, era: number, label: string, committed: boolean, durable: boolean}} Cell */
/** `color` is the name of a design token.
 * @typedef {{tag: string, color: string, reply: boolean, ok: boolean, small: boolean}} MessageLook */

/**
 * How one protocol's state is drawn.
 * @typedef {object} Lens
 * @property {(state: Fields) => string} role
 * @property {(state: Fields) => string} letter
 * @property {(state: Fields) => string} roleName the exact role, for words
 * @property {(state: Fields) => number} era
 * @property {(state: Fields) => string} centre
 * @property {(rule: string) => number} weight how much a rule deserves attention
 * @property {(state: Fields) => any} votes
 * @property {(state: Fields) => Cell[]} log
 * @property {(message: Message) => MessageLook} message
 * @property {(event: Event) => any} quorum
 * @property {(message: Message, t: I18n['t']) => string} describeMessage
 */

/**
 * What every view is given.
 * @typedef {object} Ctx
 * @property {Store} store
 * @property {Playhead} playhead
 * @property {Actions} actions
 * @property {Connection} connection
 * @property {Selection} selection
 * @property {I18n} i18n
 * @property {Lens} lens
 */

export {};
