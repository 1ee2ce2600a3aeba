import assert from 'node:assert/strict';
import { test } from 'node:test';
import { againstOf, barDays, beforeWords, presetDays } from './period.js';

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
  const may = { from: '2026-05-01', to: '2026-05-30' };
  assert.equal(beforeWords(may), 'the 30 days before');
  assert.equal(beforeWords({ ...may, against: '2025-05-01' }), 'the 30 days from 1 May 2025');
});

test('a period is compared with one of choice that does not reach into it, and otherwise with the one right before', () => {
  const march = { from: '2026-03-01', to: '2026-03-31' };
  assert.equal(againstOf(undefined, march), undefined);
  assert.equal(againstOf('year', march), '2025-03-01');
  assert.equal(againstOf('2026-01-29', march), '2026-01-29');
  assert.equal(againstOf('2026-01-30', march), undefined);
  assert.equal(againstOf('year', { from: '2024-02-29', to: '2024-03-01' }), '2023-02-28');
  assert.equal(againstOf('year', { from: '2024-01-01', to: '2025-06-30' }), undefined);
});
