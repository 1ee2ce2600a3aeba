import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { settingsHelp } from '@tidemark/service/settings';
import { defaults, parseCustomers, parseDays, parseRate, parseSeed } from '@tidemark/simulator/options';
import { startSettings } from './settings.ts';

/** The command line of `npm start`. */
export type StartOptions = {
  readonly data: string;
  readonly fresh: boolean;
  /** False for `--no-simulator`. */
  readonly simulator: boolean;
  readonly days: number;
  readonly rate: number;
  readonly seed?: number;
  readonly customers: number;
  readonly once: boolean;
};

const dataDefault = fileURLToPath(new URL('../../../.tidemark', import.meta.url));

const examples = `
Examples:
  npm start                                  7 days of simulated history, then live; Ctrl-C stops, data stays
  npm start -- --fresh --days 30 --seed 42   begin anew with another world
  npm start -- --no-simulator                for events of your own
  npm start -- --days 90 --once              load and count a history, print the figures, stop (for scripts)
  COLLECTOR_PORT=9080 npm start              when a port is taken

Variables (services take more; each names its own with --help):
${settingsHelp(startSettings)}`;

/**
 * The options of a command line; prints help or a complaint and exits (0, 2) when that is what it asks for.
 *
 * @param args Without the interpreter and the script.
 */
export function readStartOptions(args: readonly string[]): StartOptions {
  return new Command('npm start --')
    .description(
      'Runs the whole system on this machine: Kafka, ClickHouse, every service, and a simulated business.',
    )
    .addOption(
      new Option('--data <dir>', 'where everything is kept').default(
        dataDefault,
        '.tidemark in the checkout',
      ),
    )
    .option('--fresh', 'throw away what is kept there first', false)
    .option('--no-simulator', 'no simulated events')
    .option('--days <n>', 'days of simulated history', parseDays, defaults.days)
    .option(
      '--rate <n>',
      'simulated events a second, on the average of a week, once live',
      parseRate,
      defaults.rate,
    )
    .option('--seed <n>', `another seed, another world (default: ${defaults.seed})`, parseSeed)
    .option('--customers <n>', 'simulated customers when live begins', parseCustomers, defaults.customers)
    .option('--once', 'stop when the history is loaded and counted', false)
    .addHelpText('after', examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...args], { from: 'user' })
    .opts<StartOptions>();
}
