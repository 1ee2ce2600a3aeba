import { count, rate, text, type ViewColumns } from '../sql/column.ts';
import { type CivilPeriod, day, month, week } from '../sql/period.ts';
import { ratioSql } from '../sql/ratio.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { churnRate, churnRateOfStart, retentionRate } from './ratios.ts';

/**
 * Columns of the views of churn (rule 4).
 *
 * @param of Whose customers a row is about: ` of this owner`, or nothing.
 */
function churnColumns({ grain }: CivilPeriod, of = ''): ViewColumns {
  const end = `at the end of the ${grain}, or now`;
  return {
    customers_at_start: count(`Active customers${of} when the ${grain} began.`),
    customers_new: count(`Customers${of} who became active for the first time.`),
    customers_reactivated: count(`Customers${of} active again after having been lost, each time counted.`),
    customers_lost: count(
      `Customers${of} whose last MRR fell to 0, each time counted, those who came within the ${grain} included.`,
    ),
    customers_at_end: count(
      of === ''
        ? `Active customers ${end}. Start + new + reactivated - lost.`
        : `Active customers${of} ${end}. A hand-over moves them without loss or gain.`,
    ),
    churn_rate: rate(churnRate, 'null when that is 0'),
    retention_rate: rate(retentionRate, 'null when that is 0'),
    lost_voluntary: count('Of customers_lost, those whose cancellation had the reason voluntary.'),
    lost_involuntary: count(
      'Of customers_lost, those whose cancellation had the reason involuntary, a failed payment.',
    ),
  };
}

/** Which never exceeds the customers at the start (rule 8). */
const ofStart = ({ grain }: CivilPeriod, of = ''): ViewColumns => ({
  lost_of_start: count(
    of === ''
      ? `Customers active when the ${grain} began and not at its end, or now.`
      : `Customers${of} when the ${grain} began who are not active at its end, or now.`,
  ),
  churn_rate_of_start: rate(churnRateOfStart, 'never above 1; null when that is 0'),
});

const churnComment = (grain: string): string =>
  `Customers who came, came back and were lost by ${grain}: a customer is active while any MRR is above 0, or kept by a pause. A row for every ${grain} from the first movement to now.`;

const moved = ['new', 'reactivated', 'lost', 'voluntary', 'involuntary'] as const;
/** What each of `moved` adds up in the rollups. */
const sums = {
  new: 'sum(new)',
  reactivated: 'sum(reactivated)',
  lost: 'sum(lost)',
  voluntary: 'sum(r.lost_voluntary)',
  involuntary: 'sum(r.lost_involuntary)',
} as const;
const movedSums = moved.map((name) => `${sums[name]} AS m_${name}`).join(', ');

/** Names, in the SELECTs below, of what the ratios are of. */
const parts: { readonly [column: string]: string } = {
  customers_at_start: 'at_start',
  customers_at_end: 'at_end',
  customers_new: 'm_new',
  customers_lost: 'm_lost',
  lost_of_start: 'm_gone',
};
const part = (column: string): string => parts[column] ?? column;
const balance = sql`
  m_new AS customers_new, m_reactivated AS customers_reactivated, m_lost AS customers_lost,
  m_voluntary AS lost_voluntary, m_involuntary AS lost_involuntary, at_start AS customers_at_start,
  at_end AS customers_at_end, ${ratioSql(churnRate, part)} AS churn_rate,
  ${ratioSql(retentionRate, part)} AS retention_rate`;
const balanceOfStart = sql`
  ${balance},
  m_gone AS lost_of_start, ${ratioSql(churnRateOfStart, part)} AS churn_rate_of_start`;

/** Every period from the first movement to now (rule 26); a week is named by its Monday (rule 27). */
const churn = [day, week].map((period) => {
  const { column, grain, suffix } = period;
  return view(`churn_${suffix}`, {
    columns: { [column]: period.says(), ...churnColumns(period) },
    select: sql`
      SELECT
        ${column}, sum(m_new + m_reactivated - m_lost) OVER (ORDER BY ${column}) AS at_end,
        at_end - m_new - m_reactivated + m_lost AS at_start,
        ${balance}
      FROM (
        SELECT ${period.of('bucket')} AS ${column}, ${movedSums}
        FROM tidemark_store.customer_15m AS r
        GROUP BY ${column}
        HAVING sum(movements) != 0
        ORDER BY ${column} ${period.fillTo('now()')}
      )`,
    comment: churnComment(grain),
  });
});

const churnMonthly = view('churn_monthly', {
  columns: { month: month.says(), ...churnColumns(month), ...ofStart(month) },
  select: sql`
    SELECT
      month, sum(m_new + m_reactivated - m_lost) OVER (ORDER BY month) AS at_end,
      at_end - m_new - m_reactivated + m_lost AS at_start,
      ${balanceOfStart}
    FROM (
      SELECT month, ${[...moved, 'gone'].map((name) => `sum(p_${name}) AS m_${name}`).join(', ')}
      FROM (
        SELECT ${month.of('bucket')} AS month, ${moved.map((name) => `${sums[name]} AS p_${name}`).join(', ')}, 0 AS p_gone
        FROM tidemark_store.customer_15m AS r
        GROUP BY month
        HAVING sum(movements) != 0
        UNION ALL
        SELECT month, 0, 0, 0, 0, 0, toInt64(count())
        FROM (
          SELECT ${month.of('at')} AS month, cityHash64(customer_id) AS customer
          FROM tidemark_store.customer_movement
          GROUP BY month, customer
          HAVING sum(if(movement = 'churn', -1, 1) * sign) = -1
        )
        GROUP BY month
      )
      GROUP BY month
      ORDER BY month ${month.fillTo('now()')}
    )`,
  comment: churnComment('month'),
});

/** Churn by an attribute of the customer. A hand-over within the month is no loss and no gain (rule 7). */
function churnBy(attribute: 'owner' | 'segment', says: string): View {
  const of = ` of this ${attribute}`;
  return view(`churn_by_${attribute}_monthly`, {
    columns: {
      month: month.says(),
      [attribute]: text(says),
      ...churnColumns(month, of),
      ...ofStart(month, of),
    },
    select: sql`
      SELECT
        month, ${attribute}, sum(m_placed) OVER (PARTITION BY ${attribute} ORDER BY month) AS at_end, at_end - m_placed AS at_start,
        ${balanceOfStart}
      FROM (
        SELECT month, ${attribute}, ${[...moved, 'placed', 'gone'].map((name) => `m_${name}`).join(', ')}
        FROM (
          SELECT
            ${month.of('bucket')} AS month, ${attribute}, cityHash64(${attribute}) AS key, ${movedSums}, sum(placed) AS m_placed
          FROM tidemark_store.placement_month AS r
          GROUP BY month, ${attribute}
          HAVING sum(facts) != 0
        ) AS moved
        LEFT JOIN (
          SELECT month, key, toInt64(count()) AS m_gone
          FROM (
            -- Of who was active at the start and is not at the end, hand-overs within the month cancel out in the sum, and
            -- what is left of it is the key of the ${attribute} at the start.
            SELECT
              ${month.of('at')} AS month, cityHash64(customer_id) AS customer,
              sum(cityHash64(${attribute}) * toUInt64(-delta * sign)) AS key
            FROM tidemark_store.customer_placement
            GROUP BY month, customer
            HAVING sum(delta * sign) = -1
          )
          GROUP BY month, key
        ) AS gone USING (month, key)
        ORDER BY ${attribute}, month ${month.fillTo('now()')}
      )`,
    comment: `Customers who came, came back and were lost by month and ${attribute}: start and end by the ${attribute} at that moment, movements by the ${attribute} after their instant. A row for every month from the first of the ${attribute} to now.`,
  });
}

/** Views of customers who come and go. */
export const churnViews: readonly View[] = [
  ...churn,
  churnMonthly,
  churnBy('owner', 'Account manager; empty for none.'),
  churnBy('segment', "Customer's segment; empty when unknown."),
];
