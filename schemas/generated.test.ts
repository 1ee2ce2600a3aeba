import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { generated, obsolete } from '../scripts/generate/outputs.ts';

const root = new URL('../', import.meta.url);

test('what is generated from schemas and definitions is up to date', async () => {
  const outputs = await generated();
  const stale = [...outputs].filter(([file, text]) => {
    const url = new URL(file, root);
    return !existsSync(url) || readFileSync(url, 'utf8') !== text;
  });
  const names = [...stale.map(([file]) => file), ...obsolete(outputs)];
  assert.deepEqual(names, [], 'run `npm run generate` and commit what it writes');
});
