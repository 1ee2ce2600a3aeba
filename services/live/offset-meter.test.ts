import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OffsetMeter } from './offset-meter.ts';

const look = (at: number, cart: number, contact: number) => ({
  at,
  ends: new Map([
    ['cart', cart],
    ['contact', contact],
  ]),
});

test('the rate is of the last ten seconds, over all families and of each', () => {
  const meter = new OffsetMeter();
  assert.equal(meter.rate, null);
  meter.take(look(0, 0, 0));
  assert.equal(meter.rate, null);
  for (let second = 2; second <= 20; second += 2) meter.take(look(second * 1_000, second * 10, second * 2));
  assert.equal(meter.rate, 12);
  assert.deepEqual(meter.rates, [
    { family: 'cart', events_per_second: 10 },
    { family: 'contact', events_per_second: 2 },
  ]);
});

test('the rate is 0 ten seconds after the last event', () => {
  const meter = new OffsetMeter();
  for (let second = 0; second <= 30; second += 2) meter.take(look(second * 1_000, Math.min(second, 10), 0));
  assert.equal(meter.rate, 0);
});

test('topics that are created anew give no negative rate', () => {
  const meter = new OffsetMeter();
  meter.take(look(0, 1_000, 1_000));
  meter.take(look(2_000, 3, 0));
  assert.equal(meter.rate, null);
  meter.take(look(4_000, 5, 0));
  assert.equal(meter.rate, 1);
});

test('samples are kept for a quarter of an hour', () => {
  const meter = new OffsetMeter();
  for (let at = 0; at <= 3_600_000; at += 60_000) meter.take(look(at, at, 0));
  assert.equal(meter.samples.length, 16);
});
