import type { Part } from '../machine/usage.ts';
import { startBench, type Bench, type RunningService, type ServiceName } from '../servers.ts';

/** The whole system as `npx tidemark start` runs it, and what of it is measured. */
export type Rig = {
  readonly bench: Bench;
  readonly services: Readonly<Record<ServiceName, RunningService>>;
  /** Servers, services, and this process, which publishes and measures. */
  readonly parts: readonly Part[];
};

/** This process, which no sum over the system includes. */
export const benchPart = 'bench';

const names: readonly ServiceName[] = ['collector', 'processor', 'sink', 'live', 'alerts'];

/** Starts fresh servers and every service. The bench is to be closed in the end. */
async function startRig(bench: Bench): Promise<Rig> {
  const services = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await bench.start(name)] as const)),
  ) as Record<ServiceName, RunningService>;
  const parts = [
    { name: 'kafka', pid: bench.kafka.pid },
    { name: 'clickhouse', pid: bench.clickHouse.pid },
    ...names.map((name) => ({ name, pid: services[name].child.pid })),
    { name: benchPart, pid: process.pid },
  ];
  return { bench, services, parts };
}

/** Starts the system in a folder of its own, hands it on, and ends it whatever happens. */
export async function withRig<T>(partitions: number, run: (rig: Rig) => Promise<T>): Promise<T> {
  const bench = await startBench(partitions);
  try {
    return await run(await startRig(bench));
  } finally {
    await bench.close();
  }
}
