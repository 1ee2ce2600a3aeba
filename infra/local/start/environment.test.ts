import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerEnvironment, environmentOf, type Service } from './environment.ts';

const services: readonly Service[] = ['collector', 'processor', 'sink', 'live', 'alerts', 'simulator'];
const shared = { PATH: '/bin', TZ: 'UTC', NODE_OPTIONS: '--enable-source-maps', LOG_LEVEL: 'info' };
const given = {
  ...shared,
  APPLICATION_ID: 'tidemark',
  KAFKA_BROKERS: 'a:1',
  KAFKA_SASL_PASSWORD: 'k',
  CLICKHOUSE_URL: 'http://c',
  CLICKHOUSE_PASSWORD: 'c',
  LIVE_CLICKHOUSE_PASSWORD: 'b',
  LIVE_TOKEN: 'l',
  COLLECTOR_KEYS: '[]',
  COLLECTOR_KEY: 'dev-key',
  ALERTS_TOKEN: 'a',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=o',
  SLACK_WEBHOOK_URL: 'https://hooks',
  AWS_SECRET_ACCESS_KEY: 's',
  DATABASE_URL: 'postgres://u:p@host',
  JAVA_HOME: '/java',
  UNSET: undefined,
};
const ownOf = (service: Service, more: readonly string[] = []): string[] =>
  Object.keys(environmentOf(service, given, more)).filter((name) => !Object.hasOwn(shared, name));

test('each service is given its own settings and secrets, and no other’s', () => {
  const kafka = ['KAFKA_BROKERS', 'KAFKA_SASL_PASSWORD'];
  const traces = 'OTEL_EXPORTER_OTLP_HEADERS';
  assert.deepEqual(ownOf('collector'), [...kafka, 'COLLECTOR_KEYS', traces]);
  assert.deepEqual(ownOf('processor'), ['APPLICATION_ID', ...kafka, traces]);
  assert.deepEqual(ownOf('sink'), [...kafka, 'CLICKHOUSE_URL', 'CLICKHOUSE_PASSWORD', traces]);
  const live = ['LIVE_CLICKHOUSE_PASSWORD', 'LIVE_TOKEN', 'ALERTS_TOKEN'];
  assert.deepEqual(ownOf('live'), ['APPLICATION_ID', ...kafka, ...live]);
  assert.deepEqual(ownOf('alerts'), [...kafka, 'ALERTS_TOKEN']);
  assert.deepEqual(ownOf('simulator'), ['COLLECTOR_KEY']);
});

test('alerts are given what their receivers name, and no other secret', () => {
  assert.deepEqual(ownOf('alerts', ['SLACK_WEBHOOK_URL', 'UNSET']), [
    ...ownOf('alerts'),
    'SLACK_WEBHOOK_URL',
  ]);
});

test('what any program needs goes to all services', () => {
  for (const service of services)
    assert.deepEqual({ ...environmentOf(service, given), ...shared }, environmentOf(service, given), service);
});

test('the JVM is given no setting of the services', () => {
  assert.deepEqual(brokerEnvironment(given), { PATH: '/bin', TZ: 'UTC', JAVA_HOME: '/java' });
});
