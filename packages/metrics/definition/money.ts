import { exponentOf } from '@tidemark/events/currencies';

/** Micros of one major unit: money has six decimals inside, as Decimal(38, 6) in ClickHouse. */
const microsPerUnit = 1_000_000n;

/** A price per billing interval, as the subscription events carry it; amounts in minor units of `currency`. */
export type Price = {
  readonly unit_amount: number;
  readonly quantity: number;
  /** Taken off once per interval, whatever the quantity. */
  readonly discount_amount: number;
  readonly currency: string;
  readonly interval: Interval;
  readonly interval_count: number;
};

type Interval = 'day' | 'week' | 'month' | 'year';

/** Months in one interval as a fraction: a day is 12/365 of a month, a week 12/52. */
const monthsIn = {
  day: { numerator: 12n, denominator: 365n },
  week: { numerator: 12n, denominator: 52n },
  month: { numerator: 1n, denominator: 1n },
  year: { numerator: 12n, denominator: 1n },
} as const satisfies Record<Interval, { numerator: bigint; denominator: bigint }>;

const microsPerMinor = new Map<string, bigint>();

/**
 * An amount in micros of the major unit.
 *
 * @param amountMinor Whole minor units of the currency (5900 is $59.00, ¥5900, or 5.900 dinar).
 * @param currency ISO 4217 code, as validated where the event came in.
 * @throws RangeError when the currency is unknown or the amount is not whole: a bug, events are validated.
 */
export function microsOf(amountMinor: number, currency: string): bigint {
  return BigInt(amountMinor) * microsPerMinorOf(currency);
}

/**
 * The quotient rounded to the nearest integer; a tie goes to the even one.
 *
 * @param denominator Above 0.
 */
export function roundHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 1n) return numerator;
  const quotient = numerator / denominator;
  const remainder = numerator - quotient * denominator;
  if (remainder === 0n) return quotient;
  const twice = remainder < 0n ? -2n * remainder : 2n * remainder;
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}

/**
 * Monthly recurring revenue of a price, in micros per month: (unit_amount × quantity − discount_amount) ÷ months in the
 * interval, as an exact fraction and never below 0. It is rounded once, half to even, at the sixth decimal (rule 10).
 */
export function monthlyMicros(price: Price): bigint {
  const perInterval = BigInt(price.unit_amount) * BigInt(price.quantity) - BigInt(price.discount_amount);
  if (perInterval <= 0n) return 0n;
  const months = monthsIn[price.interval];
  return roundHalfEven(
    perInterval * microsPerMinorOf(price.currency) * months.denominator,
    months.numerator * BigInt(price.interval_count),
  );
}

function microsPerMinorOf(currency: string): bigint {
  const known = microsPerMinor.get(currency);
  if (known !== undefined) return known;
  const exponent = exponentOf(currency);
  if (exponent === undefined)
    throw new RangeError(`currency: ${currency} is no ISO 4217 code with an exponent`);
  const micros = microsPerUnit / 10n ** BigInt(exponent);
  microsPerMinor.set(currency, micros);
  return micros;
}

/** Micros of the major unit as a decimal text with all its six decimals, exact, e.g. `-0.000001`. */
export function decimalOf(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
