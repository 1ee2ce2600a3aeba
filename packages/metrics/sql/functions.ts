import { sqlFunction, type ViewStatement } from './view.ts';

/** The functions that views are written with. */
export const functions: readonly ViewStatement[] = [
  sqlFunction(
    'half_even_divide',
    `(a, b) ->
  if(ifNull(b, 0) = 0, NULL,
    toDecimal128(roundBankers(toDecimal256(a, 30) / toDecimal256(if(ifNull(b, 0) = 0, 1, b), 6), 6), 6))`,
    `Money quotient a / b as Nullable(Decimal(38, 6)), exact and rounded half to even at the 6th decimal (rule 10); null when b
is 0 or null. a, b: Decimal(*, <= 6), integers, sums of them: half_even_divide(sum(amount * sign), sum(sign)). Plain / truncates.
Divided at 30 decimals, which separates a tie at the 6th from what is not one for every divisor below 10^17 (10^23 of whole
numbers) and leaves room for dividends up to 10^40: the greatest MRR allowed times milliseconds. Written so that a
stands there once: ClickHouse puts in its text, and views with many quotients took long to analyse.`,
  ),
  sqlFunction(
    'rate_of',
    `(a, b) -> if(b = 0, NULL, toFloat64(a) / toFloat64(b))`,
    `a / b as Nullable(Float64), null when b is 0 or null: for rates and averages.`,
  ),
  sqlFunction(
    'money_of',
    `(x) -> toDecimal128OrNull(toString(roundBankers(x, 6)), 6)`,
    `A computed number as money, rounded half to even at the 6th decimal; null when it is none, or too large for money. By way
of text, so that 456.1 is that, and not the nearest binary fraction cut off.`,
  ),
  sqlFunction(
    'kept_within',
    `(x, low, high) -> if(isNull(x), NULL, greatest(low, least(high, assumeNotNull(x))))`,
    `A computed number, at least low and at most high. least() and greatest() by themselves pass over null.`,
  ),
  sqlFunction(
    'converted',
    `(amount, rate) ->
  multiIf(amount = 0, toDecimal128(0, 6),
    abs(amount) < 1000000000 AND rate < 100000,
    toDecimal128(roundBankers(toDecimal128(least(greatest(amount, -1000000000), 1000000000), 6) * toDecimal128(least(rate, 100000), 18), 6), 6),
    toDecimal128(roundBankers(toDecimal256(amount, 6) * toDecimal256(rate, 18), 6), 6))`,
    `An amount at a rate (Decimal, up to 18 decimals), rounded half to even at the 6th decimal; null without a rate, but
nothing is nothing in any currency. Below a thousand million at a rate below 100,000 the product has at most 38 digits, and
ClickHouse rounds those sixteen times as fast as longer ones.`,
  ),
  sqlFunction(
    'in_months',
    `(x) ->
  if(abs(toFloat64(x) / 2628) < 1e12 AND abs(toFloat64(x) / 2628 - floor(toFloat64(x) / 2628) - 0.5) > 0.01,
    toDecimal128(toInt64(round(toFloat64(x) / 2628)), 6) / 1000000,
    toDecimal128(roundBankers(toDecimal256(x, 24) / 2628000000, 6), 6))`,
    `Money a month times milliseconds, as money: a month being 365/12 days, which are 2,628,000,000 ms; rounded half to even at
the 6th decimal. A floating-point quotient decides it unless it is too large, or so near a tie that its own error matters:
the exact one takes twelve times as long.`,
  ),
  sqlFunction(
    'sum_known',
    `(x) -> if(count() = count(x), sum(x), NULL)`,
    `The sum, null when any of it is: sum() by itself passes over what is missing.`,
  ),
];
