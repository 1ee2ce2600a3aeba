import { decimalIn, divided, type Decimal } from '../decimals.ts';
import { integerIn, objectIn, objectsIn, textIn, type Json } from '../translated.ts';
import { minorOf } from './amounts.ts';
import { currencyIn, timeIn } from './delivery.ts';

/** One item of a subscription with the terms that its events carry; `undefined` where its price cannot be known. */
export type Item = { readonly id: string; readonly terms: Json | undefined };

type Priced = {
  readonly currency: string;
  readonly plan: Json;
  readonly unit: Decimal;
  readonly quantity: number;
};

/** The items that a subscription has now. */
export function itemsOf(subscription: Json): readonly Item[] {
  const given = objectsIn(objectIn(subscription['items'])?.['data']);
  const priced = given.map(priceOf);
  const discounts = discountsOf(subscription, given, priced);
  const common = {
    trial_ends_at: timeIn(subscription['trial_end']),
    ...customerOf(subscription),
  };
  return given.flatMap((item, index): Item[] => {
    const id = textIn(item['id']);
    if (id === undefined) return [];
    const price = priced[index];
    if (price === undefined) return [{ id, terms: undefined }];
    const { currency, plan, unit, quantity } = price;
    // A fraction of the minor unit is exact for the whole quantity only.
    const isWhole = unit.digits % 10n ** BigInt(unit.places) === 0n;
    const whole = { digits: unit.digits * BigInt(quantity), places: unit.places };
    const terms = {
      ...plan,
      currency,
      unit_amount: minorOf(currency, isWhole ? unit : whole),
      quantity: isWhole ? quantity : 1,
      discount_amount: minorOf(currency, { digits: discounts[index]!, places: 0 }),
      ...common,
    };
    return [{ id, terms }];
  });
}

/** What only the account's own metadata can say of a customer. */
function customerOf(subscription: Json): Json {
  const metadata = objectIn(subscription['metadata']);
  return {
    owner: textIn(metadata?.['tidemark_owner']),
    segment: textIn(metadata?.['tidemark_segment']),
    country: textIn(metadata?.['tidemark_country']),
  };
}

/** The price of an item; `undefined` where it depends on use or on tiers, which the item does not carry. */
function priceOf(item: Json): Priced | undefined {
  const price = objectIn(item['price']);
  const recurring = objectIn(price?.['recurring']);
  const currency = currencyIn(price?.['currency']);
  const unit = decimalIn(price?.['unit_amount_decimal'] ?? price?.['unit_amount']);
  if (price === undefined || recurring === undefined || currency === undefined || unit === undefined)
    return undefined;
  if (recurring['usage_type'] === 'metered' || price['billing_scheme'] === 'tiered') return undefined;
  const plan = {
    plan_id: textIn(price['id']),
    interval: textIn(recurring['interval']),
    interval_count: integerIn(recurring['interval_count']) ?? 1,
  };
  return { currency, plan, unit, quantity: quantityOf(item, price) };
}

/** What is billed: units, or packs of them. */
function quantityOf(item: Json, price: Json): number {
  const quantity = integerIn(item['quantity']) ?? 1;
  const pack = objectIn(price['transform_quantity']);
  const by = integerIn(pack?.['divide_by']);
  if (by === undefined || by < 1) return quantity;
  return pack?.['round'] === 'down' ? Math.floor(quantity / by) : Math.ceil(quantity / by);
}

/** What is taken off each item an interval, in Stripe's unit: first the item's own discounts, then the subscription's. */
function discountsOf(
  subscription: Json,
  items: readonly Json[],
  priced: readonly (Priced | undefined)[],
): readonly bigint[] {
  const gross = priced.map((price) =>
    price === undefined
      ? 0n
      : divided(price.unit.digits * BigInt(price.quantity), 10n ** BigInt(price.unit.places)),
  );
  const left = [...gross];
  for (const [index, item] of items.entries())
    for (const coupon of couponsOf(item['discounts'])) takeOff(left, [index], coupon);
  const all = [...left.keys()];
  const legacy = objectIn(subscription['discount']);
  const given = objectsIn(subscription['discounts']);
  for (const coupon of couponsOf(given.length > 0 || legacy === undefined ? given : [legacy]))
    takeOff(left, all, coupon);
  return gross.map((amount, index) => amount - left[index]!);
}

/** Coupons that last for longer than one invoice. A discount that is given as an id alone cannot be known. */
function couponsOf(discounts: unknown): readonly Json[] {
  return objectsIn(discounts).flatMap((discount) => {
    const coupon = objectIn(discount['coupon']) ?? objectIn(objectIn(discount['source'])?.['coupon']);
    return coupon === undefined || coupon['duration'] === 'once' ? [] : [coupon];
  });
}

function takeOff(left: bigint[], places: readonly number[], coupon: Json): void {
  const percent = decimalIn(coupon['percent_off']);
  let amount = BigInt(integerIn(coupon['amount_off']) ?? 0);
  for (const place of places) {
    const before = left[place]!;
    const off =
      percent === undefined
        ? amount < before
          ? amount
          : before
        : divided(before * percent.digits, 100n * 10n ** BigInt(percent.places));
    left[place] = before - off;
    amount -= percent === undefined ? off : 0n;
  }
}
