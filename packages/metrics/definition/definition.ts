import type { Family } from '@tidemark/events/families';

/** Milliseconds since the epoch, UTC. */
export type Instant = number;

/** Wakes a state at the instant it asked for with `due`; carries that instant, never the time at which it ran. */
export type Tick = { readonly type: 'tick'; readonly at: Instant };

/** What the runtime needs to know of any event; the families' own types say the rest. */
export type AnyEvent = {
  readonly type: string;
  readonly event_id: string;
  readonly occurred_at: Instant;
  readonly sequence: number;
  /** The publishing system. */
  readonly source: string;
};

/**
 * Type of a fact's column, and what it is in ClickHouse: `string` String (unknown is `''`), `money` Decimal(38, 6)
 * as bigint micros, `integer` Int64 as number, `float` Float64, `instant` DateTime64(3, 'UTC'), `flag` UInt8 as
 * boolean. A trailing `?` makes it Nullable.
 */
export type ColumnType =
  | 'string'
  | 'money'
  | 'integer'
  | 'float'
  | 'instant'
  | 'flag'
  | 'money?'
  | 'integer?'
  | 'float?'
  | 'instant?';

type ColumnValue = {
  string: string;
  money: bigint;
  integer: number;
  float: number;
  instant: Instant;
  flag: boolean;
  'money?': bigint | null;
  'integer?': number | null;
  'float?': number | null;
  'instant?': Instant | null;
};

/** Columns of one kind of fact, in the order of its table; `at`, `sign` and `recorded_at` come from the runtime. */
export type Columns = { readonly [column: string]: ColumnType };

/** The kinds of facts a definition publishes. A kind's name is its table's name, unique over all definitions. */
export type FactKinds = { readonly [kind: string]: Columns };

/** Something that is so since `at`, of one of the kinds `K`. */
export type FactOf<K extends FactKinds> = {
  readonly [Kind in keyof K & string]: { readonly kind: Kind; readonly at: Instant } & {
    readonly [Column in keyof K[Kind]]: ColumnValue[K[Kind][Column]];
  };
}[keyof K & string];

/** A fact whose kind is not known here; the runtime compares and ships them without looking inside. */
export type Fact = { readonly kind: string; readonly at: Instant } & {
  readonly [column: string]: string | number | bigint | boolean | null;
};

/** New state, and the facts of one step. */
export type Step<State, F = Fact> = { readonly state: State; readonly facts: readonly F[] };

/** A live series: what its values are, and the names of its dimensions. */
export type Series = {
  /** `count` whole numbers, `money` micros of the currency that is the first dimension. */
  readonly type: 'count' | 'money';
  readonly dimensions: readonly string[];
};

/** A series of whole numbers with the given dimensions. */
export function countBy(...dimensions: readonly string[]): Series {
  return { type: 'count', dimensions };
}

/** A series of money, by currency and then by the given dimensions. */
export function moneyBy(...dimensions: readonly string[]): Series {
  return { type: 'money', dimensions: ['currency', ...dimensions] };
}

/**
 * The change of one live number. `series` has its name and then the values of its dimensions, in the order declared in
 * `Definition.counters`. `by` is the amount that one fact adds; its retraction subtracts the same.
 */
export type CounterChange = {
  readonly series: readonly [name: string, ...dimensions: string[]];
  readonly by: bigint;
};

/**
 * How the ordered history of one entity becomes facts. It has no clock, no I/O and no random numbers. It always gets the events
 * in order, so it never retracts and never sees a late one: the runtime folds again and publishes the difference.
 *
 * States are immutable values: the runtime keeps references to earlier ones to fold on from, and stores them: they are
 * made of plain objects, lists, maps, texts, numbers, bigints and booleans.
 */
export type Definition<State = unknown, E extends AnyEvent = AnyEvent, K extends FactKinds = FactKinds> = {
  /** Unique, kebab-case; names its counters. */
  readonly name: string;
  /**
   * Other whenever the same events would give other facts: a number for the rules, and the parameters, e.g.
   * `1 quietMs=1800000`. Stored with each entity: a definition new to it is folded from its first event on.
   */
  readonly version: string;
  /** Other whenever states look otherwise and the facts stay the same: stored states of another form are not read. 1 by default. */
  readonly form?: number;
  readonly on: Family;
  readonly facts: K;
  readonly initial: State;
  /** One input: the next event in order, or the tick that `due` asked for. */
  readonly step: (state: State, input: E | Tick) => Step<State, FactOf<K>>;
  /**
   * When something happens by itself if no event comes before; `undefined` for never. At one instant the events come first,
   * then the ticks. After a tick at T it may name T again, as long as something is left to do at T.
   */
  readonly due: (state: State) => Instant | undefined;
  /**
   * Whether nothing is expected of this entity any more. Then it is forgotten once the retention of its family has passed since
   * its last event, and a later event begins it anew. By default it is never forgotten.
   */
  readonly ended?: (state: State) => boolean;
  /** Called once after the last input of an instant, for what is netted per instant. */
  readonly settle?: (state: State, at: Instant) => Step<State, FactOf<K>>;
  /** Live series by their names, e.g. `{ carts_abandoned: countBy('channel') }`. */
  readonly counters: { readonly [name: string]: Series };
  /** What a fact adds to the live series, in the 15-minute bucket of its `at`. */
  readonly count: (fact: FactOf<K>) => readonly CounterChange[];
};

/** A step that changes the state and publishes the given facts. */
export function to<State, F>(state: State, ...facts: readonly F[]): Step<State, F> {
  return { state, facts };
}

/** A definition among others: what it is about inside is its own affair. */
export function define<State, E extends AnyEvent, const K extends FactKinds>(
  definition: Definition<State, E, K>,
): Definition {
  return definition as unknown as Definition;
}
