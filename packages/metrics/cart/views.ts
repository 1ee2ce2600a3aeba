import { count, currency, money, rate } from '../sql/column.ts';
import { periodViews } from '../sql/period-views.ts';
import { reportedByDay } from '../sql/reporting.ts';
import type { View } from '../sql/view.ts';
import { abandonmentRate } from './ratios.ts';

const created = 'in which the carts were created';
const recovered = 'Those of the converted that had been abandoned before.';

/** By the creation of the cart: each is in exactly one of converted, abandoned and open (rule 18). */
const abandonment = periodViews('cart_abandonment', {
  grains: ['day', 'hour'],
  from: 'tidemark_store.cart_standing_15m AS s',
  when: created,
  columns: {
    carts: count('Carts created.', 'sum(s.carts)'),
    converted: count('Those of them checked out, recovered ones included.', 'sum(s.converted)'),
    recovered: count(recovered, 'sum(s.recovered)'),
    abandoned: count(
      'Those of the carts abandoned (CART_ABANDON_AFTER without activity, default 30 minutes) and neither reopened nor checked out since.',
      'sum(s.abandoned)',
    ),
    open: count('Those of the carts that are neither converted nor abandoned yet.', 'sum(s.open)'),
    abandonment_rate: rate(abandonmentRate, 'null while all are open'),
  },
  having: 'carts != 0',
  comment: ({ grain }) =>
    `What became until now of the carts created in one ${grain}: each is in exactly one of converted, abandoned and open.`,
});

const value = periodViews('cart_value', {
  grains: ['day'],
  from: 'tidemark_store.cart_standing_15m AS s',
  when: created,
  by: { currency: { ...currency, sql: 's.currency' } },
  columns: {
    abandoned_value: money('Last known value of the carts that stand abandoned.', 'sum(s.abandoned_value)'),
    recovered_value: money(
      'Value at checkout of the carts recovered; part of converted_value.',
      'sum(s.recovered_value)',
    ),
    converted_value: money('Value at checkout of the carts checked out.', 'sum(s.converted_value)'),
  },
  having: 'abandoned_value != 0 OR converted_value != 0',
  comment: () =>
    'What the carts created on a day are worth, by currency and by what became of them until now.',
});

/** By what happened (rule 18), in hours of the reporting zone (rule 27). */
const outcomes = periodViews('cart_outcomes', {
  grains: ['hour'],
  from: 'tidemark_store.cart_outcome_15m AS o',
  when: 'in which it happened',
  columns: {
    created: count('Carts created.', 'sum(o.created)'),
    converted: count('Carts checked out, recovered ones included.', 'sum(o.converted)'),
    abandoned: count(
      'Abandonments, each when it happened; reopening the cart takes none away.',
      'sum(o.abandoned)',
    ),
    recovered: count(recovered, 'sum(o.recovered)'),
  },
  having: 'created != 0 OR converted != 0 OR abandoned != 0',
  comment: () => 'What happened to carts, by the hour in which it happened.',
});

/** Views of carts. */
export const cartViews: readonly View[] = [
  ...abandonment,
  ...value,
  ...value.map((plain) =>
    reportedByDay(
      plain,
      'What the carts created on a day are worth over all currencies in the reporting currency, by what became of them until now.',
    ),
  ),
  ...outcomes,
];
