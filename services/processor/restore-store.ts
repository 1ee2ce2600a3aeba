import { listOffsets } from '@tidemark/kafka/offsets';
import { readPartitionToEnd } from '@tidemark/kafka/restore';
import type { Log } from '@tidemark/service/log';
import type { ProcessorContext } from './context.ts';
import type { Shelf, StorePosition, TaskStore } from './store.ts';

const sayEveryMs = 2_000;

/**
 * Brings a task's store to the end of its changelog: by the tail where the disk is of this cluster and not ahead of the
 * log, else from nothing.
 *
 * @returns Where the store stands now.
 */
export async function restoreStore(
  store: TaskStore,
  partition: number,
  context: ProcessorContext,
  log: Log,
  signal: AbortSignal,
): Promise<StorePosition> {
  const { client, now, origin } = context;
  const ends = { state: await endOf('state'), counters: await endOf('counters') };
  const known = store.position;
  const isUsable = known?.origin === origin && known.state <= ends.state && known.counters <= ends.counters;
  if (known !== undefined && !isUsable) {
    log.warn({ known, ends }, 'Local state is of another cluster or ahead of it; restoring from nothing.');
    await store.wipe();
  }
  const from = isUsable ? known : { state: 0, counters: 0 };
  const [state, counters] = await Promise.all([
    restoreShelf('entities', 'state', from.state),
    restoreShelf('counters', 'counters', from.counters),
  ]);
  const position = { origin, state, counters };
  store.flush(position);
  return position;

  async function endOf(topic: string): Promise<number> {
    return (await listOffsets(client, topic, [partition], 'stable-end')).get(partition) ?? 0;
  }

  async function restoreShelf(shelf: Shelf, topic: string, offset: number): Promise<number> {
    let restored = 0;
    let saidAt = now();
    return readPartitionToEnd(client, {
      topic,
      partition,
      from: offset,
      signal,
      onRecords(records) {
        store.restore(
          shelf,
          records.flatMap(({ key, value }) => (key && value ? [{ id: key.toString(), value }] : [])),
        );
        restored += records.length;
        if (now() - saidAt < sayEveryMs) return;
        saidAt = now();
        log.info({ topic, restored }, 'Restoring.');
      },
    });
  }
}
