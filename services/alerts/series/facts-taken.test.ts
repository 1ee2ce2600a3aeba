import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactRow } from '@tidemark/events/fact-block-codec';
import { readRules, shippedRules } from '../rules/read-file.ts';
import type { Rule } from '../rules/rule.ts';
import { CountedThrough } from './counted-through.ts';
import { CustomersLost } from './customers-lost.ts';

const hourMs = 3_600_000;
const { rules } = readRules(shippedRules, {});
const ruleOn = (series: string): Rule =>
  rules.find(({ search }) => 'select' in search && search.select.series === series)!;
const window = { labels: {}, from: 0, to: 100 * hourMs };

const churn = (customer_id: string, at: number, more: Partial<FactRow> = {}): FactRow =>
  ({
    sign: 1,
    cause: 'arrived',
    at,
    movement: 'churn',
    customer_id,
    segment: 'smb',
    plan_id: 'team',
    ...more,
  }) as FactRow;

test('a family is counted as far as its last partition, families as far as the last of them', () => {
  const through = new CountedThrough([0, 1]);
  const progress = (family: string, partition: number, data_through: number): FactRow => ({
    sign: 1,
    cause: 'arrived',
    at: 0,
    family,
    partition,
    data_through,
  });
  through.take([progress('cart', 0, 30), progress('cart', 1, 20), progress('contact', 0, 10)]);
  assert.equal(through.of(['cart']), 20);
  assert.equal(through.of(['cart', 'contact']), undefined, 'one partition is unknown');
  through.take([progress('contact', 1, 40), progress('cart', 1, 35)]);
  assert.equal(through.of(['cart', 'contact']), 10);
  assert.equal(through.of([]), undefined);
});

test('customers of a finding are those lost in its window with its labels, without retracted ones', () => {
  const lost = new CustomersLost();
  const rule = ruleOn('customers_lost');
  lost.take('customer_movement', [
    churn('a', 1),
    churn('b', 2),
    churn('b', 3),
    churn('c', 4, { segment: 'enterprise' }),
    churn('new', 5, { movement: 'new' }),
  ]);
  assert.deepEqual(lost.of(rule, window), ['a', 'b', 'c']);
  assert.deepEqual(lost.of(rule, { ...window, labels: { segment: 'smb', channel: 'web' } }), ['a', 'b']);
  assert.deepEqual(lost.of(rule, { ...window, from: 2, to: 3 }), ['b']);
  lost.take('customer_movement', [churn('a', 1, { sign: -1 }), churn('c', 9, { sign: -1 })]);
  assert.deepEqual(lost.of(rule, window), ['b', 'c']);
  assert.deepEqual(lost.of(ruleOn('contacts_opened'), window), []);
});

test('customers of a finding among the losses nobody announced are those of them', () => {
  const lost = new CustomersLost();
  lost.take('customer_movement', [
    churn('sudden', 1, { announced: false }),
    churn('known', 2, { announced: true }),
  ]);
  lost.take('cancellation', [churn('leaving', 3, { movement: '', action: 'scheduled' })]);
  const named = (announced: string) =>
    lost.of(ruleOn('customers_lost'), { ...window, labels: { announced } });
  assert.deepEqual(named('no'), ['sudden']);
  assert.deepEqual(named('yes'), ['known']);
  assert.deepEqual(lost.of(ruleOn('cancellations_scheduled'), window), ['leaving']);
});

test('customers are kept for 24 hours before the newest', () => {
  const lost = new CustomersLost();
  lost.take('customer_movement', [churn('old', hourMs)]);
  lost.take('customer_movement', [churn('edge', hourMs + 1), churn('new', 25 * hourMs)]);
  assert.deepEqual(lost.of(ruleOn('customers_lost'), window), ['edge', 'new']);
  assert.equal(lost.takes('sale'), false);
});
