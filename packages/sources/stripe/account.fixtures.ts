import { objectIn, type Json } from '../translated.ts';

type Changes = { readonly [field: string]: unknown };
type Item = { id: string; [field: string]: unknown };

/** Seconds since the epoch of a day of 2026, `03-01` or `03-01T08:30`. */
export const seconds = (short: string): number =>
  Date.parse(`2026-${short}${short.includes('T') ? '' : 'T00:00'}:00Z`) / 1_000;

/** A price per seat, in cents a month unless changed. */
export const price = (unit: number, changes: Changes = {}): Json => ({
  id: `price_${unit}`,
  currency: 'usd',
  unit_amount: unit,
  unit_amount_decimal: String(unit),
  billing_scheme: 'per_unit',
  recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed' },
  ...changes,
});

/** An item of a subscription. */
export const item = (id: string, of: Json, quantity = 1): Item => ({
  id: `si_${id}`,
  object: 'subscription_item',
  price: of,
  quantity,
  discounts: [],
});

/**
 * A Stripe account as far as its webhooks show it: what happens in it is an Event object each, with the object as it was then and
 * what an update changed.
 */
export class Account {
  readonly events: Json[] = [];
  readonly #objects = new Map<string, Json>();

  /** Records an Event object of any type. */
  emit(type: string, at: string, object: Json, previous?: Json): Json {
    const data = previous === undefined ? { object } : { object, previous_attributes: previous };
    const event = {
      id: `evt_${this.events.length + 1}`,
      object: 'event',
      api_version: '2024-06-20',
      created: seconds(at),
      type,
      data,
    };
    this.events.push(event);
    return event;
  }

  /** A new subscription. */
  subscribe(id: string, customer: string, at: string, items: readonly Item[], changes: Changes = {}): Json {
    const subscription = {
      id: `sub_${id}`,
      object: 'subscription',
      customer: `cus_${customer}`,
      status: 'active',
      created: seconds(at),
      start_date: seconds(at),
      current_period_start: seconds(at),
      current_period_end: seconds(at) + 31 * 86_400,
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      cancellation_details: { comment: null, feedback: null, reason: null },
      ended_at: null,
      trial_end: null,
      pause_collection: null,
      discount: null,
      discounts: [],
      metadata: {},
      items: { object: 'list', has_more: false, data: items },
      ...changes,
    };
    this.#objects.set(id, subscription);
    return this.emit('customer.subscription.created', at, subscription);
  }

  /** An update, with the values of before of what it changes. */
  update(id: string, at: string, changes: Changes): Json {
    const before = this.#objects.get(id)!;
    const after: Json = { ...before, ...changes };
    this.#objects.set(id, after);
    const previous = Object.fromEntries(Object.keys(changes).map((field) => [field, before[field]]));
    return this.emit('customer.subscription.updated', at, after, previous);
  }

  /** The subscription gets these items. */
  items(id: string, at: string, items: readonly Item[]): Json {
    return this.update(id, at, { items: { ...objectIn(this.#objects.get(id)!['items']), data: items } });
  }

  /** The subscription ends. */
  end(id: string, at: string, reason: string): Json {
    const object = {
      ...this.#objects.get(id)!,
      status: 'canceled',
      ended_at: seconds(at),
      cancellation_details: { comment: null, feedback: null, reason },
    };
    return this.emit('customer.subscription.deleted', at, object);
  }
}

/** A charge that pays no invoice. */
export const charge = (id: string, customer: string | null, amount: number, changes: Changes = {}): Json => ({
  id: `ch_${id}`,
  object: 'charge',
  customer,
  amount,
  amount_captured: amount,
  amount_refunded: 0,
  captured: true,
  currency: 'usd',
  created: seconds('04-03'),
  invoice: null,
  payment_intent: `pi_${id}`,
  metadata: {},
  ...changes,
});

/** Half a year of four subscribers and three buyers, in which all happens that is translated. */
export function halfAYear(): Account {
  const account = new Account();
  // A trial, more seats, a cancellation that is withdrawn, and one that is not.
  const seats = (quantity: number) => item('a', price(1_000), quantity);
  account.subscribe('a', 'ann', '01-10', [seats(1)], { status: 'trialing', trial_end: seconds('01-24') });
  account.update('a', '01-24', { status: 'active' });
  account.items('a', '02-15', [seats(5)]);
  const atEnd = { cancel_at_period_end: true, cancel_at: seconds('03-24'), canceled_at: seconds('03-01') };
  account.update('a', '03-01', atEnd);
  account.update('a', '03-05', { cancel_at_period_end: false, cancel_at: null, canceled_at: null });
  account.update('a', '03-24', { current_period_start: seconds('03-24') });
  const requested = { comment: null, feedback: 'unused', reason: 'cancellation_requested' };
  account.update('a', '04-02', {
    ...atEnd,
    cancel_at: seconds('04-24'),
    cancellation_details: requested,
  });
  account.end('a', '04-24T00:01', 'cancellation_requested');
  // Payment fails twice: made good, and then not.
  account.subscribe('b', 'bob', '01-05', [item('b', price(4_900))]);
  account.update('b', '02-05', { status: 'past_due' });
  account.update('b', '02-08', { status: 'active' });
  account.update('b', '03-08', { status: 'past_due' });
  account.end('b', '03-22', 'payment_failed');
  // Confirmed within the second it was made, another product, the first one dropped, a discount, a pause.
  const [basic, extra] = [item('c', price(2_000)), item('d', price(12_000, yearly))];
  account.subscribe('c', 'cy', '02-01', [basic], { status: 'incomplete' });
  account.update('c', '02-01', { status: 'active' });
  account.items('c', '02-20', [basic, extra]);
  account.items('c', '03-10', [extra]);
  account.update('c', '04-01', { discount: { coupon: { percent_off: 12.5, duration: 'forever' } } });
  account.update('c', '05-01', { pause_collection: { behavior: 'void', resumes_at: null } });
  account.update('c', '06-01', { pause_collection: null });
  // Never paid.
  account.subscribe('e', 'eve', '02-02', [item('e', price(900))], { status: 'incomplete' });
  account.update('e', '02-03', { status: 'incomplete_expired' });
  buying(account);
  return account;
}

const yearly: Json = { recurring: { interval: 'year', interval_count: 1, usage_type: 'licensed' } };

/** Sales: a charge given back in two parts, a Checkout with its charge, an invoice, a guest. */
function buying(account: Account): void {
  account.emit('charge.succeeded', '04-03', charge('1', 'cus_dan', 30_000));
  const partly = charge('1', 'cus_dan', 30_000, { amount_refunded: 10_000 });
  account.emit('charge.refunded', '04-10', partly, { amount_refunded: 0 });
  const wholly = charge('1', 'cus_dan', 30_000, { amount_refunded: 30_000, refunded: true });
  account.emit('charge.refunded', '04-12', wholly, { amount_refunded: 10_000, refunded: false });
  account.emit('charge.succeeded', '04-20', charge('2', null, 500, { created: seconds('04-20') }));
  const session = { id: 'cs_3', mode: 'payment', payment_status: 'paid', invoice: null, currency: 'jpy' };
  const sold = { ...session, payment_intent: 'pi_3', amount_total: 1_200, customer: 'cus_fay' };
  const yen = charge('3', 'cus_fay', 1_200, { currency: 'jpy', created: seconds('05-02') });
  account.emit('charge.succeeded', '05-02', yen);
  account.emit('checkout.session.completed', '05-02', { ...sold, metadata: {} });
  const invoice = {
    id: 'in_4',
    customer: 'cus_dan',
    subscription: null,
    currency: 'usd',
    amount_paid: 7_500,
  };
  account.emit('invoice.paid', '05-20', { ...invoice, payment_intent: 'pi_4', metadata: {} });
  account.emit('charge.succeeded', '05-20', charge('4', 'cus_dan', 7_500, { invoice: 'in_4' }));
  const billed = { ...invoice, id: 'in_5', subscription: 'sub_b', customer: 'cus_bob', amount_paid: 4_900 };
  account.emit('invoice.paid', '02-08', { ...billed, payment_intent: 'pi_5', metadata: {} });
}
