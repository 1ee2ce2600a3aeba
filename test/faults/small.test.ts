import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFaults } from './run.ts';

// `npx tidemark faults` injects any number of faults. This test injects as many as fit into 40 seconds, 20 at most.
// FAULTS_SEED=7 gives others.

const seed = Number(process.env['FAULTS_SEED'] ?? 1);

test('when processes are killed under load, no event is lost, none counts twice, and every view is right', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-faults-'));
  const options = { kills: 20, seed, rate: 150, pause: 5, seconds: 40, folder };
  const lines: string[] = [];
  const report = await runFaults(options, (line) => lines.push(line), t.signal);
  const { injected, published, ownExits } = report;
  t.diagnostic(
    `${injected.length} faults, ${published.events} events, ${ownExits.length} members ended of themselves`,
  );
  assert.deepEqual(report.errors, [], lines.join('\n'));
  assert(injected.length >= 5, `only ${injected.length} faults were injected`);
});
