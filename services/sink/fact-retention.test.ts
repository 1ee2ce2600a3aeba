import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '@tidemark/service/settings';
import { factRetentionIn, factRetentionSettings } from './fact-retention.ts';

const given = (value: string): string =>
  readSettings(factRetentionSettings, { FACT_RETENTION: value }).FACT_RETENTION;

test('FACT_RETENTION gives kinds of facts an end', () => {
  assert.deepEqual(
    [...factRetentionIn(given('cart_outcome=800d, mention=36h'))],
    [
      ['cart_outcome', 800 * 86_400_000],
      ['mention', 36 * 3_600_000],
    ],
  );
  assert.deepEqual([...factRetentionIn(given(''))], []);
});

test('a kind that views read by themselves, an unknown one, and one without a time are refused, with those there are', () => {
  for (const value of ['sale=400d', 'carts=400d', 'mention', 'mention=1d,mention=2d', 'mention=1ms'])
    assert.throws(() => given(value), /FACT_RETENTION.*cart_outcome=800d.*kinds are .*mention/, value);
});
