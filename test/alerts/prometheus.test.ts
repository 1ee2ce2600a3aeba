import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { until } from '../support/until.ts';
import { receiver } from './harness.ts';

const run = promisify(execFile);
const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const isThere = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const missing = ['promtool', 'amtool', 'prometheus', 'prometheus-alertmanager'].filter(
  (tool) => !isThere(tool),
);
const reason = `${missing.join(', ')} not installed (Debian: packages prometheus and prometheus-alertmanager)`;
// On a machine of CI a test that did not run is no test.
assert.ok(missing.length === 0 || !process.env['CI'], reason);
const skip = missing.length > 0 && reason;

const children: ChildProcess[] = [];
const folders: string[] = [];
after(async () => {
  await Promise.all(
    children.map(async (child) => {
      const over = once(child, 'exit');
      child.kill('SIGKILL');
      await over;
    }),
  );
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

test('the rules pass their unit tests, and the configurations are valid', { skip }, async () => {
  await run('promtool', ['check', 'config', pathOf('infra/prometheus/prometheus.yml')]);
  await run('promtool', ['test', 'rules', pathOf('infra/prometheus/tests/alerting.test.yml')]);
  await run('amtool', ['check-config', pathOf('infra/alertmanager/alertmanager.yml')]);
});

test('a real Prometheus and a real Alertmanager fire and resolve', { skip }, async () => {
  let blocked = 1;
  const exporter = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`tidemark_sink_blocked ${blocked}\ntidemark_alerts_leading 1\n`);
  }).listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const hook = await receiver();
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-test-'));
  folders.push(folder);
  const [prometheusPort, alertmanagerPort] = [await freePort(), await freePort()];
  // The shipped files with shorter intervals and other addresses. promtool tests above how long each alert is pending.
  await cp(pathOf('infra/prometheus'), folder, { recursive: true });
  const prometheus = (await readFile(join(folder, 'prometheus.yml'), 'utf8'))
    .replaceAll('15s', '1s')
    .replace('127.0.0.1:9093', `127.0.0.1:${alertmanagerPort}`)
    .replaceAll(/127\.0\.0\.1:808\d/g, `127.0.0.1:${(exporter.address() as AddressInfo).port}`);
  await writeFile(join(folder, 'prometheus.yml'), prometheus);
  const alerting = await readFile(join(folder, 'alerting.yml'), 'utf8');
  await writeFile(join(folder, 'alerting.yml'), alerting.replaceAll(/\bfor: \d+m/g, 'for: 1s'));
  const alertmanager = (await readFile(pathOf('infra/alertmanager/alertmanager.yml'), 'utf8'))
    .replace('group_wait: 15s', 'group_wait: 1s')
    .replace('group_interval: 5m', 'group_interval: 1s')
    .replace(
      '- name: on-call',
      `- name: on-call\n    webhook_configs: [{ url: '${hook.url}', send_resolved: true }]`,
    );
  await writeFile(join(folder, 'alertmanager.yml'), alertmanager);
  const start = (command: string, ...args: string[]): void =>
    void children.push(spawn(command, args, { cwd: folder, stdio: 'ignore' }));
  start(
    'prometheus-alertmanager',
    '--config.file=alertmanager.yml',
    `--storage.path=${folder}/am`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
  );
  start(
    'prometheus',
    '--config.file=prometheus.yml',
    `--storage.tsdb.path=${folder}/tsdb`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  );

  type Payload = { status: string; alerts: { labels: Record<string, string>; status: string }[] };
  const statuses = (): string[] =>
    hook.got
      .flatMap(({ body }) => (JSON.parse(body) as Payload).alerts)
      .filter(({ labels }) => labels['alertname'] === 'TidemarkSinkBlocked')
      .map(({ status }) => status);
  await until('the alert', () => statuses().includes('firing'));
  blocked = 0;
  await until('its end', () => statuses().includes('resolved'));
  exporter.close();
  hook.close();
});
