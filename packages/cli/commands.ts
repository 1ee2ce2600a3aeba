/**
 * All commands, by name. To mount another one: its module exports a function that makes a commander `Command` of the same name,
 * and a line here loads it. A command is loaded only when it is asked for, so that none makes the others slower.
 */
import { Command } from 'commander';
import { completionCommand } from './completion.ts';
import { programCommands } from './programs.ts';

export { programFiles } from './programs.ts';

type Loader = () => Promise<Command>;

const loaders: Readonly<Record<string, Loader>> = {
  start: async () => (await import('@tidemark/local/start/options')).startCommand(),
  doctor: async () => (await import('./doctor/command.ts')).doctorCommand(),
  publish: async () => (await import('./publish.ts')).publishCommand(),
  import: async () => (await import('./import/command.ts')).importCommand(),
  tail: async () => (await import('./tail/command.ts')).tailCommand(),
  query: async () => (await import('./query/command.ts')).queryCommand(),
  restatements: async () => (await import('@tidemark/live/restatements-cli')).restatementsCommand(),
  explain: async () => (await import('@tidemark/explain/command')).explainCommand(),
  'dead-letters': async () => (await import('@tidemark/dead-letters/cli')).deadLettersCommand(),
  alerts: async () => (await import('@tidemark/alerts/cli')).alertsCommand(),
  topics: async () => (await import('@tidemark/topics-job/cli')).topicsCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  forget: async () => (await import('@tidemark/personal-data/forget')).forgetCommand(),
  export: async () => (await import('@tidemark/personal-data/cli')).exportCommand(),
  recount: async () => (await import('@tidemark/recount/cli')).recountCommand(),
  'rebuild-views': async () => (await import('@tidemark/recount/rebuild-views')).rebuildViewsCommand(),
  processor: async () => (await import('@tidemark/processor/cli')).processorCommand(),
  sink: async () => (await import('@tidemark/sink/cli')).sinkCommand(),
  ...programCommands,
  completion: async () => completionCommand(wholeProgram),
};

const programHelp = `
Commands take their settings from the environment, as the services do: KAFKA_BROKERS, CLICKHOUSE_URL and so on
(docs/settings.md). Results go to stdout, all else to stderr; --json is for scripts.

Exit code: 0 done, 1 failed, 2 not understood or a setting is wrong, 3 something is not there yet.

Begin with:
  npx tidemark start                 everything on this machine
  npx tidemark doctor                what is wrong, and how to fix it
  npx tidemark tail events           what is published now
  npx tidemark query mrr_daily       a view as a table`;

function emptyProgram(): Command {
  return new Command('tidemark')
    .description('Turns events of customers into the numbers of customer success, finance and on-call.')
    .addHelpText('after', programHelp);
}

/** The program with all its commands. */
export async function wholeProgram(): Promise<Command> {
  const program = emptyProgram();
  for (const load of Object.values(loaders)) program.addCommand(await load());
  return program;
}

/** The program with the command that is asked for, or with all when there is none of that name. */
export async function programFor(name: string | undefined): Promise<Command> {
  const load = name !== undefined && Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  return load === undefined ? wholeProgram() : emptyProgram().addCommand(await load());
}
