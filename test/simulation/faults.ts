/** What goes wrong in a run, drawn from its seed. */
import { between, chance, type Draw, pick } from '@tidemark/metrics/histories/draw.fixtures';
import { fair } from './network.ts';
import { groups, type Instance, type World } from './world.ts';

/** At most so many instances of a service run at the same time. */
const instancesMax = 3;
/** Deletions and markers of a compacted log are kept for so long, in milliseconds; a restore takes less. */
const deletionsKeptMs = 60_000;

/** Steps of a transaction, a restore, a block and the begin of a session at which a process may be killed or halted. */
const steps = [
  'InitProducerId',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'TxnOffsetCommit',
  'Produce',
  'EndTxn true',
  'OffsetFetch',
  'ListOffsets',
  'JoinGroup',
  'SyncGroup',
  'OffsetCommit',
  'insert',
  'have facts',
  'positions',
] as const;

type Fault = (world: World, draw: Draw) => void;

/** Milliseconds of a halt: mostly shorter than a session, or longer than a transaction. */
const haltMs = (draw: Draw): number =>
  chance(draw, 50) ? between(draw, 100, 3_000) : between(draw, 6_000, 40_000);

/** Does something to a process when it comes to a named step, or when that is done and not answered. */
function atStep(world: World, draw: Draw, spring: (instance: Instance) => void): void {
  const instance = anyUp(world, draw);
  if (instance?.process === undefined) return;
  const { process } = instance;
  const free = world.network.trap({
    process,
    step: pick(draw, steps),
    when: pick(draw, ['arrived', 'done']),
    spring: () => {
      if (instance.process === process) spring(instance);
    },
  });
  world.clock.after(10_000, free);
}

/** Kills an instance, and starts it again a little later. */
function killed(world: World, draw: Draw, instance: Instance): void {
  world.kill(instance);
  // Often before its session is over, sometimes after it.
  const downMs = chance(draw, 70) ? between(draw, 10, 2_000) : between(draw, 2_000, 15_000);
  world.clock.after(downMs, () => world.start(instance));
}

function anyUp(world: World, draw: Draw, kind?: Instance['kind']): Instance | undefined {
  const up = world.instances.filter(
    (one) => one.process !== undefined && (kind === undefined || one.kind === kind),
  );
  return up[draw.below(up.length)];
}

/** The faults, each as often as it stands here. */
const faults: readonly [Fault, ...Fault[]] = [
  function kill(world, draw) {
    const instance = anyUp(world, draw);
    if (instance !== undefined) killed(world, draw, instance);
  },
  ...Array.from({ length: 4 }, (): Fault => {
    return function killAtStep(world, draw) {
      atStep(world, draw, (instance) => killed(world, draw, instance));
    };
  }),
  ...Array.from({ length: 2 }, (): Fault => {
    return function haltAtStep(world, draw) {
      atStep(world, draw, ({ process }) => process?.halt(haltMs(draw)));
    };
  }),
  ...Array.from({ length: 2 }, (): Fault => {
    return function halt(world, draw) {
      anyUp(world, draw)?.process?.halt(haltMs(draw));
    };
  }),
  function stop(world, draw) {
    const instance = anyUp(world, draw);
    const process = instance?.process;
    if (instance === undefined || process === undefined) return;
    const ended = (): void => {
      if (instance.process === process) killed(world, draw, instance);
    };
    process.run(() => void instance.stop().then(ended, ended));
  },
  function changeInstances(world, draw) {
    const kind = pick<Instance['kind']>(draw, ['processor', 'sink']);
    const here = world.instances.filter((one) => one.kind === kind);
    if (here.length < instancesMax) world.start(world.add(kind));
  },
  function losePower(world, draw) {
    const instance = anyUp(world, draw, 'processor');
    if (instance === undefined) return;
    killed(world, draw, instance);
    world.disks.get(instance.name)!.losePower();
  },
  function damageDisk(world, draw) {
    const instance = anyUp(world, draw, 'processor');
    if (instance === undefined) return;
    killed(world, draw, instance);
    const disk = world.disks.get(instance.name)!;
    if (chance(draw, 50)) disk.damage();
    else disk.empty();
  },
  ...Array.from({ length: 2 }, (): Fault => {
    return function badWeather(world, draw) {
      world.network.weather = {
        lost: pick(draw, [0, 2, 10]),
        unanswered: pick(draw, [0, 2, 10]),
        late: pick(draw, [0, 2, 10]),
      };
      world.clock.after(between(draw, 500, 8_000), () => {
        world.network.weather = fair;
      });
    };
  }),
  function stopBroker(world, draw) {
    const up = world.cluster.brokers.filter(({ isUp }) => isUp);
    const broker = up[draw.below(up.length)];
    if (broker === undefined || up.length < 2) return;
    world.cluster.stop(broker);
    world.clock.after(between(draw, 500, 8_000), () => world.cluster.start(broker));
  },
  function moveLeaders(world, draw) {
    for (let moves = between(draw, 1, 5); moves > 0; moves--) world.cluster.move();
  },
  ...Array.from({ length: 2 }, (): Fault => {
    return function compact(world) {
      for (let logs = 3; logs > 0; logs--) world.cluster.compact(deletionsKeptMs);
    };
  }),
  function forgetOffsets(world, draw) {
    const kind = pick<Instance['kind']>(draw, ['processor', 'sink']);
    for (const instance of world.instances)
      if (instance.kind === kind && instance.process !== undefined) killed(world, draw, instance);
    world.cluster.groups.forget(groups[kind]);
  },
  function stopClickHouse(world, draw) {
    world.clickHouse.isUp = false;
    world.clock.after(between(draw, 100, 6_000), () => {
      world.clickHouse.isUp = true;
    });
  },
  function failInserts(world, draw) {
    world.clickHouse.failing = between(draw, 5, 40);
    world.clock.after(between(draw, 500, 6_000), () => {
      world.clickHouse.failing = 0;
    });
  },
];

/** Lets things go wrong again and again, until `untilMs`. */
export function injectFaults(world: World, draw: Draw, untilMs: number): void {
  const pauseMsMost = pick(draw, [800, 2_000, 5_000]);
  const next = (): void => {
    if (world.clock.now >= untilMs) return;
    const fault = pick(draw, faults);
    world.trace.note('fault', fault.name);
    fault(world, draw);
    world.clock.after(between(draw, 50, pauseMsMost), next);
  };
  world.clock.after(between(draw, 50, pauseMsMost), next);
}

/** Everything that is down or broken is up and whole again; damage that was not found yet stays. */
export function heal(world: World): void {
  world.network.weather = fair;
  world.clickHouse.isUp = true;
  world.clickHouse.failing = 0;
  for (const broker of world.cluster.brokers) world.cluster.start(broker);
  for (const instance of world.instances) {
    instance.process?.halt(0);
    world.start(instance);
  }
}
