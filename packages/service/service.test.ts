import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { until } from '../../test/support/until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const mains = globSync('services/*/main.ts', { cwd: root }).toSorted();

type Ended = { readonly code: number; readonly errors: string };

/** Runs a service that is to end by itself. */
function ended(
  main: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const options = { cwd: root, env: { ...process.env, ...env }, timeout: 60_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], options, (error, _, errors) =>
      resolve({ code: Number(error?.code ?? 0), errors }),
    );
  });
}

test('every service refuses an option that it does not know', async () => {
  assert.ok(mains.length >= 7);
  await Promise.all(
    mains.map(async (main) => {
      const { code, errors } = await ended(main, ['--no-such-option']);
      assert.equal(code, 2, main);
      assert.match(errors, /--no-such-option/, main);
    }),
  );
});

test('all wrong settings of a service are named together: alone, in pairs, keys and files', async () => {
  const shared = {
    KAFKA_BROKERS: 'nowhere',
    KAFKA_SSL: 'true',
    KAFKA_SSL_CA_FILE: '/nowhere.pem',
    KAFKA_SASL_MECHANISM: 'plain',
  };
  const member = { GROUP_HEARTBEAT: '9s', SINK_PORT: '1', SINK_HOST: '0.0.0.0' };
  // the settings, what is named
  const cases: readonly [string, Readonly<Record<string, string>>, readonly RegExp[]][] = [
    ['sink', { KAFKA_SASL_MECHANISM: 'plain', ...member, LOG_LEVEL: 'loud' }, [/LOG_LEVEL is "loud"/, /KAFKA_SASL_USERNAME/, /GROUP_HEARTBEAT must/, /set SINK_TOKEN/]],
    ['collector', { ...shared, COLLECTOR_KEYS: '[{"name": "shop"}]' }, [/KAFKA_BROKERS is "nowhere"/, /"sha256" of shop/]],
    ['alerts', { ALERTS_HOST: '0.0.0.0', ALERTS_RULES: '/nowhere.yaml', KAFKA_SASL_MECHANISM: 'plain' }, [/set ALERTS_TOKEN/, /rules file \/nowhere\.yaml cannot be read/, /KAFKA_SASL_USERNAME/]],
  ]; // prettier-ignore
  await Promise.all(
    cases.map(async ([service, env, named]) => {
      const { code, errors } = await ended(`services/${service}/main.ts`, [], env);
      assert.equal(code, 2, service);
      for (const one of named) assert.match(errors, one, service);
    }),
  );
});

test('a processor that waits for its Kafka says so in /ready, and ends when it is asked to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-waiting-'));
  const [port, nowhere] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, ['services/processor/main.ts'], {
    cwd: root,
    env: {
      ...process.env,
      KAFKA_BROKERS: `127.0.0.1:${nowhere}`,
      STATE_DIR: folder,
      PROCESSOR_PORT: String(port),
      LOG_LEVEL: 'silent',
    },
    stdio: 'inherit',
  });
  const exited = once(child, 'exit');
  try {
    let answer = '';
    await until('the reason', async () => {
      const response = await fetch(`http://127.0.0.1:${port}/ready`);
      answer = `${response.status} ${await response.text()}`;
      return answer.includes('Kafka does not answer yet');
    });
    assert.match(answer, /^503 .*ECONNREFUSED/);
  } finally {
    child.kill();
  }
  assert.deepEqual(await exited, [0, null]);
  await rm(folder, { recursive: true });
});
