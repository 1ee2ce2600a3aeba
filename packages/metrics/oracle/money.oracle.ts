/** Money of the batch answer: exact fractions over bigint, rounded once, half to even, at the sixth decimal. */

const noMinorUnit = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
const thousandths = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');

/** ISO 4217 decimals of a currency. */
export function exponent(currency: string): number {
  if (noMinorUnit.includes(currency)) return 0;
  if (thousandths.includes(currency)) return 3;
  return currency === 'CLF' || currency === 'UYW' ? 4 : 2;
}

/** Minor units to micros (millionths of the major unit): exact. */
export const micros = (minor: number | bigint, currency: string): bigint =>
  BigInt(minor) * 10n ** BigInt(6 - exponent(currency));

/** `numerator ÷ denominator`, rounded half to even; the denominator must be positive. */
export function halfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('denominator must be positive');
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  const whole = size / denominator;
  const twiceRest = (size % denominator) * 2n;
  const up = twiceRest > denominator || (twiceRest === denominator && whole % 2n === 1n);
  const rounded = up ? whole + 1n : whole;
  return negative ? -rounded : rounded;
}

/** Micros as canonical text, six decimals: `-1.500000`. */
export function decimal(amount: bigint): string {
  const size = amount < 0n ? -amount : amount;
  const digits = size.toString().padStart(7, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** A money quotient as canonical text, null when the divisor is 0. */
export const share = (amount: bigint, divisor: number): string | null =>
  divisor === 0 ? null : decimal(halfEven(amount, BigInt(divisor)));

/** The sum of a money amount over items, in micros. */
export const sum = <T>(items: Iterable<T>, amount: (item: T) => bigint): bigint => {
  let whole = 0n;
  for (const item of items) whole += amount(item);
  return whole;
};

/** A rate of two amounts, null when the divisor is 0. */
export const rate = (amount: bigint, divisor: bigint): number | null =>
  divisor === 0n ? null : Number(amount) / Number(divisor);
