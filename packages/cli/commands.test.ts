import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withSubcommands } from '@tidemark/command/run';
import { programFiles, programFor, wholeProgram } from './commands.ts';
import { pathOf } from './completion.ts';
import { allChecks } from './doctor/checks.ts';

const bin = fileURLToPath(new URL('bin.js', import.meta.url));

type Ended = { readonly code: number; readonly out: string; readonly errors: string };

/** Runs the command line with settings. */
function tidemarkWith(
  settings: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Ended> {
  const env = { ...process.env, ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env }, (error, out, errors) =>
      resolve({ code: Number(error?.code ?? 0), out, errors }),
    );
  });
}

const tidemark = (...args: readonly string[]): Promise<Ended> => tidemarkWith({}, ...args);

test('every command explains itself, with examples that begin with npx tidemark', async () => {
  const program = await wholeProgram();
  for (const command of withSubcommands(program)) assert.notEqual(command.description(), '', command.name());
  for (const command of program.commands) {
    if (['faults', 'mcp'].includes(command.name())) continue;
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    assert.match(help, /Examples:\n.*npx tidemark /, command.name());
  }
});

test('every command has --json, but those that go on until they are stopped, write a file, or hand on to a program', async () => {
  const without = withSubcommands(await wholeProgram())
    .filter(
      ({ commands, options }) => commands.length === 0 && options.every(({ long }) => long !== '--json'),
    )
    .map(pathOf)
    .filter((path) => !programFiles.has(path));
  const expected = ['start', 'export', 'recount feed', 'rebuild-views', 'completion'];
  assert.deepEqual(
    without,
    expected.map((path) => `tidemark ${path}`),
  );
});

test('a command is loaded alone, under its own name', async () => {
  for (const command of (await wholeProgram()).commands) {
    const alone = await programFor(command.name());
    assert.deepEqual(
      alone.commands.map((one) => one.name()),
      [command.name()],
    );
  }
});

test('what is not understood ends with 2 and says where help is; help ends with 0', async () => {
  const [unknown, option, help] = await Promise.all([
    tidemark('doctr'),
    tidemark('query', 'mrr_daily', '--perid', '2026'),
    tidemark('tail', '--help'),
  ]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.errors, /unknown command 'doctr'\n\(Did you mean doctor\?\)\n.*--help/s);
  assert.equal(option.code, 2);
  assert.match(option.errors, /unknown option '--perid'\n\(Did you mean --period\?\)/);
  assert.equal(help.code, 0);
  assert.match(help.out, /npx tidemark tail events --family cart /);
});

test('wrong settings end with 2, a server that is away with 3', async () => {
  const [wrong, away] = await Promise.all([
    tidemarkWith({ KAFKA_BROKERS: 'nowhere' }, 'tail', 'events'),
    tidemarkWith({ KAFKA_BROKERS: '127.0.0.1:1' }, 'dead-letters', 'list'),
  ]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.errors, /KAFKA_BROKERS is "nowhere": expected addresses host:port/);
  assert.equal(away.code, 3);
});

test('a check has a name of its own, and a fix', () => {
  const ids = allChecks.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert(ids.length >= 30);
  for (const { id, fix, looksAt } of allChecks) assert(fix.endsWith('.') && looksAt !== '', id);
});
