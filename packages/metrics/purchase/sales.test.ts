import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PurchaseCompleted, PurchaseRefunded } from '@tidemark/events/types';
import { instant, lines, voidOf } from '../definition/history.fixtures.ts';
import { assertConverges, driverOf, factsOf, totalsOf } from '@tidemark/runtime/definition-driver.fixtures';
import { histories, purchased, refunded } from './purchases.fixtures.ts';
import { sales } from './sales.ts';

/** What holds at noon: time, sale or refund, its purchase, and cents. */
function published(...events: readonly (PurchaseCompleted | PurchaseRefunded)[]): readonly string[] {
  return lines(
    factsOf(sales, '05-02 12:00', ...events),
    (fact) => `${fact.kind} ${fact.purchase_id} ${fact.amount / 10_000n} ${fact.currency}`,
  );
}

test('a purchase is a sale when it is made, with all its attributes', () => {
  const attributes = { kind: 'upsell', channel: 'shop', campaign: 'may', segment: 'smb' } as const;
  const sold = purchased('p1', '10:00', attributes);
  const [fact, ...others] = factsOf(sales, '12:00', sold);
  assert.equal(others.length, 0);
  assert.deepEqual(
    { ...fact },
    {
      kind: 'sale',
      at: instant('10:00'),
      customer_id: 'ann',
      purchase_id: 'p1',
      event_id: sold.event_id,
      currency: 'EUR',
      purchase_kind: 'upsell',
      channel: 'shop',
      campaign: 'may',
      segment: 'smb',
      amount: 10_000_000n,
      first_purchase: true,
    },
  );
});

test('only a customer’s first purchase makes a first-time buyer, whatever the currency and kind (rule 15)', () => {
  const second = purchased('p2', '11:00', { currency: 'USD', kind: 'service' });
  const facts = factsOf(sales, '12:00', purchased('p1', '10:00'), second);
  assert.deepEqual(
    facts.map((fact) => fact.kind === 'sale' && fact.first_purchase),
    [true, false],
  );
});

test('an earlier purchase that arrives late takes over as the first', () => {
  const driver = driverOf(sales);
  driver.at(instant('12:00'));
  driver.arrives(purchased('p2', '11:00'));
  const published = driver.arrives(purchased('p1', '10:00'));
  const shown = published.map(
    ({ sign, fact }) => `${sign} ${String(fact['purchase_id'])} ${String(fact['first_purchase'])}`,
  );
  assert.deepEqual(shown.toSorted(), ['-1 p2 true', '1 p1 true', '1 p2 false']);
});

test('of two purchases under one purchase_id the first in order counts (rule 24)', () => {
  assert.deepEqual(
    published(purchased('p1', '10:00', { amount: 500 }), purchased('p1', '09:00', { amount: 700 })),
    ['09:00 sale p1 700 EUR'],
  );
});

test('when the first of two purchases under one purchase_id is voided, the other counts', () => {
  const driver = driverOf(sales);
  const wrong = purchased('p1', '09:00', { amount: 700 });
  driver.at(instant('12:00'));
  driver.arrives(wrong, purchased('p1', '10:00', { amount: 500 }), voidOf(wrong));
  assert.deepEqual(
    driver.facts.map((fact) => fact['amount']),
    [5_000_000n],
  );
});

test('a refund counts when it is made, under the purchase’s kind', () => {
  const facts = factsOf(
    sales,
    '12:00',
    purchased('p1', '10:00', { kind: 'add_on' }),
    refunded('p1', '11:00', 300),
  );
  const refund = facts.at(-1)!;
  assert.deepEqual([refund.kind, refund.at, refund.purchase_kind], ['refund', instant('11:00'), 'add_on']);
});

test('a refund carries what its purchase says, and its own id', () => {
  const attributes = { kind: 'upsell', channel: 'shop', campaign: 'may', segment: 'smb' } as const;
  const back = refunded('p1', '11:00', 300);
  assert.deepEqual(factsOf(sales, '12:00', purchased('p1', '10:00', attributes), back).at(-1), {
    kind: 'refund',
    at: instant('11:00'),
    customer_id: 'ann',
    purchase_id: 'p1',
    event_id: back.event_id,
    currency: 'EUR',
    purchase_kind: 'upsell',
    channel: 'shop',
    campaign: 'may',
    segment: 'smb',
    amount: 3_000_000n,
  });
});

test('what a purchase does not say is empty, in its sale and in its refund', () => {
  for (const fact of factsOf(sales, '12:00', purchased('p1', '10:00'), refunded('p1', '11:00', 300)))
    assert.deepEqual([fact.channel, fact.campaign, fact.segment], ['', '', ''], fact.kind);
});

test('refunds count up to what is left of the purchase, and no further (rule 14)', () => {
  assert.deepEqual(
    published(
      purchased('p1', '10:00'),
      refunded('p1', '11:00', 700),
      refunded('p1', '12:00', 700),
      refunded('p1', '13:00', 1),
    ),
    ['10:00 sale p1 1000 EUR', '11:00 refund p1 700 EUR', '12:00 refund p1 300 EUR'],
  );
});

test('a refund dated before its purchase counts at the purchase (rule 14)', () => {
  assert.deepEqual(
    published(refunded('p1', '09:00', 700), refunded('p1', '09:30', 700), purchased('p1', '10:00')),
    ['10:00 sale p1 1000 EUR', '10:00 refund p1 700 EUR', '10:00 refund p1 300 EUR'],
  );
});

test('a refund without a purchase counts nowhere (rule 14)', () => {
  assert.deepEqual(published(refunded('p1', '11:00', 700)), []);
});

test('a refund in another currency counts nowhere, before the purchase or after it (rule 14)', () => {
  assert.deepEqual(
    published(refunded('p1', '09:00', 7, 'USD'), purchased('p1', '10:00'), refunded('p1', '11:00', 7, 'USD')),
    ['10:00 sale p1 1000 EUR'],
  );
});

test('a refund of a voided purchase counts nowhere', () => {
  const driver = driverOf(sales);
  const sale = purchased('p1', '10:00');
  driver.at(instant('12:00'));
  driver.arrives(sale, refunded('p1', '11:00', 700));
  driver.arrives(voidOf(sale));
  assert.deepEqual(driver.facts, []);
});

test('a fully refunded purchase is still a purchase, its buyer a buyer (rule 14)', () => {
  const events = [purchased('p1', '10:00'), refunded('p1', '11:00', 1000), purchased('p2', '11:30')];
  assert.deepEqual(totalsOf(sales, '12:00', ...events), {
    'purchases EUR': 2n,
    'revenue EUR': 20_000_000n,
    'refunds EUR': 10_000_000n,
    'first_time_buyers EUR': 1n,
  });
});

test('amounts have the decimals of their currency', () => {
  const amounts = [
    ['JPY', 5900, 5_900_000_000n],
    ['KWD', 5900, 5_900_000n],
    ['USD', 5900, 59_000_000n],
  ] as const;
  for (const [currency, amount, micros] of amounts)
    assert.equal(factsOf(sales, '12:00', purchased('p1', '10:00', { currency, amount }))[0]?.amount, micros);
});

test('any order, repetition, delay and voiding ends in the same facts', () => {
  assertConverges(sales, histories);
});
