import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import type { Event } from '@tidemark/events/types';
import { acceptJson } from '@tidemark/events/validate';
import { eventOf, isOfAnother, personOf, withoutOthers } from './person.ts';

const now = Date.UTC(2026, 5, 1);

function eventWith(fields: object): Event {
  const given = { event_id: 'e', occurred_at: new Date(now).toISOString(), ...fields };
  const verdict = acceptJson(given, { now, defaultSource: 'test' });
  assert(verdict.ok);
  return verdict.event;
}

const referral = eventWith({
  type: 'referral.converted',
  referral_id: 'r',
  referrer_customer_id: 'anna',
  referred_customer_id: 'bert',
});

test('an event belongs to each customer whom it names, and is given out without the others', () => {
  const [anna, bert, ann] = ['anna', 'bert', 'ann'].map(personOf);
  const bytes = encodeEvent(referral);
  assert.deepEqual(eventOf('referral', bytes, anna!), referral);
  assert.deepEqual(eventOf('referral', bytes, bert!), referral);
  assert.equal(eventOf('referral', bytes, ann!), undefined, 'a part of an id is no id');
  assert.deepEqual(withoutOthers(referral, bert!), { ...referral, referrer_customer_id: null });
});

test('an event that names nobody goes with its entity; one that names somebody else does not', () => {
  const cart = { type: 'cart.item_added', cart_id: 'k', value: 1, currency: 'EUR' };
  assert.equal(isOfAnother(eventWith(cart), personOf('anna')), false);
  assert.equal(isOfAnother(eventWith({ ...cart, customer_id: 'bert' }), personOf('anna')), true);
  assert.equal(isOfAnother(referral, personOf('anna')), false);
});
