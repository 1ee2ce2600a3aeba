import { decimalOf, roundHalfEven } from '@tidemark/metrics/definition/money';
import { churnRate, outcomeAbandonmentRate, ratioOf } from '@tidemark/metrics/ratios';
import { bucketMs } from '@tidemark/runtime/counters';
import type { CounterStore } from './counter-store.ts';
import { periodsAt, type Period } from './periods.ts';

/** Money as a decimal text with six places, exact. */
export type Decimal = string;

/** The live figures of one moment. Rates are fractions, `null` when the denominator is 0. */
export type Summary = {
  readonly as_of: string;
  readonly zone: string;
  readonly customers: number;
  readonly recurring: readonly { currency: string; mrr: Decimal; customers: number; arpa: Decimal | null }[];
  readonly churn: { readonly today: Churn; readonly month: Churn };
  readonly carts: {
    readonly last_hour: { created: number; converted: number; recovered: number; abandoned: number } & {
      /** Abandonments ÷ (abandonments + conversions) of the hour, whenever the carts were created. Rule 54. */
      outcome_abandonment_rate: number | null;
    };
  };
  readonly contacts: readonly {
    channel: string;
    opened_today: number;
    resolved_today: number;
    backlog: number;
  }[];
  readonly sales_today: readonly {
    currency: string;
    purchases: number;
    revenue: Decimal;
    refunds: Decimal;
  }[];
  readonly mentions_today: readonly { sentiment: string; mentions: number }[];
};

/** Customers lost and gained, and cancellations scheduled, within a period. `churn_rate` is lost ÷ customers at its start. */
export type Churn = {
  readonly customers_at_start: number;
  readonly customers_lost: number;
  readonly customers_new: number;
  readonly customers_reactivated: number;
  readonly churn_rate: number | null;
  readonly cancellations_scheduled: number;
  readonly cancellations_taken_back: number;
  readonly mrr_lost: readonly { currency: string; amount: Decimal }[];
};

/** The summary at `now`. Buckets are quarter hours, so `last_hour` begins at the quarter before an hour ago. */
export function summarize(store: CounterStore, now: number, zone: string): Summary {
  const { today, month, lastHour } = periodsAt(now, zone);
  const ofToday = new Sums(store.sums(today.from, today.to));
  const hourFrom = Math.floor(lastHour.from / bucketMs) * bucketMs;
  const ofHour = new Sums(store.sums(hourFrom, lastHour.to));
  return {
    as_of: new Date(now).toISOString(),
    zone,
    customers: Number(store.total('customers')),
    recurring: recurringOf(store),
    churn: { today: churnOf(store, today, ofToday), month: churnOf(store, month) },
    carts: { last_hour: cartsOf(ofHour) },
    contacts: contactsOf(store, ofToday),
    sales_today: ofToday.values('purchases', 0).map((currency) => ({
      currency,
      purchases: ofToday.count('purchases', [currency]),
      revenue: decimalOf(ofToday.sum('revenue', [currency])),
      refunds: decimalOf(ofToday.sum('refunds', [currency])),
    })),
    mentions_today: ofToday
      .values('mentions', 1)
      .map((sentiment) => ({ sentiment, mentions: ofToday.count('mentions', [undefined, sentiment]) })),
  };
}

function recurringOf(store: CounterStore): Summary['recurring'] {
  return [...store.totals('mrr')]
    .map(([[currency = ''], mrr]) => {
      const customers = store.total('paying_customers', currency);
      return {
        currency,
        mrr: decimalOf(mrr),
        customers: Number(customers),
        arpa: customers > 0n ? decimalOf(roundHalfEven(mrr, customers)) : null,
      };
    })
    .toSorted((a, b) => b.customers - a.customers);
}

function churnOf(
  store: CounterStore,
  period: Period,
  sums = new Sums(store.sums(period.from, period.to)),
): Churn {
  const lost = sums.count('customers_moved', ['churn']);
  const gained = sums.count('customers_moved', ['new']);
  const reactivated = sums.count('customers_moved', ['reactivation']);
  const atStart = Number(store.total('customers')) - (gained + reactivated - lost);
  return {
    customers_at_start: atStart,
    customers_lost: lost,
    customers_new: gained,
    customers_reactivated: reactivated,
    churn_rate: ratioOf(churnRate, { customers_lost: lost, customers_at_start: atStart }),
    cancellations_scheduled: sums.count('cancellations_scheduled', []),
    cancellations_taken_back: sums.count('cancellations_taken_back', []),
    mrr_lost: sums
      .values('mrr_lost', 0)
      .map((currency) => ({ currency, amount: decimalOf(sums.sum('mrr_lost', [currency])) })),
  };
}

function cartsOf(sums: Sums): Summary['carts']['last_hour'] {
  const [created, converted, recovered, abandoned] = [
    'carts_created',
    'carts_converted',
    'carts_recovered',
    'carts_abandoned',
  ].map((name) => sums.count(name, [])) as [number, number, number, number];
  // Each outcome counts whenever it happened. `converted` includes `recovered`, so `recovered` is not added.
  const outcome_abandonment_rate = ratioOf(outcomeAbandonmentRate, { abandoned, converted });
  return { created, converted, recovered, abandoned, outcome_abandonment_rate };
}

function contactsOf(store: CounterStore, today: Sums): Summary['contacts'] {
  const backlog = new Map(
    [...store.totals('contacts_backlog')].map(([[channel = ''], open]) => [channel, open]),
  );
  const channels = new Set([...backlog.keys(), ...today.values('contacts_opened', 0)]);
  return [...channels].toSorted().map((channel) => ({
    channel,
    opened_today: today.count('contacts_opened', [channel]),
    resolved_today: today.count('contacts_resolved', [channel]),
    backlog: Number(backlog.get(channel) ?? 0n),
  }));
}

/** Sums of one period by name and dimensions, with any dimension left open. */
class Sums {
  readonly #rows: { readonly name: string; readonly dimensions: readonly string[]; readonly sum: bigint }[];

  constructor(sums: ReadonlyMap<string, bigint>) {
    this.#rows = [...sums].map(([series, sum]) => {
      const [name, ...dimensions] = JSON.parse(series) as [string, ...string[]];
      return { name, dimensions, sum };
    });
  }

  /** The sum over the series of a name whose dimensions are as given; `undefined` and what is left out match any. */
  sum(name: string, wanted: readonly (string | undefined)[]): bigint {
    return this.#rows
      .filter((row) => row.name === name)
      .filter(({ dimensions }) =>
        wanted.every((value, index) => value === undefined || dimensions[index] === value),
      )
      .reduce((total, { sum }) => total + sum, 0n);
  }

  count(name: string, wanted: readonly (string | undefined)[]): number {
    return Number(this.sum(name, wanted));
  }

  /** The values that a dimension of a name takes, in order. */
  values(name: string, dimension: number): string[] {
    const values = this.#rows
      .filter((row) => row.name === name)
      .map(({ dimensions }) => dimensions[dimension] ?? '');
    return [...new Set(values)].toSorted();
  }
}
