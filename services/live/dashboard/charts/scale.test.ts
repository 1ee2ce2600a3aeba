import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linear, stacked, ticksOf, waterfallOf } from './scale.js';

test('an axis has round values that take in all of its data', () => {
  assert.deepEqual(ticksOf(-9_300, 11_200), [-10_000, -5_000, 0, 5_000, 10_000, 15_000]);
  assert.deepEqual(ticksOf(0, 87), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticksOf(0, 0), [0, 0.3], 'with nothing to show there is an axis all the same');
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(1e9), (least, span) => {
      const ticks = ticksOf(least, least + span);
      assert.ok(ticks.length >= 2 && ticks.length <= 8, `${ticks.length} ticks`);
      assert.ok(ticks[0]! <= least && ticks.at(-1)! >= least + span);
    }),
  );
});

test('an axis of counts has no half in it', () => {
  assert.deepEqual(ticksOf(0, 2, { isWhole: true }), [0, 1, 2]);
  assert.deepEqual(ticksOf(-1, 1, { isWhole: true }), [-1, 0, 1]);
});

test('what is above 0 is stacked upwards, what is below downwards', () => {
  assert.deepEqual(stacked([3, -1, 2, -4]), [
    { from: 0, to: 3 },
    { from: 0, to: -1 },
    { from: 3, to: 5 },
    { from: -1, to: -5 },
  ]);
});

test('a waterfall goes from the opening by its steps to the closing', () => {
  const rise = (value: number) => ({ value, kind: 'rise' as const });
  const standing = (value: number) => ({ value, kind: 'standing' as const });
  const { bars, floor, ceiling } = waterfallOf([standing(100), rise(20), rise(-5), standing(115)]);
  assert.deepEqual(bars, [
    { bottom: 0, top: 100 },
    { bottom: 100, top: 120 },
    { bottom: 115, top: 120 },
    { bottom: 0, top: 115 },
  ]);
  assert.equal(ceiling, 120);
  assert.equal(floor, 80, 'the steps of 20 take half of what is shown');
  assert.equal(
    waterfallOf([standing(10), rise(90), standing(100)]).floor,
    0,
    'steps that can be seen cut nothing',
  );
  assert.equal(waterfallOf([standing(0), rise(0), standing(0)]).floor, 0);
});

test('a waterfall that goes below 0 is shown down to there', () => {
  const { floor } = waterfallOf([
    { value: 5, kind: 'standing' },
    { value: -15, kind: 'rise' },
    { value: -10, kind: 'standing' },
  ]);
  assert.equal(floor, -10);
});

test('a scale maps its ends to the ends of the range', () => {
  const scale = linear([0, 10], [100, 0]);
  assert.deepEqual([scale(0), scale(5), scale(10)], [100, 50, 0]);
  assert.equal(linear([1, 1], [7, 9])(1), 7);
});
