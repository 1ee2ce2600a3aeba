import { Command, Option } from 'commander';
import { parseNumber, parseUrl } from '@tidemark/command/arguments';
import { collectorOption, keyOption } from '@tidemark/command/collector';

/** The simulator's command line. */
export type SimulatorOptions = {
  readonly collector: URL;
  readonly key: string;
  /** Absent: the history is published as fast as the collector takes it. */
  readonly processor?: URL;
  readonly data: string;
  readonly days: number;
  readonly rate: number;
  /** Absent: that of the first run, or the default. */
  readonly seed?: number;
  readonly customers: number;
  readonly once: boolean;
  /** Shares of all events: fractions. */
  readonly late: number;
  readonly repeated: number;
  readonly outOfOrder: number;
  readonly voided: number;
};

/** The defaults; the launcher has the same. Such a history, some 20,000 events, is counted within seconds of the start. */
export const defaults = { days: 3, rate: 0.05, seed: 1, customers: 300 } as const;

/** Reads the days of history; carts and the like are not accepted when older than 400 days. */
export const parseDays = parseNumber(1, 390, {
  isWhole: true,
  what: 'a whole number of days from 1 to 390',
});
/** Reads the events a second of the live part. */
export const parseRate = parseNumber(0.01, 20_000, { what: 'events a second, from 0.01 to 20000' });
/** Reads the seed. */
export const parseSeed = parseNumber(0, 2 ** 32 - 1, {
  isWhole: true,
  what: 'a whole number from 0 to 4294967295',
});
/** Reads the number of customers. */
export const parseCustomers = parseNumber(10, 1_000_000, {
  isWhole: true,
  what: 'a whole number from 10 to 1000000',
});
const parseShare = parseNumber(0, 0.5, { what: 'a share from 0 to 0.5' });

const examples = `
Examples:
  # 3 days of history, then live, to the collector of "npx tidemark start --no-simulator"
  node services/simulator/main.ts
  # 90 days of a larger business, another one each time, and no live part
  node services/simulator/main.ts --days 90 --customers 20000 --seed $RANDOM --once
  # 200 events a second, a tenth of them late, to a collector elsewhere
  node services/simulator/main.ts --rate 200 --late 0.1 --collector https://collector.example.com --key $KEY

The same seed and options give the same customers and events. When it is started again with the same --data, it goes on where it
was, with the --days and --seed of the first time. Contracts begin a year before the history, so that there are cohorts.
`;

/**
 * The options of a command line. On `--help` it prints help and exits with 0, on a wrong option with 2.
 *
 * @param args Without the interpreter and the script.
 */
export function readOptions(args: readonly string[]): SimulatorOptions {
  return new Command('simulator')
    .description('Publishes what the customers of a simulated business do: first a history, then live.')
    .addOption(collectorOption('--collector <url>'))
    .addOption(keyOption('--key <key>'))
    .addOption(
      new Option(
        '--processor <url>',
        'where the processor’s /metrics are: the history waits while it is behind, so that no other event has to',
      ).argParser(parseUrl),
    )
    .option('--data <dir>', 'where the position and the world are saved', '.tidemark')
    .option('--days <n>', 'days of history', parseDays, defaults.days)
    .option('--rate <n>', 'events a second, on the average of a week, once live', parseRate, defaults.rate)
    .option('--seed <n>', `another seed, another world (default: ${defaults.seed})`, parseSeed)
    .option(
      '--customers <n>',
      'customers with a contract when live begins',
      parseCustomers,
      defaults.customers,
    )
    .option('--once', 'stop when the history is published', false)
    .option('--late <share>', 'received an hour to three days late', parseShare, 0.01)
    .option('--repeated <share>', 'sent twice', parseShare, 0.01)
    .option('--out-of-order <share>', 'overtaken by later ones', parseShare, 0.02)
    .option('--voided <share>', 'voided later', parseShare, 0.001)
    .addHelpText('after', examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...args], { from: 'user' })
    .opts<SimulatorOptions>();
}
