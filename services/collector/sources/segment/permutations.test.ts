import { test } from 'node:test';
import type { Json, Translated } from '@tidemark/sources/translated';
import { assertOneResult } from '../../../../packages/sources/deliveries.fixtures.ts';
import { readSegmentMapping } from './mapping-file.ts';
import { messageEvents } from './message.ts';
import { spring } from './messages.fixtures.ts';

const mapping = readSegmentMapping('');

function translate(message: object): Translated {
  const { items } = messageEvents(message, mapping);
  return {
    events: items.map((item) => ('value' in item ? (item.value as Json) : item.fault)),
    passedOver: [],
  };
}

test('any order and repetition of one history of messages of Segment gives one result', () => {
  assertOneResult(spring(), translate, Date.UTC(2026, 4, 1));
});
