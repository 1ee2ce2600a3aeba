/**
 * Measures detection: how soon the shipped rules find what happens and how often they page without a cause; how other methods do on
 * the same series at the same budget of false pages; and the score on the public series of the Numenta Anomaly Benchmark.
 */
import { mkdirSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { compare, type Compared } from './compare.ts';
import { nabScores, type NabScore } from './nab.ts';
import { earsC1, earsC2, earsC3 } from './rivals/ears.ts';
import { farrington } from './rivals/farrington.ts';
import { pyodIn } from './rivals/elsewhere.ts';
import { threeSigma } from './rivals/sigma.ts';
import type { Rival } from './rivals/windows.ts';
import { kinds } from './series.ts';
import { shapes, summaryOf, type Row } from './shapes.ts';
import { comparedColumns, nabColumns, printer, shapeColumns } from './print.ts';

const whole = (given: string): number => {
  if (!/^\d+$/.test(given)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(given);
};
const command = new Command('detection')
  .description('Measures how well the shipped alert rules find what happens.')
  .option('--seeds <n>', 'businesses for each thing that may happen', whole, 20)
  .option('--first-seed <n>', 'the first of the seeds', whole, 1)
  .option('--months <n>', 'months of usual days for each kind of business', whole, 6)
  .option('--years <n>', 'years of each series on which methods are compared', whole, 1)
  .addOption(new Option('--part <part...>', 'all of them when left out').choices(['shapes', 'rivals', 'nab']))
  .option('--only <text>', 'only lines and series whose name has this text', '')
  .option('--nab <folder>', 'a copy of github.com/numenta/NAB, for the part nab')
  .option('--exchange <folder>', 'series are written here, and scores of other programs are read from here')
  .option('--json', 'print JSON instead of tables')
  .showHelpAfterError();
command.parse();
const options = command.opts<{
  seeds: number;
  firstSeed: number;
  months: number;
  years: number;
  part?: string[];
  only: string;
  nab?: string;
  exchange?: string;
  json?: true;
}>();
const isJson = options.json === true;
const isAsked = (part: string): boolean => options.part?.includes(part) ?? true;
const result: { shapes?: Row[]; rivals?: Compared[]; nab?: NabScore[] } = {};

if (isAsked('shapes')) {
  const table = printer(shapeColumns, isJson);
  result.shapes = [...shapes(options, options.only)].map((row) => table(row));
  const { text, isReached } = summaryOf(result.shapes);
  if (!isJson) console.log(`\n${text}\n`);
  if (!isReached) process.exitCode = 1;
}
if (isAsked('rivals')) {
  const rivals: Rival[] = [farrington, earsC1, earsC2, earsC3, threeSigma];
  const { exchange } = options;
  if (exchange !== undefined) mkdirSync(exchange, { recursive: true });
  const elsewhere = exchange === undefined ? undefined : pyodIn(exchange);
  const seeds = Array.from({ length: options.years }, (_, index) => options.firstSeed + index);
  const table = printer(comparedColumns, isJson);
  result.rivals = kinds
    .filter(({ name }) => name.includes(options.only))
    .flatMap((kind) => compare(kind, seeds, rivals, { elsewhere }).map((row) => table(row)));
}
if (options.nab !== undefined && isAsked('nab')) {
  const table = printer(nabColumns, isJson);
  result.nab = nabScores(options.nab).map((row) => table(row));
}
if (isJson) console.log(JSON.stringify(result, undefined, 2));
