import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { minus, plus } from './decimals.ts';

test('decimals, wide numbers and floats are added exactly', () => {
  assert.equal(plus('0.1', '0.2'), '0.3');
  assert.equal(
    plus('170141183460469231731687303715884105727', '1'),
    '170141183460469231731687303715884105728',
  );
  assert.equal(plus('1e-7', '1.5e21'), '1500000000000000000000.0000001');
  assert.equal(minus('-0.5', '-0.5'), '0');
  assert.equal(minus('1', 'nan'), null);
});

test('differences of floats add up to the difference of the ends, whatever lies between', () => {
  const float = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(float, { minLength: 2, maxLength: 9 }), (values) => {
      const texts = values.map(String);
      const sum = texts
        .slice(1)
        .map((text, place) => minus(text, texts[place]!)!)
        .reduce((total, one) => plus(total, one)!, '0');
      assert.equal(sum, minus(texts.at(-1)!, texts[0]!));
    }),
  );
});
