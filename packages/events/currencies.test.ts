import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponentOf } from './currencies.ts';

test('the exponents are those of ISO 4217, which no one rule gives', () => {
  const cases: [string, number][] = [
    ['USD', 2], ['EUR', 2], ['JPY', 0], ['ISK', 0], ['UGX', 0], ['KRW', 0], ['KWD', 3], ['TND', 3], ['IQD', 3],
    ['CLF', 4], ['UYW', 4], ['UYI', 0], ['CLP', 0], ['HUF', 2], ['MGA', 2], ['MRU', 2], ['XCG', 2], ['XOF', 0], ['HRK', 2],
  ]; // prettier-ignore
  for (const [code, exponent] of cases) assert.equal(exponentOf(code), exponent, code);
});

test('unknown codes, codes without an exponent and other spellings have none (rule 34)', () => {
  for (const code of ['XAU', 'XDR', 'XXX', 'XTS', 'usd', 'Usd', 'US', 'USDT', 'BTC', '', 'constructor']) {
    assert.equal(exponentOf(code), undefined, code);
  }
});
