import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowWriters } from './rows.ts';

test('a row has every declared column, its instants in milliseconds', () => {
  const writer = rowWriters(
    new Map([
      [
        'thing',
        { name: 'string', amount: 'money', n: 'integer', x: 'float?', b: 'flag', until: 'instant?' } as const,
      ],
    ]),
  ).get('thing');
  assert.deepEqual(writer?.columns, [
    'at',
    'name',
    'amount',
    'n',
    'x',
    'b',
    'until',
    'sign',
    'cause',
    'recorded_at',
  ]);
  const facts = [
    {
      at: 5,
      sign: -1,
      cause: 'late',
      name: 'a"\u0000\n',
      amount: -1n,
      n: 2 ** 53 - 1,
      x: null,
      b: true,
      until: -7,
    },
    { at: -5, sign: 1, cause: 'arrived', name: '', amount: 10n ** 25n, n: 0, x: 1e-7, b: false, until: null },
  ] as const;
  assert.deepEqual(writer?.write({ recorded_at: 9, facts }).split('\n'), [
    '{"at":5,"name":"a\\"\\u0000\\n","amount":"-0.000001","n":9007199254740991,"x":null,"b":1,"until":-7,"sign":-1,"cause":"late","recorded_at":9}',
    '{"at":-5,"name":"","amount":"10000000000000000000.000000","n":0,"x":1e-7,"b":0,"until":null,"sign":1,"cause":"arrived","recorded_at":9}',
    '',
  ]);
});
