/**
 * `npm run docs` writes the reference pages: docs/metrics from the definitions, views and pages of
 * packages/metrics; docs/settings.md from the tables of settings. `npm run docs:check` only
 * says which pages are not up to date, with exit code 1 if any.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { docs, obsoleteDocs, staleDocs } from './docs/outputs.ts';

const root = new URL('../', import.meta.url);
const outputs = await docs();

if (process.argv.includes('--check')) {
  const stale = staleDocs(outputs);
  if (stale.length > 0) {
    console.error(`Not up to date, run "npm run docs": ${stale.join(', ')}`);
    process.exitCode = 1;
  }
} else {
  for (const file of obsoleteDocs(outputs)) rmSync(new URL(file, root));
  for (const [file, text] of outputs) {
    const url = new URL(file, root);
    mkdirSync(new URL('.', url), { recursive: true });
    writeFileSync(url, text);
  }
  console.log(`${outputs.size} pages are up to date.`);
}
