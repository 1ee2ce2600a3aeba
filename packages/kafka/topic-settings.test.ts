import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetsAdvice } from './topic-settings.ts';

const day = 86_400_000;

test('offsets must be kept as long as facts; Kafka’s default of seven days is too short', () => {
  assert.match(
    offsetsAdvice(7 * day, 30 * day) ?? '',
    /after 10080 minutes.*offsets\.retention\.minutes .* 43200/,
  );
  assert.equal(offsetsAdvice(30 * day, 30 * day), undefined);
});
