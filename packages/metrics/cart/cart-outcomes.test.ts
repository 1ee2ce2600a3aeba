import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CartEvent, CartVoided } from '@tidemark/events/types';
import { event, instant, lines, minute, timeOf, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { cartOutcomes } from './cart-outcomes.ts';

type Cart = Exclude<CartEvent, CartVoided>;
type Fields = Partial<
  Pick<Cart, 'cart_id' | 'customer_id' | 'value' | 'currency' | 'channel' | 'derived_from'>
>;

const definition = cartOutcomes(30 * minute);
const defaults = {
  cart_id: 'c1',
  customer_id: null,
  value: 1000,
  currency: 'EUR',
  items: null,
  channel: 'web',
};

const cart = (type: Cart['type'], time: string, fields: Fields = {}): Cart =>
  event<Cart>(type, time, { ...defaults, derived_from: null, ...fields });
const created = (time: string, fields?: Fields) => cart('cart.created', time, fields);
const itemAdded = (time: string, fields?: Fields) => cart('cart.item_added', time, fields);
const checkedOut = (time: string, fields?: Fields) => cart('cart.checked_out', time, fields);
const purchased = (time: string, fields?: Fields) =>
  checkedOut(time, { ...fields, derived_from: 'purchase' });

/** The outcomes that are valid at `clock`. */
const outcomeFacts = (clock: string, ...events: readonly Cart[]) =>
  factsOf(definition, clock, ...events).filter((fact) => fact.kind === 'cart_outcome');

/** What holds at `clock`: time, outcome, value in micros and currency. */
function outcomes(clock: string, ...events: readonly Cart[]): readonly string[] {
  return lines(
    outcomeFacts(clock, ...events),
    (fact) => `${fact.outcome} ${fact.value / 10_000n} ${fact.currency}`,
  );
}

/** What carts count as for customers: +1 and −1 of each instant. */
const shoppers = (clock: string, ...events: readonly Cart[]): readonly string[] =>
  lines(
    factsOf(definition, clock, ...events).filter((fact) => fact.kind === 'shopper_cart'),
    ({ customer_id, standing, delta, created_at }) =>
      `${customer_id} ${standing} ${delta} of ${timeOf(created_at)}`,
  );

test('a cart counts for its customer as what it is (rule 59)', () => {
  const ann = { customer_id: 'ann' };
  assert.deepEqual(shoppers('12:00', created('10:00', ann), itemAdded('10:40'), checkedOut('10:50')), [
    '10:00 ann open 1 of 10:00',
    '10:30 ann open -1 of 10:00',
    '10:30 ann abandoned 1 of 10:00',
    '10:40 ann abandoned -1 of 10:00',
    '10:40 ann open 1 of 10:00',
    '10:50 ann open -1 of 10:00',
    '10:50 ann converted 1 of 10:00',
  ]);
});

test('the customer of a cart is the last one known of it (rule 59)', () => {
  const events = [created('10:00'), itemAdded('10:10', { customer_id: 'ann' }), itemAdded('10:15')];
  assert.deepEqual(shoppers('10:20', ...events), ['10:10 ann open 1 of 10:00']);
  assert.deepEqual(shoppers('10:20', ...events, checkedOut('10:16', { customer_id: 'bob' })), [
    '10:10 ann open 1 of 10:00',
    '10:16 ann open -1 of 10:00',
    '10:16 bob converted 1 of 10:00',
  ]);
  assert.deepEqual(shoppers('12:00', created('10:00')), []);
});

test('the first event of a cart creates it, whatever its type', () => {
  for (const type of [
    'cart.created',
    'cart.item_added',
    'cart.item_removed',
    'cart.checkout_started',
  ] as const)
    assert.deepEqual(outcomes('10:10', cart(type, '10:00')), ['10:00 created 1000 EUR']);
});

test('a checkout is created and converted when nothing of the cart was heard before', () => {
  assert.deepEqual(outcomes('10:10', checkedOut('10:00')), [
    '10:00 created 1000 EUR',
    '10:00 converted 1000 EUR',
  ]);
});

test('a cart is abandoned 30 minutes after its last activity, with its last value', () => {
  assert.deepEqual(outcomes('12:00', created('10:00'), itemAdded('10:20', { value: 2500 })), [
    '10:00 created 1000 EUR',
    '10:50 abandoned 2500 EUR',
  ]);
});

test('a cart is not abandoned yet while the clock is not past the 30th minute', () => {
  assert.deepEqual(outcomes('10:30', created('10:00')), ['10:00 created 1000 EUR']);
  assert.equal(outcomes('10:30:00.001', created('10:00')).length, 2);
});

test('a checkout exactly 30 minutes after the last activity is in time (rule 3)', () => {
  assert.deepEqual(outcomes('12:00', created('10:00'), checkedOut('10:30')), [
    '10:00 created 1000 EUR',
    '10:30 converted 1000 EUR',
  ]);
});

test('a checkout a millisecond later recovers the cart (rule 18)', () => {
  assert.deepEqual(outcomes('12:00', created('10:00'), checkedOut('10:30:00.001', { value: 900 })), [
    '10:00 created 1000 EUR',
    '10:30 abandoned 1000 EUR',
    '10:30:00.001 reopened 1000 EUR',
    '10:30:00.001 recovered 900 EUR',
  ]);
});

test('activity after an abandonment reopens the cart, which can be abandoned again (rule 18)', () => {
  assert.deepEqual(
    outcomes('13:00', created('10:00'), itemAdded('11:00', { value: 2000, currency: 'USD' })),
    [
      '10:00 created 1000 EUR',
      '10:30 abandoned 1000 EUR',
      '11:00 reopened 1000 EUR',
      '11:30 abandoned 2000 USD',
    ],
  );
});

test('a reopened cart that is checked out in time is recovered nevertheless', () => {
  const facts = outcomes('13:00', created('10:00'), itemAdded('11:00'), checkedOut('11:10'));
  assert.equal(facts.at(-1), '11:10 recovered 1000 EUR');
});

test('after the first checkout nothing changes any more (rule 18)', () => {
  const facts = outcomes(
    '18:00',
    created('10:00'),
    checkedOut('10:05'),
    itemAdded('10:06'),
    checkedOut('17:00'),
  );
  assert.deepEqual(facts, ['10:00 created 1000 EUR', '10:05 converted 1000 EUR']);
});

test('a purchase checks out with its own amount, currency and customer; the channel stays that of the first event (rule 19, rule 22)', () => {
  const facts = outcomeFacts(
    '12:00',
    created('10:00'),
    purchased('10:05', { value: 990, currency: 'USD', customer_id: 'bo', channel: 'shop' }),
  );
  const { outcome, value, currency, customer_id, channel, created_at } = facts.at(-1)!;
  assert.deepEqual(
    [outcome, value, currency, customer_id, channel],
    ['converted', 9_900_000n, 'USD', 'bo', 'web'],
  );
  assert.equal(created_at, instant('10:00'));
});

test('an outcome carries the cart, its creation and its customer, the last one known', () => {
  const facts = outcomeFacts(
    '12:00',
    created('10:00'),
    itemAdded('10:05', { customer_id: 'ann' }),
    itemAdded('10:10', { value: 2000 }),
  );
  const cart = { kind: 'cart_outcome', cart_id: 'c1', channel: 'web', created_at: instant('10:00') };
  assert.deepEqual(facts, [
    {
      ...cart,
      at: instant('10:00'),
      outcome: 'created',
      customer_id: '',
      currency: 'EUR',
      value: 10_000_000n,
    },
    {
      ...cart,
      at: instant('10:40'),
      outcome: 'abandoned',
      customer_id: 'ann',
      currency: 'EUR',
      value: 20_000_000n,
    },
  ]);
});

test('a cart that says no channel has none', () => {
  assert.deepEqual(
    outcomeFacts('10:10', created('10:00', { channel: null })).map(({ channel }) => channel),
    [''],
  );
});

test('any activity puts the abandonment off, whatever its type', () => {
  for (const type of [
    'cart.created',
    'cart.item_added',
    'cart.item_removed',
    'cart.checkout_started',
  ] as const)
    assert.equal(outcomes('12:00', created('10:00'), cart(type, '10:20')).at(-1), '10:50 abandoned 1000 EUR');
});

test('a cart known from its purchase alone goes by the channel of the purchase', () => {
  const facts = outcomeFacts('12:00', purchased('10:00', { channel: 'shop' }));
  assert.deepEqual(new Set(facts.map((fact) => fact.channel)), new Set(['shop']));
});

test('the cart’s own checkout of the millisecond of the purchase comes first (rule 19)', () => {
  const facts = outcomes(
    '12:00',
    purchased('10:05', { value: 1 }),
    created('10:00'),
    checkedOut('10:05', { value: 2 }),
  );
  assert.equal(facts.at(-1), '10:05 converted 2 EUR');
});

test('a checkout that arrives late takes the abandonment back', () => {
  const driver = driverOf(definition);
  driver.at(instant('10:10'));
  driver.arrives(created('10:00'));
  driver.at(instant('10:45'));
  const published = driver.arrives(checkedOut('10:20'));
  const shown = published.map(({ sign, fact }) => `${sign} ${String(fact['outcome'])}`);
  assert.deepEqual(shown, ['-1 abandoned', '1 converted']);
});

test('a voided checkout leaves the cart to be abandoned', () => {
  const driver = driverOf(definition);
  const checkout = checkedOut('10:05');
  driver.at(instant('12:00'));
  driver.arrives(created('10:00'), checkout);
  driver.arrives(voidOf(checkout));
  assert.deepEqual(
    driver.facts.map((fact) => fact['outcome']),
    ['created', 'abandoned'],
  );
});

test('of 10 carts, 3 checked out in time and 1 two hours later: 4 converted, 1 recovered, 7 abandoned on the way', () => {
  const carts = Array.from({ length: 10 }, (_, index) => ({ cart_id: `c${index}` }));
  const totals = totalsOf(
    definition,
    '20:00',
    ...carts.map((fields) => created('10:00', fields)),
    ...carts.slice(0, 3).map((fields) => checkedOut('10:15', fields)),
    ...carts.slice(3, 4).map((fields) => checkedOut('12:00', fields)),
  );
  assert.deepEqual(totals, {
    'carts_created web': 10n,
    'carts_converted web': 4n,
    'carts_recovered web': 1n,
    'carts_abandoned web': 7n,
  });
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  const types = ['cart.created', 'cart.item_added', 'cart.checkout_started', 'cart.checked_out'] as const;
  const any = fc
    .record({
      type: fc.constantFrom(...types),
      time: fc.constantFrom('08:00', '08:10', '08:29:59.999', '08:30', '08:31', '09:01', '12:00', '12:30'),
      value: fc.nat(3),
      currency: fc.constantFrom('EUR', 'JPY'),
      derived_from: fc.constantFrom(null, 'purchase' as const),
    })
    .map(({ type, time, ...fields }) => cart(type, time, fields));
  assertConverges(definition, fc.array(any, { maxLength: 10 }));
});
