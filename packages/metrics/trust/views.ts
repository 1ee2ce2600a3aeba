import { count, instant, nullable, text, type Column } from '../sql/column.ts';
import { periodViews } from '../sql/period-views.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { imbalances } from './imbalances-view.ts';
import { missingRates } from './missing-rates-view.ts';

const records = (meaning: string, column: string): Column =>
  count(`${meaning}; records.`, `sum(q.${column})`);

/** By the hour of receipt (rule 29). */
const audit = periodViews('ingest_audit', {
  grains: ['hour'],
  from: 'tidemark_store.ingest_audit_by_quarter AS q',
  at: 'at',
  when: 'of receipt',
  by: {
    family: text('Event family, e.g. cart.'),
    source: text('Publishing system; empty when it could not be read.'),
  },
  columns: {
    received: records('Every record taken in: repeats, voids and dead letters included', 'received'),
    duplicates: records('Repeats of an event id, counted once in every metric', 'duplicates'),
    voided: count('Events withdrawn by a void, once both are there; events.', 'sum(q.voided)'),
    late: records('Records received more than an hour after they occurred', 'late'),
    dead_lettered: records('Records set aside with a reason', 'dead_lettered'),
  },
  having: 'received != 0 OR duplicates != 0 OR voided != 0 OR late != 0 OR dead_lettered != 0',
  comment: () =>
    'What was received, hour by hour, per family and source: records by the hour of their receipt.',
});

const dataThrough = view('data_through', {
  columns: {
    family: text('Event family, e.g. cart.'),
    data_through: instant(
      'Event time up to which everything received is counted: the least over the partitions.',
    ),
    last_received_at: nullable(
      instant(
        'When the latest event of the family was received, records set aside apart; null when none was.',
      ),
    ),
  },
  select: sql`
    SELECT family, min(through) AS data_through, max(received) AS last_received_at
    FROM (
      SELECT family, argMax(p.data_through, at) AS through, NULL AS received
      FROM tidemark_store.progress AS p
      GROUP BY family, partition
      UNION ALL
      SELECT family, NULL, max(l.last_received_at)
      FROM tidemark_store.last_received AS l
      GROUP BY family
    )
    GROUP BY family`,
  comment: 'How fresh the numbers are, per family: a right but old number is not taken for a fresh one.',
});

/** Views of whether the numbers can be trusted. */
export const trustViews: readonly View[] = [...audit, dataThrough, missingRates, imbalances];
