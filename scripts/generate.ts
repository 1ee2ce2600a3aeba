/**
 * `npm run generate` writes what follows from the event schemas and the metric definitions: the event types, the
 * schemas of facts and counters, and the registry of schema ids. `npm run generate -- --release` also freezes the
 * versions that are not released yet, for from then on there is data written with them. See docs/decisions/schemas.md.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { release, generated, obsolete } from './generate/outputs.ts';

const root = new URL('../', import.meta.url);
const outputs = await generated();
for (const file of obsolete(outputs)) rmSync(new URL(file, root));
const all = process.argv.includes('--release') ? release(outputs) : outputs;
for (const [file, text] of all) {
  const url = new URL(file, root);
  mkdirSync(new URL('.', url), { recursive: true });
  writeFileSync(url, text);
}
console.log(`${all.size} files are up to date.`);
