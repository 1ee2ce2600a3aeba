import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { ClassicLevel } from 'classic-level';
import type { KafkaClient } from '@tidemark/kafka/client';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { decodeHead, isHead, isLegacy, segmentId } from '@tidemark/runtime/head';
import { Failure } from '@tidemark/service/failures';

/** An entity with all its entries, packed, in order of arrival. */
export type Packed = { readonly id: string; readonly parts: readonly Uint8Array[] };

const positionKey = '\u0000position';

/**
 * A copy of one partition of `state` on disk. It follows the topic and stops at the cut, because the topic forgets what a
 * record was before the one after it.
 */
export class Mirror {
  readonly #level: ClassicLevel<string, Buffer>;
  #position = 0;

  private constructor(level: ClassicLevel<string, Buffer>) {
    this.#level = level;
  }

  /** Opens the copy in a directory, an empty one when there is none. */
  static async open(directory: string): Promise<Mirror> {
    await mkdir(directory, { recursive: true });
    const level = new ClassicLevel<string, Buffer>(directory, { valueEncoding: 'buffer' });
    await level.open();
    const mirror = new Mirror(level);
    mirror.#position = Number((await level.get(positionKey))?.toString() ?? 0);
    return mirror;
  }

  /** Throws a copy away. */
  static wipe(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
  }

  /** Everything in the topic below this offset is in the copy. */
  get position(): number {
    return this.#position;
  }

  /** Reads on, up to an offset; by default to where the topic ends now. */
  async read(
    client: KafkaClient,
    { topic, partition }: { readonly topic: string; readonly partition: number },
    end = Infinity,
  ): Promise<void> {
    if (this.#position >= end) return;
    const reached = await readPartitionToEnd(client, {
      topic,
      partition,
      from: this.#position,
      onRecords: async (records) => {
        const operations = records.flatMap(({ offset, key, value }) => {
          if (key === null || offset >= end) return [];
          const id = key.toString();
          return [
            value === null ? { type: 'del' as const, key: id } : { type: 'put' as const, key: id, value },
          ];
        });
        if (operations.length > 0) await this.#level.batch(operations);
      },
    });
    this.#position = Math.min(reached, end);
    await this.#level.put(positionKey, Buffer.from(String(this.#position)));
  }

  /** All entities with their entries, by id; the same order at every call. */
  async *entities(): AsyncGenerator<Packed> {
    for await (const [id, value] of this.#level.iterator()) {
      if (!isHead(id)) continue;
      if (isLegacy(value))
        throw new Failure(
          'state.foreign',
          `the state of ${id} is in the form before this release’s: let the processor run until its walk has converted all`,
        );
      const head = decodeHead(value);
      const parts: Uint8Array[] = [];
      for (let segment = 0; segment < head.segments; segment++) {
        const part = await this.#level.get(segmentId(id, segment));
        if (part === undefined) throw new Failure('state.corrupt', `segment ${segment} of ${id} is missing`);
        parts.push(part);
      }
      yield { id, parts: [...parts, head.open] };
    }
  }

  /** How many entities there are. */
  async count(): Promise<number> {
    let count = 0;
    for await (const id of this.#level.keys()) if (isHead(id)) count++;
    return count;
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}
