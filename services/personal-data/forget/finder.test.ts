import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent } from '@tidemark/events/codec';
import { acceptJson } from '@tidemark/events/validate';
import { Finder } from './finder.ts';

const finder = new Finder(['acme', 'umbrella corp', 'acme-north']);
const count = (text: string | Buffer): number => finder.countIn(Buffer.from(text));

test('a text is found where it stands by itself, and not within another word', () => {
  assert.equal(count('acme'), 1);
  assert.equal(count('{"customer":"acme","note":"of umbrella corp."}'), 2);
  assert.equal(count('cart\u0000acme\u0000s1 acme-2026'), 2);
  assert.equal(count('acme2, xacme, acmes'), 0);
});

test('of two texts that begin alike one is counted at a place', () => {
  assert.equal(count('acme-north'), 1);
});

test('a text with its length before it is found whatever follows', () => {
  const now = Date.UTC(2026, 10, 1);
  const id = 'a-customer-whose-id-has-some-30-b';
  const verdict = acceptJson(
    {
      type: 'cart.created',
      event_id: 'e',
      cart_id: id,
      customer_id: id,
      value: 1,
      currency: 'USD',
      occurred_at: now,
    },
    { now, defaultSource: 'shop' },
  );
  assert(verdict.ok);
  assert.equal(new Finder([id]).countIn(encodeEvent(verdict.event)), 2);
  assert.equal(
    new Finder([id]).countIn(Buffer.from(`${String.fromCharCode(2 * id.length)}${id}9`, 'latin1')),
    1,
  );
});
