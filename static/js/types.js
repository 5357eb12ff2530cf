/**
 * The shapes that the whole front end shares, as JSDoc types. No code lives here.
 * docs/protocol.md says what every field means; the names are the same.
 *
 * Use them as `@typedef {import('./types.js').View} View`, or inline.
 */

/** @typedef {Record<string, any>} Fields */

/** @typedef {[rule: string, data: Fields]} Why */

/**
 * @typedef {'join'|'leave'|'start'|'request'|'say'|'send'|'deliver'|'drop'|'hold'|'reschedule'|'timeout'|'save'|'saved'|'command'
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
 * @property {boolean} [joined] a client that came while the run went on, and may leave
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
 * @property {string} words under which name the catalogues keep its texts
 * @property {string} [client] the name of its clients' side
 * @property {string} [server] what it is the clients' side of
 * @property {[group: string, fields: string[]][]} groups
 * @property {string[]} durable
 * @property {string[]} messages
 * @property {Record<string, string>} families of each type of message
 * @property {Record<string, string[]>} operations what a client may ask for, with the names of its arguments
 * @property {Record<string, string[]>} orders what a node can be told to do
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

/** @typedef {{playing: boolean, speed: number, max?: boolean, now: number}} Transport */
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
 * @property {boolean} playing
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
 * @property {(key: string) => boolean} has
 * @property {(key: string) => string} pattern the text as it stands in the catalogue
 * @property {(service: string) => string} wordsOf under which name the catalogues and the source know a service
 * @property {() => 'en'|'zh'} lang
 * @property {(lang: 'en'|'zh') => any} setLang
 * @property {(fn: () => void) => () => void} subscribe
 * @property {(event: Event) => Reason[]} why
 * @property {(us: number) => string} span a duration as people read it
 * @property {(key: string, params?: Fields) => Part[]} parts
 */

/**
 * @typedef {object} Connection
 * @property {(message: Fields) => Promise<any>} send
 * @property {(text: string, at?: Fields) => Promise<any>} command
 */

/** A cell of a log; `name` is said in place of the index where the protocol counts otherwise (a zxid).
 * @typedef {{index: number, era: number, label: string, committed: boolean, durable: boolean, name?: string}} Cell */
/** `color` is a family of messages (or the name of any other colour token); `sign` replaces a reply's + or −.
 * @typedef {{tag: string, color: string, reply: boolean, ok: boolean, small: boolean, sign?: string}} MessageLook */
/** A word in small print under a node: `promised 3.n1`; with an era it wears that era's colour.
 * @typedef {{label: string, value: string, era?: number}} NodeLine */
/** Something to be seen on a node's rim; `since` (virtual µs) makes it say for how long.
 * @typedef {{sign: 'lock'|'blocked'|'refused'|'yes'|'abort'|'flag', title: string, since?: number}} NodeSign */
/** What a leading node knows of a peer's log, written under that peer's row. @typedef {{index: number, key: string}} LogMark */
/** How a node takes part, which is what its border shows. @typedef {'follows'|'looks'|'leads'|'observes'} Standing */
/** @typedef {{members: string[], of: number, key: string, data: Fields}} Quorum */
/** A moment at a node, for what depends on more than its state.
 * @typedef {{view: View, id: string, time: number, i18n: I18n}} Here */

/**
 * How one protocol is drawn: all questions that the stage and the panels ask about a service's state, messages and
 * rules. static/js/lenses/README.md explains each; static/js/lenses/base.js answers all of them from the
 * service's description, and a protocol's own lens replaces the answers that it has better ones for.
 * @typedef {object} Lens
 * @property {string} service
 * @property {string} client the name of its clients' side
 * @property {Service} described
 * @property {(state: Fields) => string} role the exact role, for words
 * @property {(state: Fields) => Standing} standing
 * @property {(state: Fields) => string} letter
 * @property {(nodes: number) => number} majority how many of so many nodes make a majority; 0 where none decides
 * @property {(nodes: number, seed: number, i18n: I18n) => string} [facts] what stands in the stage's corner, where a majority is not what counts
 * @property {(state: Fields) => number} era what its colour cycles with; 0 for none
 * @property {(state: Fields, i18n: I18n) => string} eraText
 * @property {(state: Fields) => string} eraShort
 * @property {(state: Fields) => string} centre
 * @property {(state: Fields, timers: Record<string, Timer>) => string} ring the timer that its ring shows, or ''
 * @property {(timer: string) => boolean} rings whether the node flashes when this timer fires
 * @property {(state: Fields) => string[]|null} votes who is for this node, while it counts; null when it does not
 * @property {(message: Message, state: Fields) => string} ballot whose vote this message brings it, or ''
 * @property {(state: Fields) => any[]|null} entries what its log holds, oldest first; null when it keeps none
 * @property {(entry: any, i: number, state: Fields) => Cell} cell the i-th of them (from 0)
 * @property {(state: Fields) => Cell[]|null} log
 * @property {(state: Fields, count: number) => {before: number, cells: Cell[]}} lastCells
 * @property {(state: Fields, peer: string) => LogMark[]} marks
 * @property {(state: Fields, here: Here) => NodeLine[]} lines
 * @property {(state: Fields, here: Here) => NodeSign[]} signs
 * @property {(state: Fields, here: Here) => {key: string, apples: {kind: string, label: string}[], parcels: string[], marks: string, title: string}} [apples] the versions that it has, in place of a value
 * @property {(state: Fields, here: Here) => {kind: string, label: string, note: string}|null} [told] what a client was told last
 * @property {(message: Message) => MessageLook} message
 * @property {(message: Message) => string} messageKey which sentence says it: its type, and `.variant` if there are several
 * @property {(message: Message) => Fields} messageParams
 * @property {(message: Message, i18n: I18n) => string} describeMessage
 * @property {(event: Event) => Quorum|null} quorum
 * @property {(rule: string, data?: Fields) => number} weight how much a rule deserves the caption: 0 never alone, 5 before all
 * @property {(name: string) => string} reference what a sentence's parameter is: `era`, `value` or ''
 * @property {(name: string, value: any) => string} say how a parameter reads
 * @property {(fields: Fields) => Fields} fields what the panels list of a state or a message: noise left out, codes as people read them
 * @property {RegExp} wordPattern words that wear a colour; one group around the whole
 * @property {(word: string) => string} wordColour
 */

/** What a lens's file exports as its default. @typedef {(base: Lens) => Lens} MakeLens */

/**
 * What every view is given.
 * @typedef {object} Ctx
 * @property {Store} store
 * @property {Playhead} playhead
 * @property {Actions} actions
 * @property {Connection} connection
 * @property {Selection} selection
 * @property {I18n} i18n
 * @property {Lens} lens of the service in focus
 * @property {import('./core/lenses.js').Lenses} lenses
 * @property {import('./core/showing.js').Showing} showing
 */

export {};
