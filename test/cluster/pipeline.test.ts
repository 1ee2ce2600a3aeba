import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFaults } from '../faults/run.ts';

// `npx tidemark faults --cluster` injects any number of faults. FAULTS_SEED=7 gives others.

const seed = Number(process.env['FAULTS_SEED'] ?? 1);

test('on three brokers of which any is killed or halted, every view is the batch answer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-cluster-'));
  const options = { kills: 40, seed, rate: 100, pause: 3, seconds: 90, cluster: true, folder };
  const lines: string[] = [];
  const { errors, injected, published } = await runFaults(options, (line) => lines.push(line), t.signal);
  t.diagnostic(`${injected.length} faults, ${published.events} events`);
  assert.deepEqual(errors, [], lines.join('\n'));
  assert(injected.some(({ target }) => target.startsWith('kafka-')));
});
