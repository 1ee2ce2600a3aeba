import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  machineSeconds,
  ownOf,
  processIn,
  proportionalBytes,
  type MachineReading,
  type ProcessReading,
} from './readings.ts';
import { usageBetween } from './usage.ts';

test('a process is read from its line, whatever its name', () => {
  const line = '70 (a (b) c) S 1 69 69 0 -1 4194304 1 0 0 0 250 50 9 9 20 0 1 0 4711 3133440 1000 0';
  const read = processIn(line);
  assert.deepEqual(read, {
    key: '70 4711',
    process: {
      pid: 70,
      parent: 1,
      group: 69,
      name: 'a (b) c',
      cpuSeconds: 3,
      endedSeconds: 0.18,
      residentBytes: 4_096_000,
    },
  });
  assert.equal(processIn(''), undefined);
});

test('the share of a process in memory is less than what it has resident, and nothing when it has ended', () => {
  const share = proportionalBytes(process.pid);
  assert.ok(share > 1e6 && share <= process.memoryUsage.rss() * 1.1, `${share} bytes`);
  assert.equal(proportionalBytes(2 ** 30), 0);
});

test('the machine is busy with all but idling and waiting for disks; what the host took is apart', () => {
  assert.deepEqual(machineSeconds('cpu  100 200 300 9999 9999 10 20 50 0 0\ncpu0 1'), [6.3, 0.5]);
});

type Seen = Readonly<Record<string, number>>;

/** A machine with processes by `pid/parent/group`, and the seconds of children that ended, which process 20 has started. */
function reading(at: number, busySeconds: number, cpu: Seen, ended = 0): MachineReading {
  const processes = Object.entries(cpu).map(([id, cpuSeconds]): readonly [string, ProcessReading] => {
    const [pid, parent, group] = id.split('/').map(Number) as [number, number, number];
    const endedSeconds = pid === 20 ? ended : 0;
    return [id, { pid, parent, group, name: `p${pid}`, cpuSeconds, endedSeconds, residentBytes: 0 }];
  });
  const own = ownOf(
    20,
    processes.map(([, process]) => process),
  );
  return { at, busySeconds, own, stealSeconds: 0, processes: new Map(processes) };
}

const parts = [
  { name: 'broker', pid: 10 },
  { name: 'bench', pid: 20 },
];

test('a part is its process and all of its group; what this process did not start is of others', () => {
  const before = reading(0, 100, { '10/20/10': 1, '11/10/10': 1, '20/5/5': 4, '30/5/30': 7 });
  const after = reading(10_000, 115, { '10/20/10': 3.5, '11/10/10': 2.5, '20/5/5': 9, '30/5/30': 8 });
  const usage = usageBetween(before, after, parts);
  assert.deepEqual(usage.cores, { broker: 0.4, bench: 0.5 });
  // Process 30 had 0.1; what came and went between the readings is in the machine's total alone.
  assert.equal(usage.foreignCores.toFixed(2), '0.60');
  assert.equal(usage.foreignMost, 'p30 0.10');
  assert.ok(usage.isDisturbed);
});

test('a child that ended is none of the others', () => {
  const before = reading(0, 100, { '20/5/5': 4, '40/20/40': 3 });
  const after = reading(10_000, 107, { '20/5/5': 6 }, 8);
  assert.equal(usageBetween(before, after, parts).foreignCores, 0);
});

test('a quiet machine is not marked', () => {
  const [before, after] = [reading(0, 0, { '10/20/10': 0, '20/5/5': 0 }), { '10/20/10': 5, '20/5/5': 0 }];
  assert.equal(usageBetween(before, reading(10_000, 5.2, after), parts).isDisturbed, false);
});
