import { parseDate } from '@tidemark/events/times';
import type { CostIncurred } from '@tidemark/events/types';
import { moneyBy, to, type Definition, type FactOf, type Instant } from '../definition/definition.ts';
import { microsOf, roundHalfEven } from '../definition/money.ts';

/** What the fold over a cost publishes. */
export const costFacts = {
  /**
   * The part of a cost on one of its days. `at` is when the cost was incurred. `date` is the day: a civil date as its midnight in
   * UTC, the same day in every reporting zone. Days to come are published at once; the views count a day once it has begun.
   */
  cost_day: {
    cost_id: 'string',
    date: 'instant',
    category: 'string',
    currency: 'string',
    campaign: 'string',
    segment: 'string',
    amount: 'money',
  },
} as const;

type CostDay = FactOf<typeof costFacts>;

const dayMs: Instant = 86_400_000;

/**
 * Costs, spread evenly over the days of their period so that the days add up to the cost exactly. The first event of a
 * cost_id counts (rule 24).
 */
export const costs: Definition<'unknown' | 'known', CostIncurred, typeof costFacts> = {
  name: 'costs',
  version: '1',
  on: 'cost',
  facts: costFacts,
  initial: 'unknown',
  due: () => undefined,
  // Its event is all there is of it.
  ended: () => true,
  step(state, input) {
    if (state === 'known') return to(state);
    switch (input.type) {
      case 'cost.incurred':
        return to('known', ...daysOf(input));
      case 'tick':
        return to(state);
    }
  },
  counters: { costs: moneyBy('category') },
  count: ({ currency, category, amount }) => [{ series: ['costs', currency, category], by: amount }],
};

/** Day i of n carries round(a·i/n) − round(a·(i−1)/n) (rule 39): what is rounded away on one day comes on another. */
function daysOf(cost: CostIncurred): readonly CostDay[] {
  const { period_start, period_end, category, currency } = cost;
  const first = parseDate(period_start);
  const last = parseDate(period_end);
  if (first === undefined || last === undefined)
    throw new RangeError(`period_start and period_end: ${period_start} to ${period_end} are no dates`);
  const amount = microsOf(cost.amount, currency);
  const days = BigInt(last - first + 1);
  const given: CostDay[] = [];
  let before = 0n;
  for (let day = 1n; day <= days; day++) {
    const upTo = roundHalfEven(amount * day, days);
    given.push({
      kind: 'cost_day',
      at: cost.occurred_at,
      cost_id: cost.cost_id,
      date: (first + Number(day) - 1) * dayMs,
      category,
      currency,
      campaign: cost.campaign ?? '',
      segment: cost.segment ?? '',
      amount: upTo - before,
    });
    before = upTo;
  }
  return given;
}
