import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineSeconds, processIn, type MachineReading } from './readings.ts';
import { usageBetween } from './usage.ts';

test('a process is read from its line, whatever its name', () => {
  const line = '70 (a (b) c) S 1 69 69 0 -1 4194304 1 0 0 0 250 50 9 9 20 0 1 0 4711 3133440 1000 0';
  const read = processIn(line);
  assert.deepEqual(read, {
    key: '70 4711',
    process: { pid: 70, group: 69, name: 'a (b) c', cpuSeconds: 3, residentBytes: 4_096_000 },
  });
  assert.equal(processIn(''), undefined);
});

test('the machine is busy with all but idling and waiting for disks; what the host took is apart', () => {
  assert.deepEqual(machineSeconds('cpu  100 200 300 9999 9999 10 20 50 0 0\ncpu0 1'), [6.3, 0.5]);
});

function reading(at: number, busySeconds: number, cpu: Readonly<Record<string, number>>): MachineReading {
  const processes = Object.entries(cpu).map(([id, cpuSeconds]) => {
    const [pid, group] = id.split('/').map(Number) as [number, number];
    return [id, { pid, group, name: `p${pid}`, cpuSeconds, residentBytes: 0 }] as const;
  });
  return { at, busySeconds, stealSeconds: 0, processes: new Map(processes) };
}

const parts = [
  { name: 'broker', pid: 10 },
  { name: 'bench', pid: 20 },
];

test('a part is its process and all of its group; the rest of what ran is of others', () => {
  const before = reading(0, 100, { '10/10': 1, '11/10': 1, '20/5': 4, '30/30': 7 });
  const after = reading(10_000, 115, { '10/10': 3.5, '11/10': 2.5, '20/5': 9, '30/30': 8 });
  const usage = usageBetween(before, after, parts);
  assert.deepEqual(usage.cores, { broker: 0.4, bench: 0.5 });
  // Process 30 had 0.1; what came and went between the readings is in the total alone.
  assert.equal(usage.foreignCores.toFixed(2), '0.60');
  assert.equal(usage.foreignMost, 'p30 0.10');
  assert.ok(usage.isDisturbed);
});

test('a quiet machine is not marked', () => {
  const usage = usageBetween(reading(0, 0, { '10/10': 0 }), reading(10_000, 5.2, { '10/10': 5 }), parts);
  assert.equal(usage.isDisturbed, false);
});
