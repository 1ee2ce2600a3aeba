import { factTable, type Table } from '../sql/table.ts';
import { readingFacts } from './readings.ts';

/** Facts of readings. */
export const readingTables: readonly Table[] = [
  factTable('reading', readingFacts.reading, {
    why: 'In the order in which they are asked for: one figure, one customer, over time.',
    partitionBy: 'toYear(at)',
    orderBy: '(name, customer_id, at)',
    cause: `if(startsWith(name, 'fx:'), 'rate', cause)`,
  }),
];
