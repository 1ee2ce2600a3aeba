import type { Logger } from 'pino';
import type { ProcessorContext } from './context.ts';
import type { Shelf, StorePosition, TaskStore } from './store.ts';

/** Records put down at once while restoring. */
const logEveryMs = 2_000;

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
  log: Logger,
): Promise<StorePosition> {
  const ends = await context.changelogEnds(partition);
  const known = store.position;
  const isUsable =
    known?.origin === context.origin && known.state <= ends.state && known.counters <= ends.counters;
  if (known !== undefined && !isUsable) {
    log.warn({ known, ends }, 'Local state is of another cluster or ahead of it; restoring from nothing.');
    await store.wipe();
  }
  const from = isUsable && known !== undefined ? known : { state: 0, counters: 0 };
  const [state, counters] = await Promise.all([
    restoreShelf('entities', 'state', from.state),
    restoreShelf('counters', 'counters', from.counters),
  ]);
  const position = { origin: context.origin, state, counters };
  store.flush(position);
  return position;

  async function restoreShelf(shelf: Shelf, topic: string, offset: number): Promise<number> {
    let restored = 0;
    let saidAt = context.now();
    return context.readToEnd({
      topic,
      partition,
      from: offset,
      onRecords: (records) => {
        store.restore(
          shelf,
          records.flatMap(({ key, value }) => (key && value ? [{ id: key.toString(), value }] : [])),
        );
        restored += records.length;
        if (context.now() - saidAt > logEveryMs) {
          saidAt = context.now();
          log.info({ topic, restored }, 'Restoring.');
        }
      },
    });
  }
}
