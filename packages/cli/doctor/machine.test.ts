import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from './check.ts';
import { machineChecks, type MachineSeen } from './machine.ts';

const gigabyte = 1024 ** 3;
const well: MachineSeen = {
  node: '24.21.0',
  isLocal: true,
  java: 17,
  memory: { total: 8 * gigabyte, available: 4 * gigabyte },
  disks: [{ path: '/data', total: 100 * gigabyte, free: 50 * gigabyte }],
  files: [{ path: '/data/bi.password', mode: 0o100600 }],
  unwritable: [],
  ports: [
    { variable: 'LIVE_PORT', port: 8081, holder: 'nobody' },
    { variable: 'SINK_PORT', port: 8084, holder: 'tidemark' },
  ],
  openFiles: 65_536,
};

const named = (changes: Partial<MachineSeen>): readonly string[] =>
  findingsOf(machineChecks, { ...well, ...changes }).map(({ id, problem }) => `${id}: ${problem}`);

test('a machine that is well has no finding', () => assert.deepEqual(named({}), []));

test('each fault of a machine is named, and nothing else', () => {
  const disk = { path: '/data', total: 100 * gigabyte, free: 4 * gigabyte };
  const cases: readonly [Partial<MachineSeen>, string][] = [
    [{ node: '24.11.1' }, 'machine.node: Node is 24.11.1, and 24.12 is the oldest that runs the code.'],
    [{ node: '20.17.0' }, 'machine.node: Node is 20.17.0, and 24.12 is the oldest that runs the code.'],
    [{ java: undefined }, 'machine.java-missing: There is no Java, and the embedded Kafka needs it.'],
    [{ java: 11 }, 'machine.java-old: Java is 11, and the embedded Kafka needs 17.'],
    [{ memory: { total: 2 * gigabyte, available: gigabyte } }, 'machine.memory-small: The machine has 2.0 GB of memory for Kafka, ClickHouse and all services.'],
    [{ memory: { total: 8 * gigabyte, available: gigabyte / 4 } }, 'machine.memory-used-up: Only 0.3 GB of memory is free.'],
    [{ disks: [disk] }, 'machine.disk: The disk of /data has 4.0 GB of 100.0 GB left.'],
    [{ files: [{ path: '/keys.json', mode: 0o100640 }] }, 'machine.file-modes: /keys.json is open to other users of the machine (mode 640).'],
    [{ unwritable: ['/state'] }, 'machine.unwritable: /state cannot be written by this user.'],
    [{ ports: [{ variable: 'LIVE_PORT', port: 8081, holder: 'another' }] }, 'machine.port-taken: Port 8081 (LIVE_PORT) is taken by something that is no part of tidemark.'],
    [{ openFiles: 1024 }, 'machine.open-files: A process may have 1024 files open.'],
  ]; // prettier-ignore
  for (const [changes, expected] of cases) assert.deepEqual(named(changes), [expected]);
});

test('Java is of no matter where Kafka runs elsewhere', () => {
  assert.deepEqual(named({ isLocal: false, java: undefined }), []);
});
