import { listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import { Failure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import type { ProcessorContext } from './context.ts';
import { erasedId } from '@tidemark/topics/forgotten';
import { assertOwn, decodeStamp, stampId } from './stamp.ts';
import type { RecordTable } from './layers.ts';
import { TaskStore, type StorePosition } from './store.ts';

const logEveryMs = 2_000;

/** A task's store at the end of its changelog, and where that is. */
export type RestoredStore = { readonly store: TaskStore; readonly position: StorePosition };

type Restoring = {
  readonly directory: string;
  readonly partition: number;
  readonly context: ProcessorContext;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Begins with nothing: the store was found damaged. */
  readonly rebuild: boolean;
};

/**
 * Opens a task's store and brings it to the end of its changelog: by the tail where there is one, else from nothing.
 *
 * @throws Failure `state.foreign` when store or changelog belong to somebody else, `state.ahead` when the store holds what
 * the changelog has lost, `state.corrupt` when it cannot be read.
 */
export async function restoreStore(restoring: Restoring): Promise<RestoredStore> {
  const { directory, partition, context, log, rebuild } = restoring;
  const bufferBytes = Math.floor(context.storeBufferBytes / context.partitions);
  const ends = { state: await endOf(context.names.state), counters: await endOf(context.names.counters) };
  if (rebuild) {
    log.warn({ directory }, 'The store is damaged; it is thrown away and rebuilt from the changelog.');
    context.disks.wipe(directory);
  }
  let store = await TaskStore.open(directory, bufferBytes, context.disks);
  try {
    const known = store.position;
    if (known !== undefined) assertUsable(known, ends, restoring);
    if (known !== undefined && known.stamp.format !== context.stamp.format) {
      log.info(
        { from: known.stamp.format, to: context.stamp.format },
        'The store is of another form; rebuilding it.',
      );
      await store.close();
      context.disks.wipe(directory);
      store = await TaskStore.open(directory, bufferBytes, context.disks);
    }
    const from = store.position ?? { state: 0, counters: 0 };
    const [state, counters] = await Promise.all([
      restoreTable(restoring, store, 'state', from.state),
      restoreTable(restoring, store, 'counters', from.counters),
    ]);
    if (state.isErased) {
      await store.purge();
      // LevelDB's own log and list of tables name keys. It begins them anew when it is opened, and keeps one log before.
      for (let times = 0; times < 2; times++) {
        await store.close();
        store = await TaskStore.open(directory, bufferBytes, context.disks);
      }
    }
    const stamp = store.get('entities', stampId);
    assertOwn(stamp && decodeStamp(stamp), context.stamp, {
      name: `partition ${partition} of topic ${context.names.state}`,
      wayOut: 'start on topics of this cluster’s own',
    });
    const position = { stamp: context.stamp, state: state.end, counters: counters.end };
    await store.flush(position);
    return { store, position };
  } catch (error) {
    await store.close();
    throw error;
  }

  async function endOf(topic: string): Promise<number> {
    return (await listOffsets(context.client, topic, [partition], 'stable-end')).get(partition) ?? 0;
  }
}

function assertUsable(
  known: StorePosition,
  ends: { readonly state: number; readonly counters: number },
  { directory, partition, context }: Restoring,
): void {
  assertOwn(known.stamp, context.stamp, {
    name: `the store in ${directory}`,
    wayOut: 'set STATE_DIR to another directory; the state is then restored from the cluster',
  });
  for (const topic of ['state', 'counters'] as const)
    if (known[topic] > ends[topic])
      throw new Failure(
        'state.ahead',
        `the store in ${directory} stands at ${known[topic]} and partition ${partition} of topic ${context.names[topic]} ends at ` +
          `${ends[topic]}: the topic has lost its end. Restore the topic; or, to go on with what the topic holds, move the directory away (docs/runbooks/state-refused.md)`,
      );
}

async function restoreTable(
  { partition, context, log, signal }: Restoring,
  store: TaskStore,
  topic: 'state' | 'counters',
  from: number,
): Promise<{ readonly end: number; readonly isErased: boolean }> {
  const { client, names, now } = context;
  const table: RecordTable = topic === 'state' ? 'entities' : 'counters';
  let restored = 0;
  let isErased = false;
  let writing: Promise<void> = Promise.resolve();
  let loggedAt = now();
  const end = await readPartitionToEnd(client, {
    topic: names[topic],
    partition,
    from,
    signal,
    async onRecords(records) {
      isErased ||= topic === 'state' && records.some(({ key }) => key?.toString() === erasedId);
      // While these are prepared, those before them are written. When one fails, all after it do.
      const before = writing;
      writing = store.restore(
        table,
        records.flatMap(({ key, value }) => (key === null ? [] : [{ id: key.toString(), value }])),
      );
      writing.catch(() => undefined);
      await before;
      restored += records.length;
      if (now() - loggedAt < logEveryMs) return;
      loggedAt = now();
      log.info({ topic, restored }, 'Restoring.');
    },
  });
  await writing;
  return { end, isErased };
}
