import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../../../infra/local/embedded/ports.ts';
import { findingsOf } from './check.ts';
import { lookAtMachine } from './machine-seen.ts';
import { machineChecks } from './machine.ts';

let data = '';
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'tidemark-doctor-'));
});
after(() => rm(data, { recursive: true, force: true }));

/** What is found of a kind on this machine, whose memory and disks are no matter. */
async function found(id: string, asked: Partial<Parameters<typeof lookAtMachine>[0]>): Promise<string[]> {
  const environment = { PATH: process.env['PATH'] };
  const seen = await lookAtMachine({ environment, data, isLocal: false, ports: [], ...asked });
  return findingsOf(machineChecks, seen).flatMap((one) => (one.id === id ? [one.problem] : []));
}

test('a password that others may read is found, and one of the owner alone is not', async () => {
  await mkdir(join(data, 'clickhouse'));
  const file = join(data, 'clickhouse', 'bi.password');
  await writeFile(file, 'x', { mode: 0o600 });
  assert.deepEqual(await found('machine.file-modes', {}), []);
  await chmod(file, 0o644);
  assert.match((await found('machine.file-modes', {})).join(), /bi\.password is open to other users.*644/);
});

test('keys in a file that others may read are found', async () => {
  const file = join(data, 'keys.json');
  await writeFile(file, '[]');
  await chmod(file, 0o604);
  const environment = { COLLECTOR_KEYS: `@${file}` };
  assert.match((await found('machine.file-modes', { environment })).join(), /keys\.json .*604/);
});

test('a port of something else is taken, one of a service or of nobody is not', async () => {
  const server = createServer((request, response) => {
    response.end(request.url === '/health' && status !== undefined ? JSON.stringify({ status }) : 'hello');
  }).listen(0, '127.0.0.1');
  let status: 'ok' | 'busy' | undefined = 'ok';
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const ports = [
    { variable: 'LIVE_PORT', port },
    { variable: 'SINK_PORT', port: await freePort() },
  ];
  assert.deepEqual(await found('machine.port-taken', { ports }), []);
  status = 'busy';
  assert.deepEqual(await found('machine.port-taken', { ports }), []);
  status = undefined;
  assert.match(
    (await found('machine.port-taken', { ports })).join(),
    new RegExp(`^Port ${port} \\(LIVE_PORT\\)`),
  );
  server.closeAllConnections();
  server.close();
});

test('a machine without Java is found', async () => {
  const environment = { JAVA_HOME: join(data, 'no-java') };
  assert.equal((await found('machine.java-missing', { environment, isLocal: true })).length, 1);
});
