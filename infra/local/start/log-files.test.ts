import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFiles } from './log-files.ts';

test('a log file is put aside when it is large, and the one before it goes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-logs-'));
  try {
    const logs = new LogFiles(directory);
    const line = 'x'.repeat(999_999);
    for (let count = 0; count < 25; count++) logs.write('sink', line);
    logs.write('live', 'hello');
    logs.close();
    assert.equal((await stat(join(directory, 'sink.log'))).size, 5_000_000);
    assert.equal((await stat(join(directory, 'sink.log.1'))).size, 10_000_000);
    assert.equal(await readFile(logs.pathOf('live'), 'utf8'), 'hello\n');
    const again = new LogFiles(directory);
    again.write('live', 'again');
    again.close();
    assert.equal(await readFile(logs.pathOf('live'), 'utf8'), 'hello\nagain\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});
