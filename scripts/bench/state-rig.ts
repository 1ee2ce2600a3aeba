/** The processor's task on its store, without Kafka, for benches of the state. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEvent } from '@tidemark/events/codec';
import { decodeCounters, encodeCounters } from '@tidemark/events/counter-codec';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { families } from '@tidemark/events/families';
import { Task, type Output, type Received } from '@tidemark/runtime/task';
import { readSettings } from '@tidemark/service/settings';
import { processorSettings } from '../../services/processor/settings.ts';
import type { TaskStore } from '../../services/processor/store.ts';

const settings = readSettings(processorSettings, {});

/** A task on a store. */
export const taskOn = (store: TaskStore, cacheBytes = 4_000_000): Task =>
  new Task({
    definitions: definitionsWith(defaultMetricSettings),
    partition: 0,
    codec: {
      decodeEvent(family, bytes) {
        const decoded = decodeEvent(family, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        if (!decoded.ok) throw new Error(decoded.message);
        return decoded.event;
      },
      encodeCounters,
      decodeCounters,
      allocate: (size) => Buffer.allocUnsafe(size),
    },
    entities: { get: (id) => store.get('entities', id) },
    counters: { get: (id) => store.get('counters', id) },
    countersKeptMs: settings.COUNTERS_KEPT,
    cacheBytes,
    wakesPerBatchMax: 4_000,
  });

/** Bytes of the files in a directory. */
export const sizeOf = (path: string): number =>
  readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);

/** Counts a batch in as the processor does, and takes it for committed. */
export async function countIn(
  task: Task,
  store: TaskStore,
  received: readonly Received[],
  wallClock: number,
): Promise<Output> {
  const arrival = { received, wallClock, caughtUp: new Set(families) };
  await store.readAhead(task.cold(received));
  const due = await store.due(task.clocksAfter(arrival), 4_000);
  const part = task.walk(wallClock);
  const walked = part && (await store.walk(part));
  const output = task.process({ ...arrival, progress: false, due, walked });
  store.stage(output);
  store.committed();
  return output;
}
