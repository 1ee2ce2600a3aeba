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
  /** Up to where each topic and partition was read. */
  readonly #positions = new Map<string, number>();

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

  /**
   * Reads what came to the topics since.
   *
   * @returns The ids of the entities that changed.
   */
  async follow(): Promise<ReadonlySet<string>> {
    const changed = new Set<string>();
    await this.#each((kept, _partition, record, id, key) => {
      const records = this.#entities.get(id);
      if (records === undefined) return;
      put(records[kept], key, record.value);
      changed.add(id);
    }, true);
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
    await this.#each((kept, _partition, { value }, id, key) => {
      const records = this.#entities.get(id);
      if (records !== undefined) put(records[kept], key, value);
    });
  }

  async #each(take: Take, goesOn = false): Promise<void> {
    const places = kinds.flatMap((kept) =>
      Array.from({ length: this.#partitions }, (_, partition) => ({ kept, partition })),
    );
    for (const { kept, partition } of places) {
      const place = `${kept}/${partition}`;
      const reached = await readPartitionToEnd(this.#client, {
        topic: this.#names[kept],
        partition,
        from: goesOn ? (this.#positions.get(place) ?? 0) : 0,
        onRecords(records) {
          for (const record of records) {
            const key = String(record.key);
            const id = entityOf(key);
            if (id !== undefined) take(kept, partition, record, id, key);
          }
        },
      });
      this.#positions.set(place, reached);
    }
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
