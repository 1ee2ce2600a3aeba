import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { families } from './families.ts';
import { withoutFreeText } from './free-text.ts';
import { anyEvent } from './sample-events.fixtures.ts';
import { specs } from './schema.ts';

const nameLengthMax = 256;
/** Fields that are longer than a name may be: a text of somebody's own words. */
const longTexts = families.flatMap((family) =>
  specs[family].fields.filter(({ length }) => (length?.[1] ?? 0) > nameLengthMax).map(({ name }) => name),
);

test('of an event without free text no long text is left, and all else is as it was', () => {
  assert.notEqual(longTexts.length, 0);
  fc.assert(
    fc.property(anyEvent, (event) => {
      const texts = Object.keys(event).filter((name) => longTexts.includes(name));
      assert.deepEqual(withoutFreeText(event), {
        ...event,
        ...Object.fromEntries(texts.map((name) => [name, null])),
      });
    }),
  );
});
