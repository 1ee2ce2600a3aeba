import type { Command } from 'commander';
import { settingsHelp, type SettingsTable } from '@tidemark/service/settings';

/** What follows the options in a command's help. */
export type Help = {
  /** Commands as one types them, each with what it is for. */
  readonly examples: readonly (readonly [command: string, purpose: string])[];
  /** Sentences about what it does and does not do. */
  readonly about?: string;
  /** Variables that it reads. */
  readonly settings?: SettingsTable;
};

/** The line that the settings in a help text begin with. */
export const settingsHeading = 'Settings, from the environment:';

const commandWidthMax = 64;

/** Adds examples, an explanation and the settings to a command's help. */
export function withHelp(command: Command, { examples, about, settings }: Help): Command {
  const width = Math.min(commandWidthMax, Math.max(...examples.map(([one]) => one.length)));
  const lines = examples.map(([one, purpose]) =>
    one.length > width
      ? `  ${one}\n  ${' '.repeat(width)}  ${purpose}`
      : `  ${one.padEnd(width)}  ${purpose}`,
  );
  const parts = [
    `Examples:\n${lines.join('\n')}`,
    about,
    settings === undefined ? undefined : `${settingsHeading}\n${settingsHelp(settings)}`,
  ];
  return command.addHelpText('after', `\n${parts.filter((part) => part !== undefined).join('\n\n')}`);
}
