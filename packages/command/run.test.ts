import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const bytes = 2_000_000;
const program = `
  import { Command } from 'commander';
  import { print } from ${JSON.stringify(new URL('output.ts', import.meta.url).href)};
  import { runCommand } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)};
  const command = new Command('long').action(() => print('x'.repeat(${bytes})));
  await runCommand(command, []);
`;

test('a long answer comes whole, however slow its reader is', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  let read = 0;
  for await (const part of child.stdout) {
    read += (part as Buffer).length;
    await sleep(1);
  }
  assert.equal(read, bytes + 1);
});
