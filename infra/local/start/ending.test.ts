import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ending } from './ending.ts';

test('who brings events in stops before who counts them, the servers last, whatever fails', async () => {
  const ending = new Ending();
  const stopped: string[] = [];
  for (const name of ['kafka', 'live', 'sink', 'clickhouse', 'processor', 'collector', 'simulator']) {
    const stop = async (): Promise<void> => {
      await Promise.resolve();
      stopped.push(name);
      if (name === 'collector') throw new Error('stuck');
    };
    ending.add({ name, stop });
  }
  const failures = await ending.stopAll();
  assert.deepEqual(stopped.slice(0, 3), ['simulator', 'collector', 'processor']);
  assert.deepEqual(stopped.slice(3, 5).toSorted(), ['live', 'sink']);
  assert.deepEqual(stopped.slice(5).toSorted(), ['clickhouse', 'kafka']);
  assert.equal(failures.length, 1);
});
