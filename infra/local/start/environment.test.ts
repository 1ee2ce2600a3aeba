import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf, type Process } from './environment.ts';

const given = {
  PATH: '/bin',
  NODE_OPTIONS: '--enable-source-maps',
  LOG_LEVEL: 'info',
  APPLICATION_ID: 'tidemark',
  KAFKA_BROKERS: 'a:1',
  KAFKA_PASSWORD: 'k',
  CLICKHOUSE_URL: 'http://c',
  CLICKHOUSE_PASSWORD: 'c',
  LIVE_CLICKHOUSE_PASSWORD: 'b',
  LIVE_TOKEN: 'l',
  COLLECTOR_KEYS: '[]',
  COLLECTOR_KEY: 'dev-key',
  ALERTS_TOKEN: 'a',
  ALERTS_SMTP_URL: 'smtps://u:p@mail',
  SLACK_WEBHOOK_URL: 'https://hooks',
  PAGERDUTY_ROUTING_KEY: 'p',
  AWS_SECRET_ACCESS_KEY: 's',
  UNSET: undefined,
};

test('each process is given its own secrets and no other’s', () => {
  const secretsOf = (process: Process): string[] =>
    Object.keys(environmentOf(process, given)).filter((name) => /KEY|TOKEN|PASSWORD|SMTP|WEBHOOK/.test(name));
  assert.deepEqual(secretsOf('collector'), ['KAFKA_PASSWORD', 'COLLECTOR_KEYS']);
  assert.deepEqual(secretsOf('processor'), ['KAFKA_PASSWORD']);
  assert.deepEqual(secretsOf('sink'), ['KAFKA_PASSWORD', 'CLICKHOUSE_PASSWORD']);
  assert.deepEqual(secretsOf('live'), [
    'KAFKA_PASSWORD',
    'LIVE_CLICKHOUSE_PASSWORD',
    'LIVE_TOKEN',
    'ALERTS_TOKEN',
  ]);
  // Its rules may name any variable.
  assert.deepEqual(secretsOf('alerts'), ['KAFKA_PASSWORD', 'ALERTS_TOKEN', 'ALERTS_SMTP_URL', 'SLACK_WEBHOOK_URL', 'PAGERDUTY_ROUTING_KEY', 'AWS_SECRET_ACCESS_KEY']); // prettier-ignore
  assert.deepEqual(secretsOf('simulator'), ['COLLECTOR_KEY']);
  assert.deepEqual(environmentOf('kafka', given), { PATH: '/bin' });
});

test('what is no secret goes to all services', () => {
  for (const process of ['collector', 'processor', 'sink', 'live', 'alerts', 'simulator'] as const) {
    const { PATH, LOG_LEVEL, APPLICATION_ID, NODE_OPTIONS } = environmentOf(process, given);
    assert.ok(PATH && LOG_LEVEL && APPLICATION_ID && NODE_OPTIONS, process);
  }
});
