import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { knownSeries } from './known-series.ts';
import { parseRules } from './parse.ts';
import { readRules, receiverVariables, shippedRules } from './read-file.ts';

const errorsOf = (text: string): string[] => {
  const parsed = parseRules(text, knownSeries, { SET: 'https://x.example' });
  return 'errors' in parsed ? parsed.errors.map(({ line, message }) => `${line}: ${message}`) : [];
};
const root = new URL('../../../', import.meta.url);

test('the shipped rules have no mistakes, and each alert has its runbook', () => {
  const { rules } = readRules(shippedRules, {});
  assert.ok(rules.length > 20);
  const alerting = parse(readFileSync(new URL('infra/prometheus/alerting.yml', root), 'utf8')) as {
    groups: { rules: { annotations: { runbook_url: string } }[] }[];
  };
  const named = [
    ...rules.map(({ runbook }) => runbook),
    ...alerting.groups.flatMap((group) =>
      group.rules.map(({ annotations }) => annotations.runbook_url.split('/').at(-1)),
    ),
  ];
  for (const name of named)
    assert.ok(existsSync(new URL(`docs/runbooks/${name}.md`, root)), `docs/runbooks/${name}.md`);
});

test('the variables that receivers name are found without those of comments, rules and broken files', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-rules-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rules.yaml');
  const found = (text: string): readonly string[] => {
    writeFileSync(file, text);
    return receiverVariables(file);
  };
  const receivers = 'receivers:\n  # url: ${OLD}\n  - {url: "https://${HOST}/${KEY}", name: a}\n';
  assert.deepEqual(found(`rules:\n  - name: \${RULE}\n${receivers}`), ['HOST', 'KEY']);
  assert.deepEqual(found('receivers: [${KEY'), []);
  assert.deepEqual(found('rules: []'), []);
  assert.deepEqual(receiverVariables(shippedRules), []);
  assert.deepEqual(receiverVariables(join(folder, 'missing.yaml')), []);
});

test('every mistake is reported with its line', () => {
  const text = `
defaults: { for: 30s }
receivers:
  - { name: a, kind: webhook, url: "\${SET}", secret: "\${UNSET}" }
  - { name: a, kind: slack, url: nowhere }
rules:
  - name: one
    title: One
    kind: spike
    series: customers_lots
    windows: [1h]
    at_least: 10
    times: 3
  - name: two
    title: Two
    kind: spike
    series: customers_lost
    by: [segment]
    windows: [130m, 10s]
    at_least: 10
    times: 3
  - name: two
    title: Two again
    kind: threshold
    for: 1m
    when: churn over a day
`;
  const found = errorsOf(text);
  assert.equal(found.length, 11, found.join('\n'));
  const lineOf = (part: string): number =>
    Number.parseInt(
      found.find((one) => one.includes(part))!,
      10,
    );
  assert.equal(lineOf('${UNSET} is not set'), 4);
  assert.equal(lineOf('url is not a URL'), 5);
  assert.equal(lineOf('the name a is taken'), 5);
  assert.equal(lineOf('there is no series customers_lots'), 10);
  assert.equal(lineOf('has no dimension segment; its dimensions are: announced, reason'), 18);
  assert.equal(lineOf('130m is not a whole number of quarter hours'), 19);
  assert.equal(lineOf('10s is not a whole number of minutes'), 19);
  assert.equal(lineOf('the name two is taken'), 22);
  assert.equal(lineOf('is not a condition: write it like churn_rate over 24h > 2%'), 26);
});

test('fields are checked by the schema, with the line of the field', () => {
  const text = `rules:
  - name: Bad Name
    title: T
    kind: spike
    series: customers_lost
    windows: [1 hour]
    at_least: 10
    time: 3
  - name: x
    title: T
    kind: spikes
`;
  const found = errorsOf(text);
  assert.match(found.join('\n'), /2: rules\.0\.name is "Bad Name": expected kebab-case/);
  assert.match(found.join('\n'), /2: rules\.0 lacks times/);
  assert.match(
    found.join('\n'),
    /6: rules\.0\.windows\.0 is "1 hour": expected 15m, 1h, 1d, or every minute/,
  );
  assert.match(found.join('\n'), /8: rules\.0 has no field time/);
  assert.match(found.join('\n'), /11: rules\.1\.kind is "spikes": expected one of spike, amount/);
});

test('a mistake in the YAML is reported with its line', () => {
  assert.match(errorsOf('rules:\n  - name: [a\n').join(), /^[23]: /);
  assert.match(errorsOf('').join(), /1: /);
});

test('a window may be a range of minutes', () => {
  const text = (windows: string): string => `rules:
  - { name: a, title: A, kind: spike, series: customers_lost, at_least: 10, times: 3, windows: ${windows} }
`;
  const parsed = parseRules(text('[5m..7m, 1h]'), knownSeries, {});
  assert.ok('rules' in parsed);
  const { search } = parsed.rules[0]!;
  assert.deepEqual(search.kind === 'spike' && search.windowsMs.map((ms) => ms / 60_000), [5, 6, 7, 60]);
  assert.match(errorsOf(text('[7m..5m]')).join(), /2: 7m..5m is empty: write the shorter duration first/);
});

test('cancellations and losses of the same hours are one incident', () => {
  const { rules } = readRules(shippedRules, {});
  const groupOf = (name: string): string => rules.find((rule) => rule.name === name)!.group;
  assert.equal(groupOf('cancellations-scheduled'), groupOf('churn-spike'));
  assert.equal(groupOf('cancellations-scheduled-by-segment'), groupOf('churn-spike'));
});

test('a condition is parsed into measure, window and limit', () => {
  const text = `rules:
  - { name: a, title: A, kind: threshold, when: churn_rate over 24h > 2.5%, at_least: 5 }
  - { name: b, title: B, kind: threshold, when: contacts_opened over 1h > 500 }
`;
  const parsed = parseRules(text, knownSeries, {});
  assert.ok('rules' in parsed);
  const [a, b] = parsed.rules.map(({ search }) => search);
  assert.ok(a?.kind === 'threshold' && b?.kind === 'threshold');
  assert.deepEqual([a.limit, a.overMs, a.below, a.atLeast], [0.025, 86_400_000, false, 5]);
  assert.deepEqual([b.limit, b.measure.of], [500, ['contacts_opened']]);
  assert.deepEqual(parsed.rules[1]!.families, ['contact']);
});
