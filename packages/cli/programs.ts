/** Commands that are programs of the checkout: each runs as a process of its own, with all that follows its name. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Command } from 'commander';
import { inCheckout } from '@tidemark/command/checkout';
import { withHelp } from '@tidemark/command/help';
import { working } from '@tidemark/command/work';

type Program = {
  readonly name: string;
  readonly does: string;
  /** Path from the root of the checkout. */
  readonly file: string;
  readonly node?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

const root = new URL('../../', import.meta.url);
// As the processor runs: docs/decisions/state.md.
const likeProcessor = { node: ['--max-semi-space-size=8'], env: { MALLOC_ARENA_MAX: '2' } };

const benches: readonly Program[] = [
  { name: 'run', does: 'throughput, latencies, restarts', file: 'scripts/bench/main.ts' },
  { name: 'load', does: 'what the whole system costs at a steady rate', file: 'scripts/bench/load.ts' },
  {
    name: 'against',
    does: 'the processor and Kafka Streams in alternation',
    file: 'scripts/bench/against.ts',
  },
  { name: 'nexmark', does: 'queries of Nexmark', file: 'scripts/bench/nexmark.ts', ...likeProcessor },
  { name: 'recount', does: 'time, CPU and disk of a recount', file: 'scripts/bench/recount.ts' },
  { name: 'state', does: 'the processor on its store', file: 'scripts/bench/state.ts', ...likeProcessor },
  { name: 'state-start', does: 'how long a start takes', file: 'scripts/bench/state-start.ts' },
  {
    name: 'state-year',
    does: 'how large the state becomes in a year',
    file: 'scripts/bench/state-year.ts',
    ...likeProcessor,
  },
];

const faults: Program = {
  name: 'faults',
  does: 'kill parts of the pipeline under load, and check every number',
  file: 'test/faults/main.ts',
};

const mcp: Program = {
  name: 'mcp',
  does: 'answer an assistant by MCP over standard input and output: docs/read/mcp.md',
  file: 'services/live/mcp/main.ts',
};

/** Runs a program, and takes over its exit code. Signals reach it. */
async function run({ file, node = [], env }: Program, args: readonly string[]): Promise<void> {
  const path = inCheckout(new URL(file, root));
  const child = spawn(process.execPath, [...node, path, ...args], {
    stdio: 'inherit',
    env: { ...env, ...process.env },
  });
  // The terminal sends SIGINT to both; the program says how it ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
}

/** A command that hands on all it is given, `--help` too. */
function programCommand(program: Program): Command {
  return new Command(program.name)
    .description(program.does)
    .usage('[options of the program; --help lists them]')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[args...]')
    .action(working((args: readonly string[]) => run(program, args)));
}

function benchCommand(): Command {
  const command = withHelp(new Command('bench').description('measure, in a checkout: docs/benchmarks.md'), {
    examples: [
      ['npx tidemark bench run', 'some minutes'],
      ['npx tidemark bench load --rate 50', 'the whole system at 50 events a second'],
      ['npx tidemark bench load --help', 'the options of one'],
    ],
  });
  for (const program of benches) command.addCommand(programCommand(program));
  return command;
}

/** The files of these programs, by the words that they are called with. */
export const programFiles: ReadonlyMap<string, string> = new Map([
  ...benches.map(({ name, file }): [string, string] => [`tidemark bench ${name}`, file]),
  ['tidemark faults', faults.file],
  ['tidemark mcp', mcp.file],
]);

/** Loaders of these commands, by name. */
export const programCommands: Readonly<Record<string, () => Promise<Command>>> = {
  bench: () => Promise.resolve(benchCommand()),
  faults: () => Promise.resolve(programCommand(faults)),
  mcp: () => Promise.resolve(programCommand(mcp)),
};
