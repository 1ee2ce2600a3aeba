import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createLog } from './log.ts';
import { stopAll, within } from './shutdown.ts';

const log = createLog('test', 'silent');
const never = new Promise<void>(() => {});

test('a stop that hangs is given up after its time', async () => {
  await assert.rejects(within(20, 'it', never), { code: 'stop.timeout' });
  await within(1_000, 'it', Promise.resolve());
  await assert.rejects(within(1_000, 'it', Promise.reject(new Error('own'))), /own/);
});

test('what hangs or fails does not keep the others from being stopped', async () => {
  const stopped: string[] = [];
  const part = (name: string, work: () => Promise<void>) => ({
    name,
    stop: async (): Promise<void> => {
      stopped.push(name);
      await work();
    },
  });
  const fine = part('fine', () => Promise.resolve());
  const failing = part('failing', () => Promise.reject(new Error('no')));
  const hanging = part('hanging', () => never);
  assert.equal(await stopAll([fine], 100, log), false);
  assert.equal(await stopAll([failing, hanging, fine], 100, log), true);
  assert.deepEqual(stopped, ['fine', 'failing', 'hanging', 'fine']);
});

test('a second failure does not cut off the end that the first one began', async () => {
  const script = `
    import { createLog } from './log.ts';
    import { orderlyShutdown } from './shutdown.ts';
    const shutdown = orderlyShutdown(createLog('test', 'silent'));
    shutdown.add('the group', async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      process.stdout.write('left');
    });
    void shutdown.end(1);
    void shutdown.end(2);`;
  const ended = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    cwd: import.meta.dirname,
  });
  await assert.rejects(ended, { code: 1, stdout: 'left' });
});
