import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settingNames } from './settings-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('what the containers and the Helm chart set are settings of a service', () => {
  const chart = globSync('infra/helm/tidemark/**/*.{yaml,tpl}', { cwd: root });
  assert.ok(chart.length > 5);
  const text = chart.map((file) => readFileSync(`${root}${file}`, 'utf8')).join('\n');
  const ofChart = [...text.matchAll(/name"? ?:? "?([A-Z][A-Z_]+)\b/g)].map(([, name]) => name!);
  const compose = readFileSync(`${root}docker-compose.yml`, 'utf8');
  const ofCompose = [...compose.matchAll(/^ {6}([A-Z][A-Z_]+):/gm)].map(([, name]) => name!);
  assert.ok(ofChart.length > 20 && ofCompose.length > 20);
  // The servers and the C library have variables of their own.
  const ofServers = /^(KAFKA_|CLICKHOUSE_SKIP|TIDEMARK_CLICKHOUSE_|MALLOC_)/;
  const unknown = [...ofChart, ...ofCompose].filter(
    (name) => !settingNames.includes(name) && !ofServers.test(name),
  );
  assert.deepEqual([...new Set(unknown)], []);
});
