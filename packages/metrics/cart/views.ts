import type { EdgeRule, MetricPage } from '../definition/page.ts';
import { count, currency, money, rate } from '../sql/column.ts';
import { day } from '../sql/period.ts';
import { periodViews } from '../sql/period-views.ts';
import { formulaOf, ratioSql } from '../sql/ratio.ts';
import { reportedByDay } from '../sql/reporting.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';
import { abandonmentRate, outcomeAbandonmentRate, shopperAbandonmentRate } from './ratios.ts';

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

/** By customer: whoever bought one of several carts of a day has not abandoned (rule 59). */
const shoppers = view('cart_abandonment_by_customer_daily', {
  columns: {
    date: day.says(created),
    shoppers: count('Customers who created a cart, each once.'),
    converted: count('Those of them who checked out a cart that was created on this day.'),
    abandoned: count('Those of the others all of whose carts of this day stand abandoned.'),
    open: count('The others: none of the carts checked out, and one is open.'),
    abandonment_rate: rate(shopperAbandonmentRate, 'null while all are open'),
  },
  select: sql`
    SELECT
      date, count() AS shoppers, countIf(has_bought) AS converted, countIf(NOT has_bought AND NOT has_open) AS abandoned,
      countIf(NOT has_bought AND has_open) AS open, ${ratioSql(shopperAbandonmentRate)} AS abandonment_rate
    FROM (
      SELECT ${day.of('bucket')} AS date, customer_id, sum(s.converted) > 0 AS has_bought, sum(s.open) > 0 AS has_open
      FROM tidemark_store.shopper_15m AS s
      GROUP BY date, customer_id
      HAVING sum(s.carts) > 0
    )
    GROUP BY date`,
  comment:
    'What became until now of the customers who created carts on a day, each in exactly one of converted, abandoned and open. Carts of nobody known are not in it.',
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
  shoppers,
];

const source = 'The metric contract, ‘Carts’; shopping-cart abandonment rate.';
const derived: EdgeRule = [
  'A purchase with a `cart_id` checks that cart out, after the cart’s own events of the millisecond; voiding it undoes that, a refund does not.',
  19,
];

const exampleCart = (cart_id: string, verb: string, time: string, value = 2000, customer?: string) => ({
  type: `cart.${verb}`,
  occurred_at: `2026-05-10T${time}Z`,
  cart_id,
  value,
  currency: 'USD',
  ...(customer === undefined ? {} : { customer_id: customer }),
});

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
        run: {
          events: [
            ...Array.from({ length: 10 }, (_, n) => exampleCart(`k${n}`, 'created', '10:00')),
            ...['k0', 'k1', 'k2'].map((cart) => exampleCart(cart, 'checked_out', '10:20')),
            exampleCart('k3', 'checked_out', '12:00'),
          ],
          readAt: '2026-05-11T00:00Z',
          view: 'cart_abandonment_daily',
          where: { date: '2026-05-10' },
        },
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
        run: {
          events: [
            exampleCart('bought', 'created', '10:00', 4000),
            exampleCart('bought', 'checked_out', '10:20', 4000),
            exampleCart('left', 'created', '11:00', 6000),
            exampleCart('late', 'created', '12:00', 2500),
            exampleCart('late', 'checked_out', '14:00', 2500),
          ],
          readAt: '2026-05-11T00:00Z',
          view: 'cart_value_daily',
          where: { date: '2026-05-10', currency: 'USD' },
        },
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
  {
    name: 'cart-abandonment-by-customer',
    title: 'Cart abandonment by customer',
    views: ['cart_abandonment_by_customer_daily'],
    meaning:
      'What became of the customers who filled carts on a day. Who leaves two carts and buys a third has bought, while two of three carts are abandoned.',
    formula: [
      `abandonment_rate = ${formulaOf(shopperAbandonmentRate)}`,
      'shoppers = converted + abandoned + open',
    ],
    rules: [
      ['The day is that on which the carts were created; a customer counts once a day.', 59],
      [
        'The customer of a cart is the last one known of it. Carts without a customer are not in this view.',
        59,
      ],
      [
        'Converted: one of the day’s carts was checked out, whenever. Open: none was, and one is still open.',
        59,
      ],
      derived,
    ],
    examples: [
      {
        given:
          'On a day one customer leaves two carts and buys a third, two leave the only one, and one has a cart still open.',
        results: [
          ['shoppers', '1 + 2 + 1', '4'],
          ['converted', 'the first', '1'],
          ['abandonment_rate', '2 / (4 - 1)', '0.6666666666666666'],
        ],
        run: {
          events: [
            ...['a1', 'a2', 'a3'].map((cart) => exampleCart(cart, 'created', '10:00', 4000, 'ann')),
            exampleCart('a3', 'checked_out', '10:20', 4000, 'ann'),
            exampleCart('b', 'created', '10:00', 4000, 'bob'),
            exampleCart('c', 'created', '10:00', 4000, 'cid'),
            exampleCart('d', 'created', '23:50', 4000, 'dot'),
          ],
          readAt: '2026-05-11T00:00Z',
          view: 'cart_abandonment_by_customer_daily',
          where: { date: '2026-05-10' },
        },
      },
    ],
    source,
  },
];
