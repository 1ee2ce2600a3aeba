import {
  type Column,
  count,
  currency,
  instant,
  moneyAMonth,
  nullable,
  reported,
  reportedCurrency,
  saying,
  text,
  type ViewColumns,
} from '../sql/column.ts';
import { type CivilPeriod, day, month } from '../sql/period.ts';
import { atTheirDays, withRates } from '../sql/reporting.ts';
import { reportingCurrency } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const movements: { readonly [movement: string]: Column } = {
  new: moneyAMonth('MRR of customers never active before, from their first instant.'),
  expansion: moneyAMonth('Other rises of MRR.'),
  contraction: moneyAMonth('Falls of MRR of customers who stay, negative.'),
  churn: moneyAMonth('MRR that fell with the last of a customer, negative.'),
  reactivation: moneyAMonth('MRR of customers active again after having been lost.'),
};
const names = Object.keys(movements);
const net = moneyAMonth(`${names.join(' + ')}.`);
const arpa = nullable(moneyAMonth('mrr / customers, rounded half to even; null without customers.'));

const mrrColumns = (period: CivilPeriod): ViewColumns => ({
  [period.column]: period.says(),
  currency,
  ...movements,
  net,
  mrr: moneyAMonth(`MRR at the end of the ${period.grain}, or now: the sum of net up to it.`),
  customers: count(
    `Customers active in this currency at the end of the ${period.grain}, or now: with an MRR above 0, or kept by a pause.`,
  ),
  arpa,
});

/** A balance runs from the first movement of a currency on: every period up to now has a row (rule 26). */
const mrr = [day, month].map((period) => {
  const { column, grain, suffix } = period;
  return view(`mrr_${suffix}`, {
    columns: mrrColumns(period),
    select: sql`
      SELECT
        ${column}, currency, ${names.map((name) => `m_${name} AS ${name}`).join(', ')},
        ${names.map((name) => `m_${name}`).join(' + ')} AS net,
        sum(net) OVER up_to AS mrr, sum(m_customers) OVER up_to AS customers, half_even_divide(mrr, customers) AS arpa
      FROM (
        SELECT
          ${period.of('bucket')} AS ${column}, currency,
          ${names.map((name) => `sum(r.${name}) AS m_${name}`).join(', ')},
          sum(r.customers) AS m_customers
        FROM tidemark_store.mrr_15m AS r
        GROUP BY ${column}, currency
        HAVING sum(movements) != 0
        ORDER BY currency, ${column} ${period.fillTo('now()')}
      )
      WINDOW up_to AS (PARTITION BY currency ORDER BY ${column})`,
    comment: `Monthly recurring revenue by ${grain} and currency: what moved it and where it stood; a row for every ${grain} from the first movement to now.`,
  });
});

const attributes: ViewColumns = {
  plan_id: text('Plan, after the instant, of the subscription that caused it last.'),
  owner: text("Customer's account manager after the instant; empty when none."),
  segment: text("Customer's segment after the instant; empty when unknown."),
  country: text("Customer's country after the instant; empty when unknown."),
  reason: text('voluntary or involuntary where a cancellation with that reason caused it; else empty.'),
  event_id: text('The event that caused it last; empty for the passing of time.'),
  recorded_at: instant('When it was counted.'),
};
const movement = text('new, expansion, contraction, churn or reactivation: the transition of the customer.');
const occurredAt = instant('The instant, UTC.');
const customerId = text('Whose MRR moved.');

/** Attributes are those of what moved the currency last (rule 9). */
const movementsView = view('mrr_movements', {
  columns: {
    occurred_at: occurredAt,
    customer_id: customerId,
    currency,
    movement,
    amount: moneyAMonth('Change of MRR, contraction and churn negative.'),
    ...attributes,
  },
  select: sql`
    SELECT
      at AS occurred_at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id,
      maxIf(fact.recorded_at, sign > 0) AS recorded_at
    FROM tidemark_store.mrr_movement AS fact
    GROUP BY at, customer_id, currency, movement, amount, plan_id, owner, segment, country, reason, event_id
    HAVING sum(sign) > 0`,
  comment:
    'Changes of monthly recurring revenue, net per customer, currency and instant. Amounts add up to the MRR.',
});

const movementsReported = view('mrr_movements_reporting', {
  columns: {
    occurred_at: occurredAt,
    customer_id: customerId,
    currency: reportedCurrency,
    movement,
    amount: reported(
      moneyAMonth(
        'Change of MRR at the rate of its day, contraction and churn negative; null when the rate is missing.',
      ),
    ),
    original_currency: text('ISO 4217 code of the currency in which it moved.'),
    original_amount: moneyAMonth('Change of MRR in original_currency.'),
    ...attributes,
  },
  select: sql`
    SELECT
      occurred_at, customer_id, ${reportingCurrency} AS currency, movement, converted(original_amount, rate) AS amount,
      original_currency, original_amount, plan_id, owner, segment, country, reason, event_id, recorded_at
    FROM (
      SELECT
        occurred_at, ${day.of('occurred_at')} AS day, customer_id, m.currency AS original_currency, movement,
        m.amount AS original_amount, plan_id, owner, segment, country, reason, event_id, recorded_at
      FROM tidemark.mrr_movements AS m
    ) AS moved
    LEFT JOIN (
      SELECT date AS day, currency AS original_currency, rate FROM tidemark_store.fx_rate
    ) AS f USING (day, original_currency)`,
  comment: 'Changes of monthly recurring revenue in the reporting currency, each at the rate of its day.',
});

const bridgeColumns = (period: CivilPeriod): ViewColumns => ({
  [period.column]: period.says(),
  currency: reportedCurrency,
  ...Object.fromEntries(names.map((name) => [name, reported(movements[name]!, atTheirDays)])),
  net: reported(net),
  fx: reported(
    moneyAMonth(`What rates alone made of the balance: mrr - mrr of the ${period.grain} before - net.`),
  ),
  mrr: reported(
    moneyAMonth(
      `MRR at the end of the ${period.grain}, or now, of all currencies at the rates of that day; null when one is missing.`,
    ),
  ),
  customers: count(
    `Active customers at the end of the ${period.grain}, or now, each once whatever the currencies.`,
  ),
  arpa: reported(saying('mrr / customers, rounded half to even; null without customers.', arpa)),
});

/** The bridge of MRR over all currencies: from the balance before by what moved it and what rates did to the balance. */
function bridge(period: CivilPeriod, comment: string, converted: string): View {
  const { column } = period;
  const reportedNames = names.map((name) => `r_${name}`);
  return view(`mrr_${period.suffix}_reporting`, {
    columns: bridgeColumns(period),
    select: sql`
      SELECT
        ${column}, ${reportingCurrency} AS currency, ${names.map((name) => `r_${name} AS ${name}`).join(', ')},
        r_net AS net, r_mrr - opening - r_net AS fx, r_mrr AS mrr, active AS customers, half_even_divide(r_mrr, active) AS arpa
      FROM (
        SELECT
          ${column}, ${reportedNames.join(', ')}, ${reportedNames.join(' + ')} AS r_net, r_mrr,
          lagInFrame(r_mrr, 1, toDecimal128(0, 6)) OVER (ORDER BY ${column} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS opening,
          active
        FROM ${converted}
      )`,
    comment,
  });
}

const bridges = [
  bridge(
    day,
    'The bridge of MRR by day over all currencies in the reporting currency: mrr of the day before + net + fx = mrr. Movements at the rates of their days.',
    sql`
      (
        SELECT date, ${[...names, 'mrr'].map((name) => `sum_known(c_${name}) AS r_${name}`).join(', ')}
        FROM (
          SELECT
            date,
            ${[...names, 'mrr'].map((name) => `converted(d.${name}, rate) AS c_${name}`).join(', ')}
          FROM tidemark.mrr_daily AS d
          ${withRates}
        )
        GROUP BY date
      ) AS converted_days
      LEFT JOIN (SELECT date, customers_at_end AS active FROM tidemark.churn_daily) AS c USING (date)`,
  ),
  bridge(
    month,
    'The bridge of MRR by month over all currencies in the reporting currency: mrr of the month before + net + fx = mrr. Movements at the rates of their days, the balance at that of the last day.',
    sql`
      (
        SELECT
          toStartOfMonth(date) AS month, ${names.map((name) => `sum_known(${name}) AS r_${name}`).join(', ')},
          -- In a tuple, for argMax passes over null, which here says that a rate is missing.
          argMax(tuple(mrr), date).1 AS r_mrr, argMax(customers, date) AS active
        FROM tidemark.mrr_daily_reporting
        GROUP BY month
      )`,
  ),
];

/** Views of MRR and of what moves it; the bridges read `churn_daily`. */
export const mrrViews: readonly View[] = [...mrr, movementsView, movementsReported];

/** Views of MRR over all currencies. */
export const mrrBridges: readonly View[] = bridges;
