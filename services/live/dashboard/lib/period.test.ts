import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barDays, beforeWords, presetDays } from './period.js';

test('presets end today', () => {
  assert.deepEqual(presetDays('7d', '2026-03-03'), { from: '2026-02-25', to: '2026-03-03' });
  assert.deepEqual(presetDays('month', '2026-03-03'), { from: '2026-03-01', to: '2026-03-03' });
  assert.equal(presetDays('forever', '2026-03-03'), undefined);
});

test('a bar stands for its days within the shown period', () => {
  const shown = { from: '2026-01-10', to: '2026-05-20' };
  assert.deepEqual(barDays('2026-02-01', 'day', shown), { from: '2026-02-01', to: '2026-02-01' });
  assert.deepEqual(barDays('2026-01-05', 'week', shown), { from: '2026-01-10', to: '2026-01-11' });
  assert.deepEqual(barDays('2026-02-01', 'month', shown), { from: '2026-02-01', to: '2026-02-28' });
  assert.deepEqual(barDays('2026-05-01', 'month', shown), { from: '2026-05-01', to: '2026-05-20' });
});

test('the period of comparison has a name', () => {
  assert.equal(beforeWords({ from: '2026-05-01', to: '2026-05-01' }), 'the day before');
  assert.equal(beforeWords({ from: '2026-05-01', to: '2026-05-30' }), 'the 30 days before');
});
