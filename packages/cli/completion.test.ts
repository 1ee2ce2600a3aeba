import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { completionOf } from './completion.ts';
import { wholeProgram } from './commands.ts';

const program = await wholeProgram();

/** What bash offers for the words of a line, the last of which is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const line = words.map((word) => `'${word}'`).join(' ');
  const script = `${completionOf('bash', program)}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _tidemark; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test('bash offers commands, commands below them, options, and the choices of arguments', () => {
  assert.deepEqual(offered('tidemark', 'do'), ['doctor']);
  assert.deepEqual(offered('tidemark', 'tail', 'f'), ['facts']);
  assert.deepEqual(offered('tidemark', 'tail', 'events', '--no'), ['--no-follow']);
  assert.deepEqual(offered('tidemark', 'query', 'mrr_daily', '--per'), ['--period']);
  assert.deepEqual(offered('tidemark', 'completion', 'z'), ['zsh']);
});

test('zsh and fish get every command with its purpose', () => {
  for (const shell of ['zsh', 'fish'] as const) {
    const script = completionOf(shell, program);
    for (const one of program.commands) {
      assert(script.includes(one.name()), `${shell} ${one.name()}`);
      // A quote ends a text of the shell.
      assert(
        script.includes(one.description().split("'")[0]!.split(':')[0]!),
        `${shell} ${one.description()}`,
      );
    }
  }
  assert.match(
    completionOf('fish', program),
    /^complete -c tidemark -n '__tidemark_at '\\''tidemark tail'\\''' -a events -d /m,
  );
});
