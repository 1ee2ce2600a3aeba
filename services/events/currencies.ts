/** Placeholder until the ISO 4217 table lands here: overwrite this file. */
const exponents: { readonly [code: string]: number } = { USD: 2, EUR: 2, GBP: 2, CHF: 2, JPY: 0, KWD: 3 };

/** Decimal places of a currency's minor unit; `undefined` when unknown. */
export function exponentOf(currency: string): number | undefined {
  return exponents[currency];
}
