import { count, currency, moneyAMonth, reported, reportedCurrency } from '../sql/column.ts';
import { day } from '../sql/period.ts';
import { withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const counts = {
  entered: count('Subscriptions that became past due.'),
  recovered: count(
    'Past due subscriptions that were paid after all: by payment_recovered, renewed, resumed or started.',
  ),
  ended: count('Subscriptions that ended while they were past due.'),
  past_due_subscriptions: count('Subscriptions past due at the end of the day, or now.'),
};
const customers = count('Customers with one of those in this currency.');
const mrr = moneyAMonth('MRR of those: it is part of MRR until they end.');
const turns = ['entered', 'recovered', 'ended'] as const;

/** By day, with what stands at its end: a quiet day has a row while something is past due. */
const pastDue = view('past_due_daily', {
  columns: { date: day.says(), currency, ...counts, past_due_customers: customers, past_due_mrr: mrr },
  select: sql`
    SELECT date, currency, entered, recovered, ended, past_due_subscriptions, past_due_customers, past_due_mrr
    FROM (
      SELECT
        date, currency, ${turns.map((turn) => `d_${turn} AS ${turn}`).join(', ')},
        sum(d_subscriptions) OVER up_to AS past_due_subscriptions, sum(d_customers) OVER up_to AS past_due_customers,
        sum(d_mrr) OVER up_to AS past_due_mrr
      FROM (
        SELECT
          ${day.of('bucket')} AS date, currency, ${turns.map((turn) => `sum(p.${turn}) AS d_${turn}`).join(', ')},
          sum(p.subscriptions) AS d_subscriptions, sum(p.customers) AS d_customers, sum(p.mrr) AS d_mrr
        FROM tidemark_store.past_due_15m AS p
        GROUP BY date, currency
        HAVING sum(facts) != 0
        ORDER BY currency, date ${day.fillTo('now()')}
      )
      WINDOW up_to AS (PARTITION BY currency ORDER BY date)
    )
    WHERE entered != 0 OR recovered != 0 OR ended != 0 OR past_due_subscriptions != 0`,
  comment:
    'Failed payments by day and currency: what became past due, what recovered, what ended so, and what is past due at the end of the day.',
});

const pastDueReported = view('past_due_daily_reporting', {
  columns: {
    date: day.says(),
    currency: reportedCurrency,
    ...counts,
    past_due_customers: count('Customers with one of those, each once whatever the currencies.'),
    past_due_mrr: reported(mrr, 'At the rate of the day; null when one is missing.'),
  },
  select: sql`
    SELECT
      date, ${reportingCurrency} AS currency, entered, recovered, ended, past_due_subscriptions, payers AS past_due_customers,
      past_due_mrr
    FROM (
      SELECT
        date, ${[...turns, 'past_due_subscriptions'].map((name) => `sum(d.${name}) AS ${name}`).join(', ')},
        sum_known(converted(d.past_due_mrr, rate)) AS past_due_mrr
      FROM tidemark.past_due_daily AS d
      ${withRates}
      GROUP BY date
    ) AS converted_days
    LEFT JOIN (
      SELECT date, sum(d_payers) OVER (ORDER BY date) AS payers
      FROM (
        SELECT ${day.of('bucket')} AS date, sum(p.payers) AS d_payers
        FROM tidemark_store.past_due_15m AS p
        GROUP BY date
        ORDER BY date ${day.fillTo('now()')}
      )
    ) AS standing USING (date)`,
  comment:
    'Failed payments by day over all currencies in the reporting currency: what became past due, recovered, ended so, and what is past due at the end of the day.',
});

/** Views of what is past due (rule 57). */
export const pastDueViews: readonly View[] = [pastDue, pastDueReported];
