/** Exchange rates into the reporting currency, and what is converted with them: docs/decisions/currencies.md. */
import { type Row, type Settings, grouped, number, text, counted, word } from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { dateOf, daysAfter } from '../oracle/calendar.oracle.ts';
import { halfEven } from '../oracle/money.oracle.ts';

/** Money in micros, or null when a rate that it needs is missing. */
export type Known = bigint | null;
/** What money is of, as `fx_missing` names it. */
export type Of = 'mrr' | 'sales' | 'carts' | 'cancellations' | 'costs';

/** Converts, and remembers what it could not. */
export type Exchange = {
  /** An amount in micros at the rate of a day, rounded half to even once. Nothing is nothing without a rate. */
  readonly convert: (amount: bigint, currency: string, date: string, what: Of) => Known;
  /** An amount at the rate of a day, exactly, in `rateUnit`ths of what it is in. */
  readonly exactly: (amount: bigint, currency: string, date: string, what: Of) => Known;
  /** The rows of `fx_missing` for all that was asked for so far. */
  readonly missing: () => Row[];
};

/** Rates have 18 decimals. */
export const rateUnit = 10n ** 18n;
const daysMax = 7;

type Rate = { readonly rate: bigint; readonly readOn: string };

/** The decimal text of a number, as published, in `rateUnit`ths; what lies beyond is cut. */
export function exactRate(value: number): bigint {
  const [digits = '', power = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const shift = 18 + Number(power) - fraction.length;
  const all = BigInt(whole + fraction);
  return shift >= 0 ? all * 10n ** BigInt(shift) : all / 10n ** BigInt(-shift);
}

/** The rate of every day that has one, by `currency date`: the last of the latest day with a reading, a week long. */
export function ratesOf({
  events,
  settings: { now, zone, reportingCurrency },
}: Given): ReadonlyMap<string, Rate> {
  const seen = new Set<string>();
  const quotes = counted(events, 'reading', 'name', now).filter(({ key, raw }) => {
    const identity = JSON.stringify([key, word(raw, 'reading_id')]);
    if (seen.has(identity)) return false;
    seen.add(identity);
    const ours = /^fx:[A-Z]{3}\/[A-Z]{3}$/.test(key) && key.endsWith(`/${reportingCurrency}`);
    return ours && (text(raw, 'customer_id') ?? '') === '' && (number(raw, 'value') ?? 0) > 0;
  });
  const today = dateOf(now, zone);
  const rates = new Map<string, Rate>();
  for (const [name, ofPair] of grouped(quotes, ({ key }) => key)) {
    const currency = name.slice(3, 6);
    if (currency === reportingCurrency) continue;
    // In order, so that a later day's reading replaces an earlier one that would still be valid.
    for (const [readOn, ofDay] of grouped(ofPair, ({ at }) => dateOf(at, zone))) {
      const rate = exactRate(number(ofDay.at(-1)?.raw ?? ofDay[0]!.raw, 'value') ?? 0);
      for (let days = 0; days <= daysMax; days++) {
        const date = daysAfter(readOn, days);
        if (date <= today) rates.set(`${currency} ${date}`, { rate, readOn });
      }
    }
  }
  return rates;
}

/** Each day's rate of each currency. */
export const ratesView = (rates: ReadonlyMap<string, Rate>, { reportingCurrency }: Settings): Row[] =>
  [...rates].map(([name, { rate, readOn }]) => ({
    date: name.slice(4),
    currency: name.slice(0, 3),
    reporting_currency: reportingCurrency,
    rate: Number(rate) / Number(rateUnit),
    read_on: readOn,
  }));

/** An exchange at these rates. */
export function exchangeAt(rates: ReadonlyMap<string, Rate>, { reportingCurrency }: Settings): Exchange {
  const lacking = new Map<string, Set<Of>>();
  const exactly: Exchange['exactly'] = (amount, currency, date, what) => {
    if (currency === reportingCurrency || amount === 0n) return amount * rateUnit;
    const name = `${currency} ${date}`;
    const known = rates.get(name);
    if (known) return amount * known.rate;
    lacking.set(name, (lacking.get(name) ?? new Set()).add(what));
    return null;
  };
  return {
    exactly,
    convert(amount, currency, date, what) {
      const exact = exactly(amount, currency, date, what);
      return exact === null ? null : halfEven(exact, rateUnit);
    },
    missing: () =>
      [...lacking].map(([name, what]) => ({
        date: name.slice(4),
        currency: name.slice(0, 3),
        reporting_currency: reportingCurrency,
        reading: `fx:${name.slice(0, 3)}/${reportingCurrency}`,
        needed_for: [...what].toSorted().join(', '),
      })),
  };
}

/** The sum, null as soon as any of it is. */
export const sumKnown = <T>(items: Iterable<T>, amount: (item: T) => Known): Known => {
  let whole: Known = 0n;
  for (const item of items) whole = plus(whole, amount(item));
  return whole;
};

/** `a + b`, null when either is. */
export const plus = (a: Known, b: Known): Known => (a === null || b === null ? null : a + b);
/** `a − b`, null when either is. */
export const minus = (a: Known, b: Known): Known => (a === null || b === null ? null : a - b);

/** The one exchange that all converted answers share, so that it knows which rates lack. */
export const exchange = (given: Given): Exchange => exchangeAt(given.once(ratesOf), given.settings);
