/**
 * Changes the core a line at a time and says which changes no fast test notices.
 *
 * Every change (mutant) of the files in targets.ts is served, in memory, to the tests that run through its place, until
 * one of them fails. What survives is a rule that no test pins, dead code, or a change that changes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { refused } from './compiler.ts';
import { isEquivalent } from './equivalent.ts';
import { mutantsOf } from './mutants.ts';
import { planOf } from './plan.ts';
import { isSurvivor, Thread, type Fate } from './pool.ts';
import { report, type Result } from './report.ts';
import { sampled } from './sample.ts';
import { sourceFiles, testFiles } from './targets.ts';

type Options = {
  readonly only?: string;
  readonly sample?: number;
  readonly seed: number;
  readonly threads: number;
  readonly json?: string;
};

const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('give a whole number of at least 1');
  return Number(text);
};

async function run({ only, sample, seed, threads, json }: Options): Promise<void> {
  const begun = performance.now();
  const sources = new Map(sourceFiles(only).map((file) => [file, readFileSync(file, 'utf8')]));
  if (sources.size === 0) throw new Error(`nothing is mutated under ${only}: see scripts/mutate/targets.ts`);
  const all = [...sources].flatMap(([file, source]) => mutantsOf(file, source));
  const counted = all.filter((mutant) => !isEquivalent(mutant, sources.get(mutant.file)!));
  const mutants = sampled(counted, sample, seed);
  const first = new Thread();
  const baselines = await first.baseline({ kind: 'baseline', files: testFiles(), mutants });
  const broken = baselines.tests.find(({ error }) => error !== undefined);
  if (broken !== undefined)
    throw new Error(`${broken.file}: "${broken.name}" fails without a mutant: ${broken.error}`);
  const baselineMs = performance.now() - begun;

  const results: Result[] = [];
  const queue = mutants.entries();
  const work = async (thread: Thread): Promise<void> => {
    for (const [id, mutant] of queue) {
      const tests = planOf(mutant, id, baselines);
      const startedMs = performance.now();
      const fate: Fate =
        tests.length === 0
          ? { outcome: 'unreached' }
          : await thread.fateOf({ kind: 'mutant', id, mutant, importers: baselines.importers, tests });
      results.push({ mutant, fate, durationMs: performance.now() - startedMs });
      if (results.length % 100 === 0) process.stderr.write(`${results.length} of ${mutants.length}\n`);
    }
    await thread.close();
  };
  await Promise.all([first, ...Array.from({ length: threads - 1 }, () => new Thread())].map(work));

  const survivors = results.filter(({ fate }) => isSurvivor(fate)).map(({ mutant }) => mutant);
  const refusedOnes = refused(survivors, sources);
  const judged = results.map((result): Result =>
    refusedOnes.has(result.mutant) ? { ...result, fate: { outcome: 'refused' } } : result,
  );
  const timing = { baselineMs, totalMs: performance.now() - begun };
  const made = report({ results: judged, sources, equivalents: all.length - counted.length, timing });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(made.data, undefined, 1)}\n`);
  process.stdout.write(`\n${made.text}`);
}

await new Command('mutate')
  .description('Changes the core a line at a time and says which changes no fast test notices.')
  .option('--only <path>', 'a file or a folder that is mutated')
  .option('--sample <count>', 'so many mutants, chosen by the seed; all when not given', whole)
  .option('--seed <number>', 'chooses the sample', whole, 1)
  .option('--threads <count>', 'mutants at a time', whole, Math.min(2, availableParallelism()))
  .option('--json <file>', 'where to write all results, as JSON')
  .action(run)
  .parseAsync();
