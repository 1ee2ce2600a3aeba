/** Carts: abandoned, recovered, converted. Rule 18, rule 19, rule 26, rule 59. */
import {
  type ContractEvent,
  type Row,
  type Settings,
  type Counted,
  count,
  grouped,
  inOrder,
  number,
  ratio,
  text,
  counted,
  word,
} from '../oracle/base.oracle.ts';
import { amountText } from '../subscription/reporting.oracle.ts';
import { type Exchange, exchange, sumKnown } from '../currencies/rates.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { dateOf, hourOf } from '../oracle/calendar.oracle.ts';
import { decimal, micros, sum } from '../oracle/money.oracle.ts';

/** A cart as it stands. */
export type Cart = {
  readonly createdAt: number;
  readonly checkedOutAt: number | null;
  readonly abandonedAt: readonly number[];
  /** Abandoned and neither reopened nor checked out since. */
  readonly lies: boolean;
  /** The last known value. */
  readonly value: bigint;
  readonly currency: string;
  /** The last one known. */
  readonly customer: string | null;
};
type Activity = { readonly event: Counted; readonly derived: boolean; readonly amount: number };

/** What happened to each cart: its own events, and after those of the same millisecond what purchases checked out. */
function activities(events: readonly ContractEvent[], now: number): Map<string, Activity[]> {
  const own = counted(events, 'cart', 'cart_id', now).map((event) => ({
    cart: event.key,
    activity: { event, derived: false, amount: number(event.raw, 'value') ?? 0 },
  }));
  const derived = counted(events, 'purchase', 'customer_id', now).flatMap((event) => {
    const cart = event.verb === 'completed' ? text(event.raw, 'cart_id') : null;
    const amount = number(event.raw, 'amount') ?? 0;
    return cart === null ? [] : [{ cart, activity: { event, derived: true, amount } }];
  });
  const carts = grouped([...own, ...derived], ({ cart }) => cart);
  return new Map(
    [...carts].map(([cart, all]) => [
      cart,
      all
        .map(({ activity }) => activity)
        .sort(
          (a, b) =>
            a.event.at - b.event.at || Number(a.derived) - Number(b.derived) || inOrder(a.event, b.event),
        ),
    ]),
  );
}

function cartOf(all: readonly Activity[], { now, cartAbandonAfterMs }: Settings): Cart {
  const checkout = all.findIndex(({ event, derived }) => derived || event.verb === 'checked_out');
  const seen = checkout < 0 ? all : all.slice(0, checkout + 1);
  const [first] = seen;
  const last = seen.at(-1);
  if (!first || !last) throw new Error('a cart without events');
  const abandonedAt = seen.flatMap(({ event }, i) => {
    const due = event.at + cartAbandonAfterMs;
    const next = seen[i + 1];
    // Events come before ticks: whatever happens at the very instant is in time.
    if (next) return next.event.at > due ? [due] : [];
    return checkout < 0 && due < now ? [due] : [];
  });
  const currency = word(last.event.raw, 'currency');
  return {
    createdAt: first.event.at,
    checkedOutAt: checkout < 0 ? null : last.event.at,
    abandonedAt,
    lies: checkout < 0 && last.event.at + cartAbandonAfterMs < now,
    value: micros(last.amount, currency),
    currency,
    customer: seen.reduce<string | null>((known, { event }) => text(event.raw, 'customer_id') ?? known, null),
  };
}

/** Every cart as it stands at `now`. */
export const carts = ({ events, settings }: Given): Cart[] =>
  [...activities(events, settings.now).values()].map((all) => cartOf(all, settings));

/** Whether it was checked out. */
export const isConverted = (cart: Cart): boolean => cart.checkedOutAt !== null;
/** Whether it was checked out after an abandonment. */
export const isRecovered = (cart: Cart): boolean => isConverted(cart) && cart.abandonedAt.length > 0;

/** What became of the carts created in each period. */
export function abandonmentView(all: readonly Cart[], unit: 'day' | 'hour', { zone }: Settings): Row[] {
  const name = unit === 'day' ? dateOf : hourOf;
  return [...grouped(all, (cart) => name(cart.createdAt, zone))].map(([key, created]) => {
    const left = count(created, (cart) => cart.lies);
    const open = count(created, (cart) => !cart.lies && !isConverted(cart));
    return {
      [unit === 'day' ? 'date' : 'hour']: key,
      carts: created.length,
      converted: count(created, isConverted),
      recovered: count(created, isRecovered),
      abandoned: left,
      open,
      abandonment_rate: ratio(left, created.length - open),
    };
  });
}

/** What became of the customers who created carts on each day. */
export function shoppersView(all: readonly Cart[], { zone }: Settings): Row[] {
  const known = all.filter(({ customer }) => customer !== null);
  return [...grouped(known, (cart) => dateOf(cart.createdAt, zone))].map(([date, created]) => {
    const shoppers = [...grouped(created, ({ customer }) => customer ?? '').values()];
    const converted = count(shoppers, (mine) => mine.some(isConverted));
    const abandoned = count(shoppers, (mine) => mine.every(({ lies }) => lies));
    const open = shoppers.length - converted - abandoned;
    const abandonment_rate = ratio(abandoned, shoppers.length - open);
    return { date, shoppers: shoppers.length, converted, abandoned, open, abandonment_rate };
  });
}

/** The money in them, by the currency of the last known value. */
export function cartValueView(all: readonly Cart[], { zone }: Settings): Row[] {
  const worthOf = (some: readonly Cart[]): bigint => sum(some, (cart) => cart.value);
  const settled = all.filter((cart) => (cart.lies || isConverted(cart)) && cart.value > 0n);
  const days = grouped(settled, (cart) => `${dateOf(cart.createdAt, zone)} ${cart.currency}`);
  return [...days].map(([day, some]) => ({
    date: day.slice(0, 10),
    currency: day.slice(11),
    abandoned_value: decimal(worthOf(some.filter((cart) => cart.lies))),
    recovered_value: decimal(worthOf(some.filter(isRecovered))),
    converted_value: decimal(worthOf(some.filter(isConverted))),
  }));
}

/** What happened in each hour; an abandonment stays one whatever came after, a recovered cart is converted too. */
export function outcomesView(all: readonly Cart[], { zone }: Settings): Row[] {
  const happened = all.flatMap((cart) => [
    { at: cart.createdAt, what: 'created' },
    ...cart.abandonedAt.map((at) => ({ at, what: 'abandoned' })),
    ...(cart.checkedOutAt === null ? [] : [{ at: cart.checkedOutAt, what: 'converted' }]),
    ...(cart.checkedOutAt !== null && isRecovered(cart)
      ? [{ at: cart.checkedOutAt, what: 'recovered' }]
      : []),
  ]);
  return [...grouped(happened, ({ at }) => hourOf(at, zone))].map(([hour, some]) => ({
    hour,
    created: count(some, ({ what }) => what === 'created'),
    converted: count(some, ({ what }) => what === 'converted'),
    abandoned: count(some, ({ what }) => what === 'abandoned'),
    recovered: count(some, ({ what }) => what === 'recovered'),
  }));
}

/** The money in the carts created on a day, over all currencies. */
export function cartValueReportingView(
  all: readonly Cart[],
  exchange: Exchange,
  { zone, reportingCurrency }: Settings,
): Row[] {
  const settled = all.filter((cart) => (cart.lies || isConverted(cart)) && cart.value > 0n);
  return [...grouped(settled, (cart) => dateOf(cart.createdAt, zone))].map(([date, created]) => {
    const worth = (which: (cart: Cart) => boolean): string | null =>
      amountText(
        sumKnown(
          grouped(created.filter(which), (cart) => cart.currency),
          ([currency, some]) =>
            exchange.convert(
              sum(some, ({ value }) => value),
              currency,
              date,
              'carts',
            ),
        ),
      );
    return {
      date,
      currency: reportingCurrency,
      abandoned_value: worth((cart) => cart.lies),
      recovered_value: worth(isRecovered),
      converted_value: worth(isConverted),
    };
  });
}

/** What the views of carts should show. */
export const expected: ExpectedViews = {
  cart_abandonment_daily: {
    key: ['date'],
    rows: (given) => abandonmentView(given.once(carts), 'day', given.settings),
  },
  cart_abandonment_hourly: {
    key: ['hour'],
    rows: (given) => abandonmentView(given.once(carts), 'hour', given.settings),
  },
  cart_abandonment_by_customer_daily: {
    key: ['date'],
    rows: (given) => shoppersView(given.once(carts), given.settings),
  },
  cart_value_daily: {
    key: ['date', 'currency'],
    rows: (given) => cartValueView(given.once(carts), given.settings),
  },
  cart_value_daily_reporting: {
    key: ['date'],
    rows: (given) => cartValueReportingView(given.once(carts), given.once(exchange), given.settings),
  },
  cart_outcomes_hourly: {
    key: ['hour'],
    rows: (given) => outcomesView(given.once(carts), given.settings),
  },
};
