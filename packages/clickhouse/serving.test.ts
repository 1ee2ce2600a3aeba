import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownView } from './serving.ts';

const columns = [
  { name: 'date', type: 'Date', comment: 'Day.' },
  { name: 'mrr', type: 'Decimal(38, 6)', comment: "The month's." },
];
const view = { name: 'mrr_daily', comment: 'MRR.', columns, parameters: [] };

test('a view over several generations shows the one that serves when the query begins', () => {
  const text = shownView({ ...view, generations: [1, 2] });
  assert.match(text, /^CREATE OR REPLACE VIEW tidemark\.mrr_daily \(`date` Date COMMENT 'Day\.', `mrr`/);
  const branches = [
    ...text.matchAll(/FROM tidemark_g(\d)\.mrr_daily WHERE (.*?) = (\d)(?= UNION| COMMENT)/g),
  ];
  assert.deepEqual(
    branches.map(([, generation, , number]) => [generation, number]),
    [
      ['1', '1'],
      ['2', '2'],
    ],
  );
  for (const [, , condition] of branches) assert.match(condition!, /since <= initialQueryStartTime\(\)/);
  assert.match(text, /SQL SECURITY DEFINER/);
  assert.match(text, /COMMENT 'The month\\'s\.'.* COMMENT 'MRR\.'$/s);
});

test('a view of one generation alone needs no choice, and parameters are handed on', () => {
  const text = shownView({
    ...view,
    generations: [2],
    parameters: [{ name: 'known_at', type: "DateTime64(3, 'UTC')" }],
  });
  assert.doesNotMatch(text, /WHERE|UNION/);
  assert.match(text, /FROM tidemark_g2\.mrr_daily\(known_at = \{known_at:DateTime64\(3, 'UTC'\)\}\)/);
});
