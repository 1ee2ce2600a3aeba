import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantedFaults, sound } from './planted.ts';
import { simulate } from './run.ts';
import { groups, type World } from './world.ts';

// `npm run simulate` runs any number of seeds, and finds every planted fault. This is the small form of it.

test('whatever is killed, cut off, moved or repeated, everything counts once; another run of a seed is the same', async () => {
  const first = await simulate(1);
  const other = await simulate(2);
  assert.deepEqual([...first.errors, ...other.errors], []);
  assert.notEqual(other.trace, first.trace);
  assert.deepEqual(await simulate(1), first);
});

test('a planted fault is found', async () => {
  const { errors } = await simulate(1, plantedFaults['token off']!.world);
  assert.notDeepEqual(errors, []);
});

test('a sink that is halted while it looks where to begin, and wakes after another one has begun there, disturbs nothing', async () => {
  const goWrong = (world: World): void => {
    world.clock.after(8_000, () => {
      const [halted, other] = world.instances.filter(({ kind }) => kind === 'sink');
      world.kill(halted!);
      world.kill(other!);
      world.cluster.groups.forget(groups.sink);
      world.start(halted!);
      const process = halted!.process!;
      const spring = (): void => process.halt(12_000);
      world.network.trap({ process, step: 'have facts', when: 'done', spring });
      world.clock.after(4_000, () => world.start(other!));
    });
  };
  for (const seed of [1, 2, 3, 4]) {
    const { errors } = await simulate(seed, sound, undefined, goWrong);
    assert.deepEqual(errors, [], `seed ${seed}`);
  }
});
