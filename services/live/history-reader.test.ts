import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactRows } from './history-reader.ts';

test('whole numbers are numbers, and text where a number would not be exact; words stay words (rule 53)', () => {
  const meta = [
    { name: 'reach', type: 'Int128' },
    { name: 'opened', type: 'Nullable(Int64)' },
    { name: 'customer_id', type: 'String' },
    { name: 'mrr', type: 'Decimal(38, 6)' },
  ];
  const row = (reach: string, opened: string | null): { [column: string]: unknown } => ({
    reach,
    opened,
    customer_id: '42',
    mrr: '7.000000',
  });
  assert.deepEqual(
    exactRows({
      meta,
      data: [row('9007199254740991', '-3'), row('9007199254740993', null), row('-9907919180215090100', '0')],
    }),
    [
      { reach: 9007199254740991, opened: -3, customer_id: '42', mrr: '7.000000' },
      { reach: '9007199254740993', opened: null, customer_id: '42', mrr: '7.000000' },
      { reach: '-9907919180215090100', opened: 0, customer_id: '42', mrr: '7.000000' },
    ],
  );
});
