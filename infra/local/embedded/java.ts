import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const oldest = 17;
const run = promisify(execFile);

/** A Java runtime. */
export type Java = {
  /** The command to start it with. */
  readonly command: string;
  /** What it says of its version and build. */
  readonly version: string;
};

/**
 * Finds a Java runtime that can run Kafka 4: the one of JAVA_HOME, else the one on the PATH.
 *
 * @throws Error that says in a sentence what to install when there is none, or it is older than 17.
 */
export async function findJava(env: NodeJS.ProcessEnv = process.env): Promise<Java> {
  const home = env['JAVA_HOME'];
  const command = home ? join(home, 'bin', 'java') : 'java';
  const where = home ? `in JAVA_HOME (${home})` : 'on the PATH';
  let printed: string;
  try {
    const { stdout, stderr } = await run(command, ['-version'], { env, timeout: 20_000 });
    printed = stdout + stderr;
  } catch (error) {
    throw new Error(`The embedded Kafka needs Java, and there is none ${where}: ${advice}`, { cause: error });
  }
  const major = javaMajor(printed);
  if (major === undefined || major < oldest) {
    throw new Error(
      `The embedded Kafka needs Java ${oldest}, and the one ${where} is ${major ?? 'unknown'}: ${advice}`,
    );
  }
  return { command, version: printed };
}

const advice =
  'install a Java runtime 17 or newer (Debian, Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk; ' +
  'else Eclipse Temurin), or set KAFKA_BROKERS to a Kafka that runs already.';

/** The feature release in what `java -version` prints (`1.8.0` is 8), or undefined when it is not in there. */
export function javaMajor(printed: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(printed);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
