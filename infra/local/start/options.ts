import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { inCheckout } from '@tidemark/command/checkout';
import { withHelp } from '@tidemark/command/help';
import { working } from '@tidemark/command/work';
import { defaults, parseCustomers, parseDays, parseRate, parseSeed } from '@tidemark/simulator/options';
import { codeCacheDir } from '../embedded/jars.ts';
import { startSettings } from './settings.ts';
import type { StartOptions } from './start-options.ts';

/** Where everything is kept unless `--data` says otherwise. */
export const dataDefault = fileURLToPath(new URL('../../../.tidemark', import.meta.url));

/** The command `start`. What it runs is loaded only then. */
export function startCommand(): Command {
  return withHelp(
    new Command('start').description(
      'run the whole system on this machine: Kafka, ClickHouse, every service, and a simulated business',
    ),
    {
      examples: [
        ['npx tidemark start', '3 days of simulated history, then live; Ctrl-C stops, data stays'],
        ['npx tidemark start --fresh --days 30 --seed 42', 'begin anew with another world'],
        ['npx tidemark start --no-simulator', 'for events of your own'],
        ['npx tidemark start --days 90 --once', 'load and count a history, print the figures, stop'],
        ['COLLECTOR_PORT=9080 npx tidemark start', 'when a port is taken'],
      ],
      about: 'Services take more settings; each names its own with --help.',
      settings: startSettings,
    },
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
    .action(
      working(async (options: StartOptions) => {
        inCheckout(new URL('../start.ts', import.meta.url));
        enableCompileCache(codeCacheDir());
        const { start } = await import('../start.ts');
        // The services load much of the same, and begin soon.
        flushCompileCache();
        await start(options);
      }),
    );
}
