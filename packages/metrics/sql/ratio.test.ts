import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formulaOf, meanSql, type Ratio, ratioOf, ratioSql } from './ratio.ts';

const rate: Ratio = { numerator: { abandoned: 1 }, denominator: { carts: 1, open: -1 } };
const score: Ratio = {
  times: 100,
  numerator: { promoters: 1, detractors: -1 },
  denominator: { responses: 1 },
};

test('a ratio is one formula, one SQL and one number', () => {
  assert.equal(formulaOf(rate), 'abandoned / (carts - open)');
  assert.equal(formulaOf(score), '100 * (promoters - detractors) / responses');
  assert.equal(ratioSql(rate), 'rate_of(abandoned, carts - open)');
  assert.equal(
    ratioSql(score, (column) => `sum(d.${column})`),
    'rate_of(100 * (sum(d.promoters) - sum(d.detractors)), sum(d.responses))',
  );
  assert.equal(ratioOf(rate, { abandoned: 6, carts: 12, open: 2 }), 0.6);
  assert.equal(ratioOf(score, { promoters: 6, detractors: 1, responses: 10 }), 50);
});

test('a ratio over nothing is null, and one without its numbers is refused', () => {
  assert.equal(ratioOf(rate, { abandoned: 0, carts: 2, open: 2 }), null);
  assert.throws(() => ratioOf(rate, { abandoned: 0, carts: 2 }), /open is not given/);
});

test('means of several rows merge by what they are means of', () => {
  assert.equal(
    meanSql({ mean: 'average_seconds', weight: 'resolved' }, (column) => `d.${column}`),
    'rate_of(sum(d.average_seconds * d.resolved), sum(d.resolved))',
  );
});
