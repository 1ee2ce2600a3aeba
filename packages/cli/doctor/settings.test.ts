import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHash } from 'node:crypto';
import { findingsOf } from './check.ts';
import { lookAtSettings } from './settings-seen.ts';
import { settingsChecks } from './settings.ts';

const named = (environment: Readonly<Record<string, string>>): readonly string[] =>
  findingsOf(settingsChecks, lookAtSettings(environment)).map(({ id, problem }) => `${id}: ${problem}`);

const keysOf = (key: string): string =>
  JSON.stringify([{ name: 'shop', sha256: createHash('sha256').update(key).digest('hex') }]);
const long = '5d1f0c9e7ab34826c0de';

test('no settings, and good ones, have no finding', () => {
  assert.deepEqual(named({ PATH: '/bin', HOME: '/root' }), []);
  const good = {
    COLLECTOR_HOST: '0.0.0.0',
    COLLECTOR_KEYS: keysOf(long),
    LIVE_HOST: '0.0.0.0',
    LIVE_TOKEN: long,
    CLICKHOUSE_URL: 'http://clickhouse:8123',
    CLICKHOUSE_PASSWORD: long,
    KAFKA_SSL: 'true',
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'a',
    KAFKA_SASL_PASSWORD: 'b',
    OTEL_SERVICE_NAME: 'x',
  };
  assert.deepEqual(named(good), []);
});

// settings, the finding
const cases: readonly [Readonly<Record<string, string>>, RegExp][] = [
  [{ KAFKA_BROKER: 'kafka:9092' }, /^settings\.unknown: KAFKA_BROKER is set.*KAFKA_BROKERS is known\.$/],
  [{ CART_ABANDON_AFER: '1h' }, /^settings\.unknown: CART_ABANDON_AFER .*CART_ABANDON_AFTER is known\.$/],
  [{ CART_ABANDON_AFTER: 'soon' }, /^settings\.invalid: CART_ABANDON_AFTER is "soon": expected a duration/],
  [{ PAUSE_COUNTS_AS: 'loss' }, /^settings\.invalid: PAUSE_COUNTS_AS is "loss": expected one of churn, kept/],
  [{ GROUP_HEARTBEAT: '9s' }, /^settings\.contradictory: GROUP_HEARTBEAT must be a third/],
  [{ REPLICATION: '3', MIN_INSYNC: '3' }, /^settings\.contradictory: MIN_INSYNC is 3 and REPLICATION 3: nothing could be written.*usually to 2 of 3\.$/],
  [{ REPLICATION: 'all' }, /^settings\.invalid: REPLICATION is "all": expected/],
  [{ KAFKA_PREFIX: 'acme/' }, /^settings\.invalid: KAFKA_PREFIX is "acme\/": expected/],
  [{ KAFKA_SASL_MECHANISM: 'scram-sha-512' }, /^settings\.contradictory: KAFKA_SASL_MECHANISM is set: KAFKA_SASL_USERNAME/],
  [{ KAFKA_SSL_CA_FILE: '/etc/ca.pem' }, /^settings\.tls-unused: .*KAFKA_SSL is not true/],
  [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'a', KAFKA_SASL_PASSWORD: 'b' }, /^settings\.login-in-clear/],
  [{ ALERTS_RULES: '/nowhere/rules.yaml' }, /^settings\.alert-rules: the rules file \/nowhere\/rules\.yaml cannot be read\.$/],
  [{ LIVE_CLICKHOUSE_USER: 'tidemark' }, /^settings\.bi-user: LIVE_CLICKHOUSE_USER is tidemark/],
  [{ COLLECTOR_KEYS: '{' }, /^keys\.unreadable: COLLECTOR_KEYS: can not be read as JSON\.$/],
  [{ COLLECTOR_HOST: '0.0.0.0' }, /^keys\.missing: The collector has no key/],
  [{ COLLECTOR_KEYS: keysOf('changeme') }, /^keys\.guessable: The key of shop in COLLECTOR_KEYS is "changeme"\.$/],
  [{ COLLECTOR_KEYS: keysOf('shop') }, /^keys\.guessable: The key of shop in COLLECTOR_KEYS is "shop"\.$/],
  [{ COLLECTOR_HOST: '10.0.0.1', COLLECTOR_DEV_KEY: 'true' }, /^keys\.dev-key/],
  [{ SINK_HOST: '0.0.0.0' }, /^tokens\.missing: SINK_HOST is reachable.*SINK_TOKEN is not set\.$/],
  [{ ALERTS_TOKEN: 'short' }, /^tokens\.weak: ALERTS_TOKEN has 5 characters\.$/],
  [{ LIVE_TOKEN: 'abababababababababab' }, /^tokens\.weak: LIVE_TOKEN repeats a few characters\.$/],
  [{ CLICKHOUSE_URL: 'http://clickhouse:8123', CLICKHOUSE_PASSWORD: 'tidemark' }, /^passwords\.guessable: CLICKHOUSE_PASSWORD/],
  [{ CLICKHOUSE_PASSWORD: long, LIVE_CLICKHOUSE_PASSWORD: long }, /^passwords\.shared/],
]; // prettier-ignore

for (const [environment, expected] of cases)
  test(`${Object.keys(environment).join(', ')}: ${expected.source.split(':')[0]!.slice(1)}`, () => {
    const found = named(environment);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0]!, expected);
  });
