import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pythonWith } from './python.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '../../examples');

/** Where an example publishes to, and where it may put files. */
export type ExampleSettings = {
  readonly brokers: readonly string[];
  readonly collector: string;
  /** A folder in which `@tidemark/publisher` is installed. */
  readonly project: string;
};

type Command = readonly [command: string, ...args: string[]];

/** An example of `examples/`, as its page says that it is run. */
export type Example = {
  readonly name: string;
  /** Answers when the machine has what it needs. */
  readonly needs: Command;
  /** What publishes an order, with what it needs installed. */
  readonly command: (settings: ExampleSettings, order: string) => Command | Promise<Command>;
};

const at = (path: string): string => join(folder, path);
/** Made once and found again. */
const confluent = (): Promise<string> => pythonWith('examples', '-r', at('python/requirements.txt'));

/** All examples; the first two are run in CI. */
export const examples: readonly Example[] = [
  {
    name: 'curl',
    needs: ['curl', '--version'],
    command: (_, order) => ['sh', at('curl/publish.sh'), order],
  },
  {
    name: 'node',
    needs: [process.execPath, '--version'],
    command: async ({ project }, order) => {
      // Node looks for packages beside the file.
      const beside = join(project, 'example.mjs');
      await copyFile(at('node/publish.mjs'), beside);
      return [process.execPath, beside, order];
    },
  },
  {
    name: 'python-http',
    needs: ['python3', '--version'],
    command: (_, order) => ['python3', at('python/publish_http.py'), order],
  },
  {
    name: 'python-kafka',
    needs: ['python3', '-m', 'venv', '--help'],
    command: async (_, order) => [join(await confluent(), 'python'), at('python/publish_kafka.py'), order],
  },
  {
    name: 'java',
    needs: ['java', '--version'],
    command: (_, order) => ['java', at('java/Publish.java'), order],
  },
  {
    name: 'go',
    needs: ['go', 'version'],
    command: (_, order) => ['go', 'run', at('go/publish.go'), order],
  },
];

/** Whether the machine has what an example needs. */
export async function isRunnable({ needs: [command, ...args] }: Example): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

/** Runs an example that publishes an order. @throws With what it printed. */
export async function runExample(example: Example, settings: ExampleSettings, order: string): Promise<void> {
  const [command, ...args] = await example.command(settings, order);
  const env = {
    ...process.env,
    KAFKA_BROKERS: settings.brokers.join(','),
    COLLECTOR_URL: settings.collector,
    COLLECTOR_KEY: 'dev-key',
  };
  await run(command, args, { env, timeout: 120_000 });
}
