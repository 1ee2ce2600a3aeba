import type { EdgeRule, MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import { abandonmentRate, outcomeAbandonmentRate } from './ratios.ts';

const source = 'The metric contract, ‘Carts’; shopping-cart abandonment rate.';
const derived: EdgeRule = [
  'A purchase with a `cart_id` checks that cart out, after the cart’s own events of the millisecond; voiding it undoes that, a refund does not.',
  19,
];

/** Pages on carts. */
export const cartPages: readonly MetricPage[] = [
  {
    name: 'cart-abandonment',
    title: 'Cart abandonment',
    views: ['cart_abandonment_daily', 'cart_abandonment_hourly'],
    meaning: 'What became of the carts created in a period: bought, left, or still open.',
    formula: [`abandonment_rate = ${formulaOf(abandonmentRate)}`, 'carts = converted + abandoned + open'],
    rules: [
      [
        'Abandoned: CART_ABANDON_AFTER passed since the last activity without a checkout; one at that very instant is in time.',
        3,
      ],
      ['Recovered: checked out after at least one abandonment; part of `converted`.', 18],
      ['Activity after abandonment reopens the cart. The first checkout closes it for good.', 18],
      derived,
      ['The period is that of the cart’s creation, whenever it was bought or left.'],
    ],
    examples: [
      {
        given: '10 carts are filled: 3 checked out in time, 1 two hours later, 6 left.',
        results: [
          ['converted', '3 + 1', '4'],
          ['recovered', 'the late one', '1'],
          ['abandoned', '10 - 4', '6'],
          ['abandonment_rate', '6 / (10 - 0)', '0.6'],
        ],
      },
    ],
    source,
  },
  {
    name: 'cart-value',
    title: 'Cart value',
    views: ['cart_value_daily'],
    meaning: 'What the carts created on a day were worth, by what became of them.',
    formula: ['abandoned_value, recovered_value, converted_value = sums of the carts’ values'],
    rules: [
      ['`abandoned_value` is the last known value of carts that stand abandoned.', 18],
      ['`recovered_value` is part of `converted_value`; both are values at checkout.', 18],
      derived,
    ],
    examples: [
      {
        given:
          'Of three carts one is checked out at $40, one left at $60, one checked out at $25 after it had been left.',
        results: [
          ['abandoned_value', 'the one left', '60'],
          ['recovered_value', 'the one that came back', '25'],
          ['converted_value', '40 + 25', '65'],
        ],
      },
    ],
    source,
  },
  {
    name: 'cart-outcomes',
    title: 'Cart outcomes by the hour',
    views: ['cart_outcomes_hourly'],
    meaning: 'What happened to carts in an hour, whenever they were created.',
    formula: [
      'counts of what happened, each at its instant',
      `outcome_abandonment_rate = ${formulaOf(outcomeAbandonmentRate)}, in the live summary, its gauge and alert rules`,
    ],
    rules: [
      ['Each abandonment counts when it happened; reopening undoes nothing.', 18],
      ['`recovered` is part of `converted`.', 18],
      [
        '`outcome_abandonment_rate` is of what happened in a period, whenever the carts were created: a cart abandoned and recovered in it is one abandonment and one conversion. `abandonment_rate` of [cart abandonment](cart-abandonment.md) is of the carts created in it.',
        54,
      ],
      derived,
    ],
    examples: [
      {
        given: 'A cart is created at 10:00, left, and checked out at 12:05.',
        results: [
          ['created', 'hour of 10:00', '1'],
          ['abandoned', 'hour of 10:00, at 10:30', '1'],
          ['converted', 'hour of 12:00', '1'],
          ['recovered', 'hour of 12:00', '1'],
        ],
      },
    ],
    source,
  },
];
