import {
  all,
  atItsRate,
  before,
  cellSum,
  convertedSum,
  type ExplainedView,
  type ExplainedViews,
  type Explanation,
  facts,
  type Parts,
  quotient,
  ratioFormula,
  rolled,
  same,
  upTo,
  within,
} from '../sql/explained.ts';
import { type CivilPeriod, day, month, today, week } from '../sql/period.ts';
import { committedExplained } from './committed-explained.ts';
import { revenueChurnExplained } from './revenue-churn-explained.ts';

const movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'];
const net = movements.join(' + ');

const mrr = (period: CivilPeriod): ExplainedView => {
  const moved = (value: string, when = within): Parts =>
    rolled('mrr_15m', 'mrr_movement', value, all(when(period), same('currency')));
  return {
    key: [period.column, 'currency'],
    columns: {
      ...Object.fromEntries(movements.map((name) => [name, moved(name)])),
      net: moved(net),
      mrr: moved(net, upTo),
      customers: moved('customers', upTo),
      arpa: quotient('mrr', 'customers'),
    },
  };
};

/** MRR over all currencies: each day's movements and balance at its rate, and what rates did to the balance. */
const bridge = (period: CivilPeriod, rest: { [column: string]: Explanation }): ExplainedView => ({
  key: [period.column],
  columns: {
    ...rest,
    net: ratioFormula(net, movements),
    fx: ratioFormula('mrr - ifNull(opening, toDecimal128(0, 6)) - net', {
      mrr: { column: 'mrr' },
      opening: {
        column: 'mrr',
        view: `mrr_${period.suffix}_reporting`,
        key: {
          [period.column]: period.grain === 'day' ? ':date - 1' : 'addMonths(:month, -1)',
        },
      },
      net: { column: 'net' },
    }),
    arpa: quotient('mrr', 'customers'),
  },
  without: { currency: 'the reporting currency' },
});

const dailyBridge = bridge(day, {
  ...Object.fromEntries(
    [...movements, 'mrr'].map((name) => [
      name,
      convertedSum('mrr_daily', name, same('date'), { date: 'date', currency: 'currency' }),
    ]),
  ),
  customers: cellSum('churn_daily', 'customers_at_end', same('date'), { date: 'd.date' }),
});

const lastDay = `date = (SELECT max(date) FROM tidemark.mrr_daily_reporting WHERE toStartOfMonth(date) = :month)`;
const monthlyBridge = bridge(month, {
  ...Object.fromEntries(
    movements.map((name) => [
      name,
      cellSum('mrr_daily_reporting', name, 'toStartOfMonth(date) = :month', { date: 'd.date' }),
    ]),
  ),
  mrr: cellSum('mrr_daily_reporting', 'mrr', lastDay, { date: 'd.date' }),
  customers: cellSum('mrr_daily_reporting', 'customers', lastDay, { date: 'd.date' }),
});

const churn = (period: CivilPeriod): ExplainedView => {
  const moved = (value: string, when = within): Parts =>
    rolled('customer_15m', 'customer_movement', value, when(period));
  return {
    key: [period.column],
    columns: {
      customers_new: moved('new'),
      customers_reactivated: moved('reactivated'),
      customers_lost: moved('lost'),
      lost_voluntary: moved('lost_voluntary'),
      lost_involuntary: moved('lost_involuntary'),
      customers_at_start: moved('new + reactivated - lost', before),
      customers_at_end: moved('new + reactivated - lost', upTo),
    },
  };
};

const churnMonthly: ExplainedView = {
  key: ['month'],
  columns: {
    ...churn(month).columns,
    lost_of_start: {
      from: { kind: 'customer_movement' },
      where: within(month, 'at'),
      each: { customer_id: 'customer_id' },
      value: "toInt64(sum(if(movement = 'churn', -1, 1) * sign) = -1)",
    },
  },
};

const churnBy = (attribute: 'owner' | 'segment'): ExplainedView => {
  const moved = (kind: string, value: string, when = within): Parts =>
    rolled('placement_month', kind, value, all(when(month), same(attribute)));
  return {
    key: ['month', attribute],
    columns: {
      customers_new: moved('customer_movement', 'new'),
      customers_reactivated: moved('customer_movement', 'reactivated'),
      customers_lost: moved('customer_movement', 'lost'),
      lost_voluntary: moved('customer_movement', 'lost_voluntary'),
      lost_involuntary: moved('customer_movement', 'lost_involuntary'),
      customers_at_start: moved('customer_placement', 'placed', before),
      customers_at_end: moved('customer_placement', 'placed', upTo),
      // Of who is active at the start and not at the end, hand-overs cancel out.
      lost_of_start: {
        from: { kind: 'customer_placement' },
        where: within(month, 'at'),
        each: { customer_id: 'customer_id' },
        value: `toInt64(sum(delta * sign) = -1 AND sumIf(delta * sign, ${attribute} = :${attribute}) = -1)`,
      },
    },
  };
};

const movementKey = ['occurred_at', 'customer_id', 'currency', 'movement'];
const whatItSays = (columns: readonly string[]): { [column: string]: string } =>
  Object.fromEntries(columns.map((column) => [column, 'what the fact itself says']));
const attributes = whatItSays([
  'plan_id',
  'owner',
  'segment',
  'country',
  'reason',
  'event_id',
  'recorded_at',
]);

const cancellation = (value: string): Parts =>
  rolled('cancellation_15m', 'cancellation', value, all(within(day), same('currency', 'reason')));
const cancellations = ['scheduled', 'scheduled_mrr', 'taken_back', 'taken_back_mrr'];

const members = `customer_id IN (SELECT customer_id FROM tidemark_store.customer_movement AS m
  WHERE movement = 'new' AND ${month.of('at')} = :cohort GROUP BY customer_id HAVING sum(m.sign) > 0)`;
const ofCohort = (kind: string, value: string, ...conditions: readonly string[]): Parts =>
  facts(kind, value, all(members, ...conditions));
const cohortCustomers = {
  customers: ofCohort('customer_movement', '1', "movement = 'new'"),
  active: ofCohort('customer_movement', "if(movement = 'churn', -1, 1)", upTo(month, 'at')),
};
const sinceCohort = { months_since: 'the months from cohort to month, which are the key' };

/** How the figures of recurring revenue come about. */
export const subscriptionExplained: ExplainedViews = {
  mrr_daily: mrr(day),
  mrr_monthly: mrr(month),
  mrr_daily_reporting: dailyBridge,
  mrr_monthly_reporting: monthlyBridge,
  mrr_movements: {
    key: movementKey,
    columns: {
      amount: facts(
        'mrr_movement',
        'amount',
        all('at = :occurred_at', same('customer_id', 'currency', 'movement')),
      ),
    },
    without: attributes,
  },
  mrr_movements_reporting: {
    key: ['occurred_at', 'customer_id', 'original_currency', 'movement'],
    columns: {
      original_amount: facts(
        'mrr_movement',
        'amount',
        all('at = :occurred_at', same('customer_id', 'movement'), 'currency = :original_currency'),
      ),
      amount: {
        from: `(SELECT *, ${day.of('occurred_at')} AS date FROM tidemark.mrr_movements) AS d
          LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
        where: all(same('occurred_at', 'customer_id', 'movement'), 'currency = :original_currency'),
        each: {
          occurred_at: 'occurred_at',
          customer_id: 'customer_id',
          currency: 'currency',
          movement: 'movement',
        },
        ...atItsRate('d.amount'),
        of: { view: 'mrr_movements', column: 'amount' },
      },
    },
    without: { ...attributes, currency: 'the reporting currency' },
  },
  churn_daily: churn(day),
  churn_weekly: churn(week),
  churn_monthly: churnMonthly,
  churn_by_owner_monthly: churnBy('owner'),
  churn_by_segment_monthly: churnBy('segment'),
  cancellations_daily: {
    key: ['date', 'currency', 'reason'],
    columns: Object.fromEntries(cancellations.map((name) => [name, cancellation(name)])),
  },
  cancellations_daily_reporting: {
    key: ['date', 'reason'],
    columns: Object.fromEntries(
      cancellations.map((name) => {
        const sum = name.endsWith('_mrr') ? convertedSum : cellSum;
        const each = { date: 'd.date', currency: 'd.currency', reason: 'd.reason' };
        return [name, sum('cancellations_daily', name, same('date', 'reason'), each)];
      }),
    ),
    without: { currency: 'the reporting currency' },
  },
  ...committedExplained,
  ...revenueChurnExplained,
  retention_cohorts_monthly: {
    key: ['cohort', 'month', 'currency'],
    columns: {
      ...cohortCustomers,
      mrr: ofCohort('mrr_movement', 'amount', same('currency'), upTo(month, 'at')),
      revenue_retention: ratioFormula('rate_of(mrr, won)', {
        mrr: { column: 'mrr' },
        won: ofCohort('mrr_movement', 'amount', same('currency'), "movement = 'new'"),
      }),
    },
    without: sinceCohort,
  },
  retention_cohorts_monthly_reporting: {
    key: ['cohort', 'month'],
    columns: {
      ...cohortCustomers,
      mrr: {
        from: `(SELECT *, least(addMonths(month, 1) - 1, ${today}) AS date FROM tidemark.retention_cohorts_monthly) AS d
          LEFT JOIN tidemark_store.fx_rate AS f USING (date, currency)`,
        where: same('cohort', 'month'),
        each: { cohort: 'cohort', month: 'month', currency: 'currency' },
        ...atItsRate('d.mrr'),
        of: { view: 'retention_cohorts_monthly', column: 'mrr' },
      },
      revenue_retention: ratioFormula('rate_of(mrr, won)', {
        mrr: { column: 'mrr' },
        won: { view: 'mrr_monthly_reporting', column: 'new', key: { month: ':cohort' } },
      }),
    },
    without: { ...sinceCohort, currency: 'the reporting currency' },
  },
};
