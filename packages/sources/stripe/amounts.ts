import { exponentOf } from '@tidemark/events/currencies';
import { scaled, type Decimal } from '../decimals.ts';

/**
 * Decimal places of the unit in which Stripe gives amounts. They are those of ISO 4217 but for MGA, which has none here, and ISK
 * and UGX, which have two.
 *
 * @see https://docs.stripe.com/currencies#zero-decimal
 */
const places: ReadonlyMap<string, number> = new Map([
  ...'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0] as const),
  ...'BHD JOD KWD OMR TND'.split(' ').map((code) => [code, 3] as const),
]);

/**
 * An amount of Stripe in the minor unit of ISO 4217, rounded half to even.
 *
 * @param currency As the event carries it, in upper case.
 * @param amount In the unit of Stripe, with decimals where a price has them.
 */
export function minorOf(currency: string, amount: Decimal): number {
  const given = places.get(currency) ?? 2;
  const minor = exponentOf(currency) ?? given;
  return Number(scaled({ digits: amount.digits, places: amount.places + given }, minor));
}
