/** `npm run simulate`: the processor and the sink on a virtual clock, seed after seed, on all cores. */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Command } from 'commander';
import { parseCount, parseNumber, parseOneOf } from '@tidemark/command/arguments';
import { foundWithin, plantedFaults } from './planted.ts';
import { type Outcome, simulate } from './run.ts';
import type { Asked } from './worker.ts';

const examples = `
Examples:
  npm run simulate                                     1,000 seeds
  npm run simulate -- --seeds 100000 --minutes 60      100,000 seeds or an hour, whichever comes first
  npm run simulate -- --from 4711 --seeds 1 --trace    one seed, with all that happens in it
  npm run simulate -- --planted all                    each planted fault, until it is found
  npm run simulate -- --planted "token off" --from 3 --seeds 1 --trace

Exit code: 0 all right, 1 a seed went wrong or a planted fault was not found, 2 usage.
`;

const options = new Command('npm run simulate --')
  .description(
    'Runs processor and sink on a virtual clock, against a simulated Kafka and ClickHouse in which everything goes wrong that may, ' +
      'and compares all that they wrote with the batch answer. The same seed does the same again.',
  )
  .option('--seeds <n>', 'how many seeds', parseCount, 1_000)
  .option('--from <seed>', 'the first of them', parseCount, 1)
  .option('--minutes <n>', 'begin no seed after so many minutes', parseNumber(0.1, 100_000), 60)
  .option('--workers <n>', 'how many run at the same time', parseCount, availableParallelism())
  .option('--planted <fault>', 'a planted fault, or all', parseOneOf(['all', ...Object.keys(plantedFaults)]))
  .option('--trace', 'print all that happens, one seed after the other', false)
  .addHelpText('after', examples)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{
    seeds: number;
    from: number;
    minutes: number;
    workers: number;
    planted?: string;
    trace: boolean;
  }>();

/** After so many a worker is replaced: it keeps some 4 MB of each seed, and an hour has more than ten thousand. */
const seedsOfAWorker = 100;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const startedAt = performance.now();
const isOver = (): boolean => performance.now() - startedAt > options.minutes * 60_000;

/** Runs seeds on the workers until `take` says that it is enough. */
async function onWorkers(
  planted: string | undefined,
  seeds: number,
  take: (outcome: Outcome) => boolean,
): Promise<void> {
  let next = options.from;
  let isEnough = false;
  const end = options.from + seeds;
  const isDone = (): boolean => isEnough || isOver() || next >= end;
  const run = async (): Promise<void> => {
    while (!isDone()) {
      const worker = new Worker(new URL('worker.ts', import.meta.url));
      for (let runs = 0; runs < seedsOfAWorker && !isDone(); runs++) {
        worker.postMessage({ seed: next++, planted } satisfies Asked);
        const [outcome] = (await once(worker, 'message')) as [Outcome];
        if (take(outcome)) isEnough = true;
      }
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, seeds) }, run));
}

function describe({ seed, trace, errors }: Outcome): string {
  return [`Seed ${seed} (trace ${trace}): ${errors.length === 0 ? 'all right' : 'WRONG'}`, ...errors].join(
    '\n  ',
  );
}

/** All seeds in a sound world: none may go wrong. */
async function prove(): Promise<boolean> {
  let [seeds, wrong, virtualMs, notes] = [0, 0, 0, 0];
  await onWorkers(undefined, options.seeds, (outcome) => {
    seeds += 1;
    virtualMs += outcome.virtualMs;
    notes += outcome.notes;
    if (outcome.errors.length > 0) {
      wrong += 1;
      print(describe(outcome));
    }
    if (seeds % 1_000 === 0) print(`${seeds} seeds, ${wrong} wrong`);
    return false;
  });
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const hours = (virtualMs / 3_600_000).toFixed(1);
  print(
    `${seeds} seeds from ${options.from} on in ${minutes} minutes: ${hours} hours, ${notes} requests and faults.`,
  );
  print(wrong === 0 ? 'Everything was right.' : `${wrong} seeds went wrong.`);
  return wrong === 0;
}

/** Planted faults: each must be found within its number of seeds. */
async function findPlanted(faults: readonly string[]): Promise<boolean> {
  let isAllFound = true;
  for (const name of faults) {
    const { what } = plantedFaults[name]!;
    let found: Outcome | undefined;
    await onWorkers(name, foundWithin, (outcome) => {
      if (outcome.errors.length > 0 && (found === undefined || outcome.seed < found.seed)) found = outcome;
      return found !== undefined;
    });
    isAllFound &&= found !== undefined;
    const until = isOver() ? 'before the time was over' : `within ${foundWithin} seeds`;
    const finding =
      found === undefined ? `NOT FOUND ${until}` : `seed ${found.seed} of at most ${foundWithin}`;
    print(`${name} (${what}): ${finding}`);
    if (found !== undefined) print(`  ${found.errors[0]?.split('\n')[0]?.slice(0, 300)}`);
  }
  return isAllFound;
}

/** Seeds one after the other, with all that happens in them. */
async function show(): Promise<boolean> {
  let isRight = true;
  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const world = options.planted === undefined ? undefined : plantedFaults[options.planted]?.world;
    const outcome = await simulate(seed, world, print);
    isRight &&= outcome.errors.length === 0;
    print(describe(outcome));
  }
  return isRight;
}

const { planted } = options;
const isRight = options.trace
  ? await show()
  : planted === undefined
    ? await prove()
    : await findPlanted(planted === 'all' ? Object.keys(plantedFaults) : [planted]);
process.exitCode = isRight ? 0 : 1;
