import type { Family } from '@tidemark/events/families';
import type { AnyEvent, Definition, Fact, Instant } from '@tidemark/metrics/definition/definition';
import type { CounterBucket } from './counters.ts';
import { ingest } from './ingest-counters.ts';
import { difference, type SignedFact } from './difference.ts';
import { familyOfId } from './entity-id.ts';
import type { RecordLimits } from './entity-writer.ts';
import { isHead, wakeOfHead } from './head.ts';
import { Task, type Batch, type Output, type Received, type WaitingVoid, type Walked } from './task.ts';

const wakesPerBatchMax = 100;

/** What a driver runs, and its limits. */
export type DriverOptions = {
  readonly definitions: readonly Definition[];
  /** The entity key of an event. */
  readonly keyOf: (event: AnyEvent) => string;
  /** What entities may take of memory; 0 makes every batch read them back from their stored form. */
  readonly cacheBytes?: number;
  /** How long counters are kept by quarter hours, in milliseconds; by default for ever. */
  readonly countersKeptMs?: number;
  /** Other limits of records than the usual. */
  readonly limits?: RecordLimits;
  /** Events as bytes and back; by default as JSON, whatever is in them. */
  readonly events?: EventCodec;
  /** What an earlier driver left, perhaps of an earlier release. */
  readonly left?: Left;
};

/** Events as they are stored. */
export type EventCodec = {
  readonly encode: (event: AnyEvent) => Uint8Array;
  readonly decode: (family: Family, bytes: Uint8Array) => AnyEvent;
};

const jsonEvents: EventCodec = {
  encode: encodeJson,
  decode: (_family, bytes) => decodeJson(bytes) as AnyEvent,
};

/** Records stored, and the facts that are valid. */
export type Left = { readonly stored: ReadonlyMap<string, Uint8Array>; readonly facts: readonly Fact[] };

/** What one call published, net. */
export type Published = readonly SignedFact[];

/**
 * The runtime without servers: events in, facts out, a clock that the test sets. One task over one partition, with its records in
 * a map in place of the changelog; derived events come back in at once.
 */
export class Driver {
  readonly #options: DriverOptions;
  readonly #stored = new Map<string, Uint8Array>();
  readonly #counters = new Map<string, Uint8Array>();
  readonly #wakes = new Map<string, Instant>();
  readonly #archive = new Map<string, Uint8Array>();
  readonly #voidsForgotten: WaitingVoid[] = [];
  readonly #audit: Fact[] = [];
  /** By kind and instant, so that a retraction looks through few. */
  readonly #facts = new Map<string, Fact[]>();
  #task: Task;
  readonly #events: EventCodec;
  #clock: Instant = -Infinity;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#events = options.events ?? jsonEvents;
    for (const [id, value] of options.left?.stored ?? []) {
      this.#stored.set(id, value);
      if (isHead(id) && wakeOfHead(value) !== Infinity) this.#wakes.set(id, wakeOfHead(value));
    }
    for (const fact of options.left?.facts ?? []) this.#factsLike(fact).push(fact);
    this.#task = this.#newTask();
  }

  /** Every fact that holds now, of all kinds but the runtime's own. */
  get facts(): readonly Fact[] {
    return [...this.#facts.values()].flat();
  }

  /** The total over all buckets of every live series but the runtime's own. */
  get totals(): ReadonlyMap<string, bigint> {
    const totals = new Map<string, bigint>();
    for (const bytes of this.#counters.values()) {
      const { definition, values } = decodeBucket(bytes);
      if (definition === ingest.name) continue;
      for (const [series, value] of Object.entries(values))
        totals.set(series, (totals.get(series) ?? 0n) + value);
    }
    return totals;
  }

  /** Sets the wall clock, and lets what is due before it happen. */
  at(clock: Instant): Published {
    this.#clock = clock;
    return this.arrives();
  }

  /** Hands over events, in this order of arrival, in one batch. */
  arrives(...events: readonly AnyEvent[]): Published {
    const received = events.map((event) => this.#received(event, 'first'));
    const published: SignedFact[] = [];
    let output = this.#process(received, published);
    while (output.derived.length > 0 || output.more)
      output = this.#process(
        output.derived.map((event) => this.#received(event, 'derived')),
        published,
      );
    return published;
  }

  /** Throws the task away and makes a new one from what is stored, as after a crash. */
  restart(definitions: readonly Definition[] = this.#options.definitions): void {
    this.#task = this.#newTask(definitions);
    for (const id of this.#counters.keys()) this.#task.restoreBucket(id);
  }

  /** Keys of the counters stored: quarter hours and bases. */
  get storedCounters(): readonly string[] {
    return [...this.#counters.keys()];
  }

  /** Every record stored, by its key, as in the changelog. */
  get stored(): ReadonlyMap<string, Uint8Array> {
    return this.#stored;
  }

  /** The accepted events of entities that left the state. */
  get archive(): ReadonlyMap<string, Uint8Array> {
    return this.#archive;
  }

  /** Voids that left the state and whose target never came. */
  get voidsForgotten(): readonly WaitingVoid[] {
    return this.#voidsForgotten;
  }

  /** What was counted of the records received, by quarter hour. */
  get audit(): readonly Fact[] {
    return this.#audit;
  }

  #newTask(definitions = this.#options.definitions): Task {
    return new Task({
      definitions,
      partition: 0,
      codec: {
        decodeEvent: this.#events.decode,
        encodeCounters: encodeBucket,
        decodeCounters: decodeBucket,
        allocate: (size) => new Uint8Array(size),
      },
      entities: this.#stored,
      counters: this.#counters,
      countersKeptMs: this.#options.countersKeptMs ?? Infinity,
      cacheBytes: this.#options.cacheBytes ?? 100_000_000,
      wakesPerBatchMax,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
    });
  }

  /** Entities due before the clocks, earliest first, no more than a batch takes of each family. */
  #due(clocks: ReadonlyMap<Family, Instant>): string[] {
    const due = [...this.#wakes].filter(([id, at]) => at < (clocks.get(familyOfId(id)) ?? -Infinity));
    const first = due.toSorted(([, a], [, b]) => a - b).map(([id]) => id);
    return [...Map.groupBy(first, familyOfId).values()].flatMap((ids) => ids.slice(0, wakesPerBatchMax));
  }

  #walked(): Walked | undefined {
    const part = this.#task.walk(this.#clock);
    if (part === undefined) return undefined;
    const ids = [...this.#stored.keys()].filter((id) => id > part.after).toSorted((a, b) => (a < b ? -1 : 1));
    return { ids: ids.slice(0, part.limit), isEnd: ids.length <= part.limit };
  }

  #received(event: AnyEvent, hop: 'first' | 'derived'): Received {
    const family = event.type.slice(0, event.type.indexOf('.')) as Family;
    const receivedAt = this.#clock;
    const bytes = this.#events.encode(event);
    return { family, key: this.#options.keyOf(event), event, bytes, receivedAt, hop };
  }

  #process(received: readonly Received[], published: SignedFact[]): Output {
    const caughtUp = new Set(this.#options.definitions.map((definition) => definition.on));
    const arrival = { received, wallClock: this.#clock, caughtUp };
    const due = this.#due(this.#task.clocksAfter(arrival));
    const batch: Batch = { ...arrival, progress: false, due, walked: this.#walked() };
    const output = this.#task.process(batch);
    for (const { id, was, is } of output.wakes) {
      if ((this.#wakes.get(id) ?? Infinity) !== was) throw new Error(`${id} did not want waking at ${was}`);
      if (is === Infinity) this.#wakes.delete(id);
      else this.#wakes.set(id, is);
    }
    for (const { id, value } of output.entities) put(this.#stored, id, value);
    this.#voidsForgotten.push(...output.voidsForgotten);
    for (const { id, value } of output.archive) put(this.#archive, id, value);
    for (const { id, value } of output.counters) put(this.#counters, id, value);
    for (const [kind, signed] of output.facts) {
      if (kind === 'ingest_audit') this.#audit.push(...signed.map(({ fact }) => fact));
      if (kind === 'ingest_audit' || kind === 'progress') continue;
      for (const one of signed) {
        published.push(one);
        if (one.sign === 1) this.#factsLike(one.fact).push(one.fact);
        else this.#retract(one.fact);
      }
    }
    return output;
  }

  #factsLike({ kind, at }: Fact): Fact[] {
    const name = `${kind} ${at}`;
    const known = this.#facts.get(name) ?? [];
    this.#facts.set(name, known);
    return known;
  }

  #retract(fact: Fact): void {
    const like = this.#factsLike(fact);
    const index = like.findIndex((known) => difference([known], [fact]).length === 0);
    if (index === -1) throw new Error(`retracted what was never published: ${fact.kind} at ${fact.at}`);
    like.splice(index, 1);
  }
}

function put(records: Map<string, Uint8Array>, id: string, value: Uint8Array | null): void {
  if (value === null) records.delete(id);
  else records.set(id, value);
}

function encodeBucket(bucket: CounterBucket): Uint8Array {
  const values = Object.entries(bucket.values).map(([series, value]) => [series, String(value)]);
  return encodeJson({ ...bucket, values: Object.fromEntries(values) });
}

function decodeBucket(bytes: Uint8Array): CounterBucket {
  const bucket = decodeJson(bytes) as CounterBucket;
  const values = Object.entries(bucket.values).map(([series, value]) => [series, BigInt(value)]);
  return { ...bucket, values: Object.fromEntries(values) };
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
