import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { valueOf, withValue, type LayeredMap } from './layered-map.ts';

const keys = ['__proto__', ...'a b c d e f g h i j k l m n'.split(' ')];

test('a layered map holds what a plain map holds, and earlier versions stay as they were', () => {
  const settings = fc.array(fc.tuple(fc.constantFrom(...keys), fc.nat()));
  fc.assert(
    fc.property(settings, settings, (first, second) => {
      const build = (start: LayeredMap<number>, pairs: readonly (readonly [string, number])[]) =>
        pairs.reduce((map, [key, value]) => withValue(map, key, value), start);
      const before = build([], first);
      const after = build(before, second);
      for (const [map, plain] of [
        [before, new Map(first)],
        [after, new Map([...first, ...second])],
      ] as const) {
        for (const key of keys) assert.equal(valueOf(map, key), plain.get(key));
      }
    }),
  );
});

test('a thousand keys stay in a dozen layers', () => {
  let map: LayeredMap<number> = [];
  for (let key = 0; key < 1000; key++) map = withValue(map, `${key}`, key);
  assert.ok(map.length <= 12, `${map.length} layers`);
});
