import type { RejectedRow } from './rejected-file.ts';
import type { RowEvents, SentEvent } from './row-events.ts';
import type { Row } from './row.ts';

/** Rows that are published together. */
export type Batch = {
  /** The number of the last of them. */
  readonly lastRow: number;
  readonly events: readonly { readonly row: Row; readonly event: SentEvent }[];
  readonly rejected: readonly RejectedRow[];
  /** Rows that no event is meant for. */
  readonly passedOver: number;
};

const batchSize = 1_000;

/**
 * Batches of rows: each has 1,000 rows, or a row more than 1,000 events.
 *
 * @param after Rows up to this number are done.
 */
export async function* batchesOf(
  rows: AsyncIterable<Row>,
  after: number,
  toEvents: (row: Row) => RowEvents,
): AsyncGenerator<Batch, void> {
  let open = emptyBatch();
  for await (const row of rows) {
    if (row.number <= after) continue;
    const { events, faults } = toEvents(row);
    open.rows++;
    open.lastRow = row.number;
    if (faults.length > 0) open.rejected.push({ row, reasons: faults });
    else if (events.length === 0) open.passedOver++;
    for (const event of events) open.events.push({ row, event });
    if (open.rows < batchSize && open.events.length < batchSize) continue;
    yield open;
    open = emptyBatch();
  }
  if (open.rows > 0) yield open;
}

function emptyBatch() {
  return {
    rows: 0,
    lastRow: 0,
    passedOver: 0,
    events: [] as { row: Row; event: SentEvent }[],
    rejected: [] as RejectedRow[],
  };
}
