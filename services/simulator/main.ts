/*
 * The simulator: a simulated business that publishes to the collector as a backend does.
 *
 * Delivery guarantee: at least once. A batch is sent again, with the same event ids, until the collector has
 * acknowledged it; the position is saved behind the acknowledgement. An event that is sent twice is counted once.
 *
 * Back pressure: one batch is on its way at a time. It waits as long as the collector's Retry-After says, and while the
 * collector is away or, with `--processor`, that is behind; the world stands still meanwhile, and then catches up. One hour
 * of the world is in memory.
 */
import { join } from 'node:path';
import { post } from '@tidemark/command/collector-client';
import { runCourse } from './course.ts';
import { untilKeptUp } from './easing.ts';
import { Memory, type Remembered } from './memory.ts';
import { defaults, readOptions, type SimulatorOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { createWorld, day, type Disorder } from './world.ts';
import { createLog, logSettings, type Log } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { orderlyShutdown } from '@tidemark/service/shutdown';

const options = readOptions(process.argv.slice(2));
const { LOG_LEVEL } = readSettings(logSettings, process.env);
const log = createLog('simulator', LOG_LEVEL);
const shutdown = orderlyShutdown(log);
const running = run(options, log);
// The end is logged below; the shutdown only waits until the position is saved.
shutdown.add('world', async () => void (await Promise.allSettled([running])));
try {
  await running;
  if (!shutdown.signal.aborted) await shutdown.end(0);
} catch (error) {
  log.fatal({ err: error }, 'The simulator gave up.');
  await shutdown.end(1);
}

async function run(given: SimulatorOptions, to: Log): Promise<void> {
  const memory = new Memory(join(given.data, 'simulator'));
  const { settings, through, world } = (await memory.recall()) ?? (await begin(given, memory));
  if (given.seed !== undefined && given.seed !== settings.seed) {
    to.warn(
      { seed: settings.seed, asked: given.seed },
      'This data has a world with another seed; it is kept.',
    );
  }
  const { rate, customers } = given;
  const wanted = { ...settings, rate, customers, disorder: disorderOf(given) };
  const clock = (): number => Date.now();
  const progress = createProgress(to, settings, clock);
  const { signal } = shutdown;
  to.info({ seed: settings.seed, customers, rate, through }, 'The simulation begins.');
  try {
    await runCourse({
      world,
      through,
      wanted,
      memory,
      post: async (events) => {
        if (given.processor !== undefined) await untilKeptUp(given.processor, signal);
        return post(events, { url: given.collector, key: given.key, signal, onTrouble });
      },
      clock,
      signal,
      once: given.once,
      onPublished: progress.published,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.end();
  }
}

/** A new world, whose history ends now. */
async function begin(given: SimulatorOptions, memory: Memory): Promise<Remembered> {
  const end = Date.now();
  const { seed = defaults.seed, customers, rate, days } = given;
  const start = Math.floor(end / day) * day - days * day;
  const settings = { seed, customers, rate, start, end, disorder: disorderOf(given) };
  await memory.begin(settings);
  return { settings, through: 0, world: createWorld(settings) };
}

function disorderOf({ late, repeated, outOfOrder, voided }: SimulatorOptions): Disorder {
  return { late, repeated, outOfOrder, voided };
}

function onTrouble(trouble: { readonly reason: string; readonly pauseMs: number }): void {
  log.warn(trouble, 'A batch is sent again after a pause.');
}
