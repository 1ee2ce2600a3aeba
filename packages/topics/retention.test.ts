import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionMs } from '@tidemark/events/families';
import { isFailure } from '@tidemark/service/failures';
import { readSettings } from '@tidemark/service/settings';
import { retentionIn, retentionSettings } from './retention.ts';

const day = 86_400_000;

test('retention is that of the contract but for the families that the operator names (rule 30)', () => {
  assert.deepEqual(retentionIn(''), retentionMs);
  assert.deepEqual(retentionIn('cart=800d, contact=unlimited'), {
    ...retentionMs,
    cart: 800 * day,
    contact: undefined,
  });
});

test('what names no family or no time is refused at the start', () => {
  const read = (given: string) => readSettings(retentionSettings, { EVENT_RETENTION: given });
  assert.equal(read('survey=2000d').EVENT_RETENTION, 'survey=2000d');
  for (const given of ['800d', 'carts=800d', 'cart=800', 'cart=800d,cart=900d', 'cart=800d=1d', 'cart='])
    assert.throws(
      () => read(given),
      (error) => isFailure(error, 'settings.invalid') && /cart=800d,contact=unlimited/.test(error.message),
      given,
    );
});
