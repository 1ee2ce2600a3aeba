import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '@tidemark/service/settings';
import { connectionOf, kafkaSettings, kafkaSettingsIn } from './settings.ts';

const connection = (environment: Record<string, string>): object =>
  connectionOf(readSettings(kafkaSettings, environment));

test('a plain broker on this machine is the default', () => {
  assert.deepEqual(connection({}), { brokers: ['127.0.0.1:9092'], clientId: 'tidemark' });
});

test('TLS and login come from the settings', () => {
  const ca = join(mkdtempSync(join(tmpdir(), 'settings-')), 'ca.pem');
  writeFileSync(ca, 'PEM');
  const login = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };
  assert.deepEqual(
    connection({ KAFKA_BROKERS: 'a:1,b:2', KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: ca, ...login }),
    {
      brokers: ['a:1', 'b:2'],
      clientId: 'tidemark',
      ssl: { ca: 'PEM' },
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    },
  );
});

test('what does not go together is refused with the way out', () => {
  assert.throws(
    () => connection({ KAFKA_BROKERS: 'kafka' }),
    /KAFKA_BROKERS is "kafka": expected addresses host:port/,
  );
  assert.throws(
    () => connection({ KAFKA_SASL_MECHANISM: 'plain' }),
    /KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must/,
  );
  assert.throws(
    () => connection({ KAFKA_SSL: 'yes', KAFKA_SSL_CA_FILE: '/nowhere' }),
    /\/nowhere, which cannot be read/,
  );
  assert.throws(() => connection({ KAFKA_SSL: 'yes', KAFKA_SSL_KEY_FILE: '/x' }), /set both or neither/);
});

test('a prefix has what the names of topics may have, and leaves room for them', () => {
  const prefix = (given: string): string => readSettings(kafkaSettings, { KAFKA_PREFIX: given }).KAFKA_PREFIX;
  for (const good of ['', 'acme.', 'team_a-1.', 'x'.repeat(100)]) assert.equal(prefix(good), good);
  for (const bad of ['acme/', 'é', 'a b', '__acme', 'x'.repeat(101)])
    assert.throws(
      () => prefix(bad),
      /KAFKA_PREFIX is ".*": expected nothing, or 1 to 100 letters, digits, dots, dashes and underscores/,
      bad,
    );
});

test('of all settings of a service a thread is handed those of Kafka alone, which can be copied', () => {
  const settings = readSettings(kafkaSettings, { KAFKA_BROKERS: 'a:1,b:2' });
  const ofService = { ...settings, CLICKHOUSE_URL: new URL('http://127.0.0.1:8123') };
  assert.throws(() => structuredClone(ofService));
  assert.deepEqual(structuredClone(kafkaSettingsIn(ofService)), settings);
});
