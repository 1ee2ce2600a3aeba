import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, bodiesTo } from '../../deliver/delivery.fixtures.ts';

test('Alertmanager gets the labels of the alert, and its end once it is resolved', async () => {
  const manager = (await bodiesTo((url) => ({ kind: 'alertmanager', url }))) as {
    labels: object;
    endsAt: string;
  }[][];
  assert.deepEqual(manager[0]![0]!.labels, {
    segment: 'enterprise',
    alertname: 'churn-spike',
    severity: 'page',
    group: 'churn',
  });
  assert.deepEqual(manager[0]![0]!.labels, manager[1]![0]!.labels);
  assert.ok(Date.parse(manager[0]![0]!.endsAt) > Date.now());
  assert.equal(manager[1]![0]!.endsAt, new Date(at).toISOString());
});
