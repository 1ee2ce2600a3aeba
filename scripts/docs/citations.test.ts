import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricFamilies } from '@tidemark/metrics';
import { citationFaults, citedIn, citingFiles, rangesIn, type Citing } from './citations.ts';
import { contractRules, metricHeadings, rulesNotBuilt, withLinks } from './contract.ts';

test('the contract’s rules are numbered from 1 on, each once', () => {
  const sorted = contractRules.toSorted((a, b) => a - b);
  assert.ok(sorted.length >= 66);
  assert.deepEqual(sorted, sorted.map((_, index) => index + 1)); // prettier-ignore
});

test('each rule is cited by code and by a test, and no citation goes nowhere or to several rules', () => {
  assert.deepEqual(citationFaults(citingFiles(), contractRules, rulesNotBuilt), []);
});

test('a citation is the word and one number, also across the lines of a comment', () => {
  const text =
    'Rule 1, [rule 2](rules.md#rule-2), (rule 3). The\n * rule\n * 4; -- rule\n-- 5. No rule, 6; rules.md#rule-7';
  assert.deepEqual([...citedIn(text)], [1, 2, 3, 4, 5, 7]);
  assert.deepEqual(rangesIn(text), []);
});

test('every form that cites several rules at once is found', () => {
  for (const text of [
    'Rules 1 to 3',
    'rules 1, 2',
    'rule 1–3',
    'rule 1, 2',
    'rule 1 and 2',
    'rule 1 to\n * 3',
    'rules\n-- 1',
  ])
    assert.equal(rangesIn(text).length, 1, text);
});

test('what is missing is named', () => {
  const file = (role: Citing['role'], text: string): Citing => ({ file: `a.${role}`, role, text });
  const all = [file('code', 'rule 1, rule 2'), file('test', 'rule 1'), file('text', 'rule 2')];
  assert.deepEqual(citationFaults(all, [1], []), ['a.code cites rule 2, which does not exist', 'a.text cites rule 2, which does not exist']); // prettier-ignore
  assert.deepEqual(citationFaults(all, [1, 2, 3], [3]), ['no test cites rule 2']);
  assert.deepEqual(citationFaults(all.slice(0, 2), [1, 2, 3], [2]), [
    'no code cites rule 3',
    'no test cites rule 3',
  ]);
  assert.deepEqual(citationFaults([], [], [9]), ['rule 9 is listed as not built and does not exist']);
});

test('a metric page names rules that exist and are built, and sections of the contract that exist', () => {
  for (const page of metricFamilies.flatMap(({ pages }) => pages)) {
    for (const rule of page.rules.flatMap(([, ...rules]) => rules))
      assert.ok(contractRules.includes(rule) && !rulesNotBuilt.includes(rule), `${page.name}: rule ${rule}`);
    for (const [, heading] of page.source.matchAll(/metric contract, ‘([^’]+)’/g))
      assert.ok(metricHeadings.includes(heading!), `${page.name}: ${heading}`);
  }
});

test('rules and sections become links', () => {
  assert.equal(
    withLinks('The metric contract, ‘The rest’; rule 44.'),
    '[The metric contract, ‘The rest’](../contract/metrics.md#the-rest); [rule 44](../contract/rules.md#rule-44).',
  );
});
