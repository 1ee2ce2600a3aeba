import type { Registry } from 'prom-client';
import { isFailure } from './failures.ts';
import { createLog, type Log, type logSettings } from './log.ts';
import { serviceRegistry } from './ops-server.ts';
import {
  readSettings,
  type SettingsCheck,
  settingsHelp,
  type SettingsOf,
  type SettingsTable,
} from './settings.ts';
import { orderlyShutdown, type Shutdown } from './shutdown.ts';

/** What a service is handed to run with. */
export type ServiceFrame<Table extends SettingsTable> = {
  readonly settings: SettingsOf<Table>;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly registry: Registry;
  /** Ends the service for a failure that it cannot repair: logs it, stops all parts, and exits with 1. */
  readonly fail: (error: unknown) => void;
};

/** What a service says of itself, for `--help`. */
export type ServiceDescription<Table extends SettingsTable> = {
  readonly name: string;
  readonly settings: Table;
  /** What is asked of settings together; see `readSettings`. */
  readonly checks?: readonly SettingsCheck<Table>[];
  /** One sentence: what it does. */
  readonly summary: string;
  /** Commands as one would type them. */
  readonly examples: readonly string[];
  /** How long an orderly end may take, in milliseconds, where the usual eight seconds are too short. */
  readonly stopWithinMs?: number;
};

/**
 * Runs a service: answers `--help`, reads its settings (exit code 2 with every wrong one named), starts it, and ends it in
 * an orderly way on a signal or a fatal failure.
 */
export async function runService<Table extends SettingsTable>(
  description: ServiceDescription<Table & typeof logSettings>,
  start: (frame: ServiceFrame<Table & typeof logSettings>) => Promise<void>,
): Promise<void> {
  if (process.argv.includes('--help')) {
    process.stdout.write(helpOf(description));
    return;
  }
  const [unknown] = process.argv.slice(2);
  if (unknown !== undefined) {
    process.stderr.write(
      `The ${description.name} knows no option ${JSON.stringify(unknown)}: its settings are environment variables; --help lists them.\n`,
    );
    process.exit(2);
  }
  // Files of a service may have customers' data.
  process.umask(0o077);
  const settings = settingsOrExit(description);
  const log = createLog(description.name, (settings as SettingsOf<typeof logSettings>).LOG_LEVEL);
  const shutdown = orderlyShutdown(log, description.stopWithinMs);
  const fail = (error: unknown): void => {
    log.fatal({ err: error }, 'The service cannot go on.');
    void shutdown.end(1);
  };
  try {
    await start({ settings, log, shutdown, registry: serviceRegistry(description.name), fail });
  } catch (error) {
    if (isFailure(error, 'settings.invalid')) exitForSettings(error);
    if (!shutdown.signal.aborted) fail(error);
  }
}

function helpOf(
  description: Pick<ServiceDescription<SettingsTable>, 'summary' | 'examples' | 'settings'>,
): string {
  const examples = description.examples.map((example) => `  ${example}`).join('\n');
  return `${description.summary}\n\nExamples:\n${examples}\n\nSettings, from the environment:\n${settingsHelp(description.settings)}\n`;
}

function settingsOrExit<Table extends SettingsTable>({
  settings,
  checks,
}: Pick<ServiceDescription<Table>, 'settings' | 'checks'>): SettingsOf<Table> {
  try {
    return readSettings(settings, process.env, checks);
  } catch (error) {
    if (!isFailure(error, 'settings.invalid')) throw error;
    return exitForSettings(error);
  }
}

function exitForSettings({ message }: Error): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
