import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf } from './csv.js';

test('rows are lines below their columns, exact, and null is nothing', () => {
  assert.equal(
    csvOf([
      { period: '2026-05-01', mrr: '1200.000001', rate: null },
      { period: '2026-05-02', mrr: '-5.00', rate: 0.25 },
    ]),
    'period,mrr,rate\r\n2026-05-01,1200.000001,\r\n2026-05-02,-5.00,0.25\r\n',
  );
});

test('a text keeps its commas, quotes and lines, and is never a formula', () => {
  assert.equal(
    csvOf([{ a: 'x, "y"\nz', b: '=HYPERLINK("http://x")', c: '-lovelace', d: '+49' }]),
    `a,b,c,d\r\n"x, ""y""\nz","'=HYPERLINK(""http://x"")",'-lovelace,+49\r\n`,
  );
});
