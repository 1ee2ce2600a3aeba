import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('development, tests and images have one Node, and the documents name the oldest that works', () => {
  const manifest = JSON.parse(read('package.json')) as {
    engines: { node: string };
    devEngines: { runtime: { version: string } };
    devDependencies: { node: string };
  };
  const installed = manifest.devDependencies.node;
  const [major] = installed.split('.');
  assert.equal(read('.nvmrc').trim(), installed);
  assert.match(read('infra/docker/Dockerfile'), new RegExp(`^FROM node:${major}\\b`, 'm'));

  const [runs, installs] = [manifest.engines.node, manifest.devEngines.runtime.version].map((range) =>
    range.replace('>=', ''),
  );
  assert.ok(read('CONTRIBUTING.md').includes(`**Node ${runs} or newer**`), `CONTRIBUTING.md: Node ${runs}`);
  for (const page of ['CONTRIBUTING.md', 'README.md'])
    assert.ok(read(page).includes(`Node ${installs} or newer`), `${page}: Node ${installs}`);
});
