import { addsToOpen } from '../contact/tables.ts';
import { rollup, type Table } from '../sql/table.ts';

/** What stands now per customer, and when customers appeared: of the facts of several families. */
export const valueTables: readonly Table[] = [
  rollup('customer_payment', {
    why: "How sure payments are, without what was retracted, each customer's last first: in the order of milliseconds before 1970.",
    columns: `customer_id String, before_ms Int64, standing String, times Int64`,
    engine: 'SummingMergeTree(times)',
    orderBy: '(customer_id, before_ms, standing)',
    from: {
      payment_standing: `SELECT customer_id, -toUnixTimestamp64Milli(at) AS before_ms, standing, sum(toInt64(sign)) AS times
FROM tidemark_store.payment_standing
GROUP BY customer_id, before_ms, standing`,
    },
  }),
  rollup('customer_mrr', {
    why: `What stands now, per customer, so that nobody need read all of history; amount_ms are amounts times the milliseconds
since 1970, for MRR summed over time.`,
    columns: `customer_id String, currency String, mrr Decimal(38, 6), movements Int64, amount_ms Decimal(76, 6)`,
    orderBy: '(customer_id, currency)',
    from: {
      mrr_movement: `SELECT customer_id, currency, sum(amount * sign) AS mrr, sum(toInt64(sign)) AS movements,
  sum(toDecimal256(amount, 6) * sign * toUnixTimestamp64Milli(at)) AS amount_ms
FROM tidemark_store.mrr_movement
GROUP BY customer_id, currency`,
    },
  }),
  rollup('appearance', {
    why: `When customers bought in a currency, and when their MRR in it rose from 0. The first row of a customer in the order of the
table is when it came. customer is cityHash64 of the id.`,
    columns: `currency String, customer UInt64, at DateTime64(3, 'UTC'), purchases Int64, entries Int64`,
    orderBy: '(currency, customer, at)',
    from: {
      sale: `SELECT currency, cityHash64(customer_id) AS customer, at, sum(toInt64(sign)) AS purchases
FROM tidemark_store.sale
GROUP BY currency, customer, at`,
      mrr_movement: `SELECT currency, cityHash64(customer_id) AS customer, at, sum(toInt64(sign)) AS entries
FROM tidemark_store.mrr_movement
WHERE customers > 0
GROUP BY currency, customer, at`,
    },
  }),
  rollup('customer_open_cases', {
    columns: `customer_id String, open Int64`,
    orderBy: 'customer_id',
    from: {
      contact_activity: `SELECT customer_id, sum(${addsToOpen} * sign) AS open
FROM tidemark_store.contact_activity
WHERE customer_id != ''
GROUP BY customer_id`,
    },
  }),
];
