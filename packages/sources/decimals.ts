import { exponentOf } from '@tidemark/events/currencies';

/** An exact number: `numerator` ÷ 10^`places`. */
export type Decimal = { readonly digits: bigint; readonly places: number };

/** Reads a decimal text such as `19.99` or `-5`, or a number as JSON has it; `undefined` for anything else. */
export function decimalIn(value: unknown): Decimal | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const match = typeof text === 'string' ? /^([+-]?\d{1,30})(?:\.(\d{1,30}))?$/.exec(text.trim()) : null;
  if (match === null) return undefined;
  const [, whole = '0', fraction = ''] = match;
  return { digits: BigInt(`${whole}${fraction}`), places: fraction.length };
}

/** Numerator ÷ denominator, rounded half to even; the denominator is above 0. */
export function divided(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator;
  const [whole, rest] = [size / denominator, size % denominator];
  const twice = 2n * rest;
  const up = twice > denominator || (twice === denominator && whole % 2n === 1n);
  const rounded = up ? whole + 1n : whole;
  return numerator < 0n ? -rounded : rounded;
}

/** A decimal in whole units of 10^-`places`, rounded half to even. */
export function scaled({ digits, places: has }: Decimal, places: number): bigint {
  return has <= places ? digits * 10n ** BigInt(places - has) : divided(digits, 10n ** BigInt(has - places));
}

/**
 * An amount in the major unit of a currency, as `19.99`, in its minor unit, rounded half to even.
 *
 * @param currency ISO 4217 code; that of two places when it is unknown, which the judge of events refuses then.
 */
export function minorOfMajor(currency: string, amount: Decimal): number {
  return Number(scaled(amount, exponentOf(currency) ?? 2));
}
