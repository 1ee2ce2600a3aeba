import type { MetricPage } from '../definition/page.ts';
import { type Column, count, instant, nullable, text } from '../sql/column.ts';
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

const source = 'The metric contract, ‘Dimensions of trust’.';

/** Pages on whether the numbers can be trusted. */
export const trustPages: readonly MetricPage[] = [
  {
    name: 'ingest-audit',
    title: 'What was received',
    views: ['ingest_audit_hourly'],
    meaning: 'How many records came in hour by hour from whom, and what was the matter with some of them.',
    formula: ['received = every record: repeats, voids and dead letters included'],
    rules: [
      ['By the hour of receipt, not of the event.', 29],
      ['`voided` counts a voided event once, when both it and its void are there.', 29],
      ['Re-published strays and checkouts derived from purchases count nowhere.', 29],
      [
        '`late` came more than an hour after `occurred_at`. What was too late to take is in `dead_lettered`.',
        29,
      ],
      ['The same id with other content is counted in `duplicates`; the first recorded stays.', 25],
    ],
    examples: [
      {
        given: '97 good events arrive within a minute, one of them twice, and 2 that cannot be read.',
        results: [
          ['received', '97 + 1 + 2', '100'],
          ['duplicates', 'the second one', '1'],
          ['dead_lettered', 'set aside', '2'],
        ],
      },
    ],
    source,
  },
  {
    name: 'data-through',
    title: 'How fresh the numbers are',
    views: ['data_through'],
    meaning:
      'Up to which event time everything received is counted, so that an old number is not taken for a fresh one.',
    formula: ['data_through = least over the partitions of the family'],
    rules: [['A tick at T is published only once the clock is past T.', 3]],
    examples: [
      {
        given: 'Of two partitions of a family one is counted through 10:00:00, the other through 09:58:00.',
        results: [['data_through', 'the least', '09:58:00']],
      },
    ],
    source,
  },
  {
    name: 'imbalances',
    title: 'Contradictions within the numbers',
    views: ['audit_imbalances'],
    meaning:
      'Where movements, balances and counts contradict one another: empty when all is right. A row is a fault of this pipeline, not of the data.',
    formula: [
      'opening + movements = closing, per customer, currency and month',
      'start + new + reactivated - lost = end',
    ],
    rules: [
      ['A customer is new once, then lost and back in turns.', 4],
      [
        'The live service counts the rows now and then, as the gauge `tidemark_audit_imbalances`; absent while nobody knows.',
      ],
    ],
    examples: [
      {
        given: 'A month opens with $100, moves by $50 and closes with $149.',
        results: [
          ['assertion', 'one row', 'bridge'],
          ['expected', '100 + 50', '150'],
          ['found', 'the closing', '149'],
        ],
      },
    ],
    source: 'The identities of the metric contract, ‘Recurring revenue’, and of rule 4.',
  },
];
