import type { Event } from '@tidemark/events/types';
import { customersOf } from '@tidemark/events/customers';
import { partitionCounts } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { unpack } from '@tidemark/runtime/packed';
import type { Generation } from '@tidemark/topics/generation';
import { entityOf, packedIn, storedEvent } from '../histories.ts';
import { type History, type Subjects, visitorsOf } from '../renaming.ts';

/** All records of an entity, by key. */
export type Records = {
  readonly partition: number;
  readonly state: Map<string, Buffer>;
  readonly archive: Map<string, Buffer>;
};

type Kept = 'state' | 'archive';
type Take = (kept: Kept, partition: number, record: KafkaRecord, id: string, key: string) => void;

const kinds: readonly Kept[] = ['state', 'archive'];

/** The entities that are to be rewritten, with all of their records, kept up to date with their topics. */
export class Collection {
  readonly #client: KafkaClient;
  readonly #names: Generation;
  readonly #partitions: number;
  readonly #entities = new Map<string, Records>();
  readonly #index = new Map<string, Buffer>();
  #indexKeys: ReadonlySet<string> = new Set();
  /** Up to where each topic and partition was read. */
  #positions: ReadonlyMap<string, number> = new Map();

  private constructor(client: KafkaClient, names: Generation, partitions: number) {
    this.#client = client;
    this.#names = names;
    this.#partitions = partitions;
  }

  /**
   * Collects the entities whose events name one of the customers, and those whose events name a visitor that these name. The topics
   * are read some times, so that no more is in memory than what is collected.
   *
   * @param onPass Called before each reading of all.
   */
  static async of(
    client: KafkaClient,
    names: Generation,
    subjects: Subjects,
    onPass: (sentence: string) => void,
  ): Promise<Collection> {
    const partitions = (await partitionCounts(client, [names.state])).get(names.state) ?? 0;
    const collection = new Collection(client, names, partitions);
    onPass('Looking for the histories of the customers.');
    await collection.#find((event) => customersOf(event).some((customer) => subjects.has(customer)));
    onPass('Reading these histories.');
    await collection.#collect();
    const visitors = new Set(collection.histories.flatMap((history) => visitorsOf(history, subjects)));
    if (visitors.size === 0) return collection;
    onPass('Looking for what the same visitors did.');
    const before = collection.#entities.size;
    await collection.#find((event) => 'visitor_id' in event && visitors.has(event.visitor_id ?? ''));
    if (collection.#entities.size > before) await collection.#collect();
    return collection;
  }

  /** By id. */
  get entities(): ReadonlyMap<string, Records> {
    return this.#entities;
  }

  /** The same as histories. */
  get histories(): History[] {
    return [...this.#entities].map(([id, records]) => historyOf(id, records));
  }

  /** The records of the index of things that were collected, by key; what is not there is not stored. */
  get index(): ReadonlyMap<string, Uint8Array> {
    return this.#index;
  }

  /** Collects records of the index of things; reads nothing where all are collected. */
  async collectIndex(keys: ReadonlySet<string>): Promise<void> {
    if (keys.isSubsetOf(this.#indexKeys)) return;
    this.#indexKeys = keys.union(this.#indexKeys);
    // What came for the entities since is left to `follow`.
    await this.#each((_kept, _partition, { value }, _id, key) => {
      if (this.#indexKeys.has(key)) put(this.#index, key, value);
    });
  }

  /**
   * Reads what came to the topics since.
   *
   * @returns The ids of the entities that changed.
   */
  async follow(): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    this.#positions = await this.#each((kept, _partition, record, id, key) => {
      if (this.#indexKeys.has(key)) put(this.#index, key, record.value);
      const records = this.#entities.get(id);
      if (records === undefined) return;
      put(records[kept], key, record.value);
      changed.add(id);
    }, this.#positions);
    return changed;
  }

  async #find(isMeant: (event: Event) => boolean): Promise<void> {
    await this.#each((kept, partition, { value }, id, key) => {
      if (value === null || this.#entities.has(id)) return;
      const packed = kept === 'archive' ? value : packedIn(key, value);
      if (packed === undefined) return;
      if (unpack(packed).some(({ bytes }) => isMeant(storedEvent(id, bytes))))
        this.#entities.set(id, { partition, state: new Map(), archive: new Map() });
    });
  }

  async #collect(): Promise<void> {
    this.#positions = await this.#each((kept, _partition, { value }, id, key) => {
      const records = this.#entities.get(id);
      if (records !== undefined) put(records[kept], key, value);
    });
  }

  /** Hands over all records, or those from some positions on. @returns Up to where each topic and partition was read. */
  async #each(take: Take, positions: ReadonlyMap<string, number> = new Map()): Promise<Map<string, number>> {
    const places = kinds.flatMap((kept) =>
      Array.from({ length: this.#partitions }, (_, partition) => ({ kept, partition })),
    );
    const reached = new Map<string, number>();
    for (const { kept, partition } of places) {
      const place = `${kept}/${partition}`;
      const end = await readPartitionToEnd(this.#client, {
        topic: this.#names[kept],
        partition,
        from: positions.get(place) ?? 0,
        onRecords(records) {
          for (const record of records) {
            const key = String(record.key);
            const id = entityOf(key);
            if (id !== undefined) take(kept, partition, record, id, key);
          }
        },
      });
      reached.set(place, end);
    }
    return reached;
  }
}

function put(records: Map<string, Buffer>, key: string, value: Buffer | null): void {
  if (value === null) records.delete(key);
  else records.set(key, value);
}

/** An entity's accepted events, in the state and in the archive. */
export function historyOf(id: string, { state, archive }: Records): History {
  const packed = [...[...state].map(([key, value]) => packedIn(key, value)), ...archive.values()];
  const entries = packed.flatMap((part) => (part === undefined ? [] : unpack(part)));
  return { id, events: entries.map(({ bytes }) => storedEvent(id, bytes)) };
}
