import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
  assert.ok(mains.length >= 8);
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
