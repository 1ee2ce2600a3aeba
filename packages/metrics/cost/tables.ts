import { factTable, rollup, type Table } from '../sql/table.ts';
import { costFacts } from './costs.ts';

/** Facts of costs, what adds up of them, and how customers were won. */
export const costTables: readonly Table[] = [
  factTable('cost_day', costFacts.cost_day, {
    orderBy: '(date, currency)',
  }),
  rollup('cost_by_day', {
    why: 'A civil day is the same in every zone, so days, not quarter hours, add up. Days to come are in it.',
    columns: `date Date, currency String, category String, segment String, amount Decimal(38, 6)`,
    orderBy: '(date, currency, category, segment)',
    from: {
      cost_day: `SELECT toDate(c.date, 'UTC') AS date, currency, category, segment, sum(c.amount * sign) AS amount
FROM tidemark_store.cost_day AS c
GROUP BY date, currency, category, segment`,
    },
  }),
  rollup('acquisition', {
    why: `How each customer may have been won (rule 40): by a first subscription (origin 0), by a first purchase (1). The earlier counts, in
a tie the subscription. A subscriber who begins in two currencies at once is there in both; the first in the alphabet
counts. The first row of a customer in the order of the table is the one. customer is cityHash64 of the id.`,
    columns: `customer UInt64, at DateTime64(3, 'UTC'), origin UInt8, currency String, segment String, firsts Int64`,
    engine: 'SummingMergeTree(firsts)',
    orderBy: '(customer, at, origin, currency, segment)',
    from: {
      mrr_movement: `SELECT cityHash64(customer_id) AS customer, at, toUInt8(0) AS origin, currency, segment, sum(toInt64(sign)) AS firsts
FROM tidemark_store.mrr_movement
WHERE movement = 'new'
GROUP BY customer, at, currency, segment`,
      sale: `SELECT cityHash64(customer_id) AS customer, at, toUInt8(1) AS origin, currency, segment, sum(toInt64(sign)) AS firsts
FROM tidemark_store.sale
WHERE first_purchase
GROUP BY customer, at, currency, segment`,
    },
  }),
];
