import type { Command } from 'commander';
import { wholeProgram } from '@tidemark/cli/commands';
import { allChecks } from '@tidemark/cli/doctor/checks';
import { settingsHeading } from '@tidemark/command/help';
import { withSubcommands } from '@tidemark/command/run';
import { cell, table } from './markdown.ts';

const introduction = `# The command line

\`npx tidemark\` in a checkout, after \`npm ci\`, is everything that an operator types. Made by \`npm run docs\` from the commands; not to be
edited by hand. \`--help\` of a command says the same, with the variables that it reads ([all settings](../settings.md)).

Results go to stdout, all else to stderr. \`--json\` is for scripts. Exit code: 0 done, 1 failed, 2 not understood or a setting
is wrong, 3 something is not there yet.

\`npx tidemark completion bash\` (\`zsh\`, \`fish\`) prints the completion of a shell.`;

const doctorIntroduction = `## What the doctor looks at

A fault loses data, makes numbers wrong or stops something; with one, \`npx tidemark doctor\` exits with 1. A warning will, or may.`;

/** What \`--help\` prints, as wide as a page. */
function helpOf(command: Command): string {
  let help = '';
  command.configureHelp({ helpWidth: 110 });
  command.configureOutput({ writeOut: (text) => void (help += text), getOutHelpWidth: () => 110 });
  command.outputHelp();
  // The settings have a page of their own.
  return help.split(settingsHeading)[0]!.trimEnd();
}

/** Every command, as Markdown. */
export async function cliPage(): Promise<string> {
  const program = await wholeProgram();
  const sections = program.commands.map((command) => {
    const all = withSubcommands(command);
    return [`## ${command.name()}`, ...all.map((one) => `\`\`\`text\n${helpOf(one)}\n\`\`\``)].join('\n\n');
  });
  const rows = allChecks.map(({ id, severity, looksAt, fix, runbook }) => [
    `\`${id}\``,
    severity,
    cell(looksAt),
    cell(fix) + (runbook === undefined ? '' : ` [${runbook}](../${runbook.replace(/^docs\//, '')})`),
  ]);
  return `${[
    introduction,
    ...sections,
    doctorIntroduction,
    table(['check', 'severity', 'looks at', 'fix'], rows),
  ].join('\n\n')}\n`;
}
