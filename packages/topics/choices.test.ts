import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '@tidemark/service/settings';
import { checkCopies, asSet, topics, topicSettings } from './topics.ts';

const read = (environment: Record<string, string>) => readSettings(topicSettings, environment, [checkCopies]);

test('copies are the brokers’ choice unless the settings say otherwise', () => {
  const [chosen] = asSet(topics(3, ''), read({}));
  assert.deepEqual([chosen?.copies, chosen?.config['min.insync.replicas']], [undefined, undefined]);
  const [given] = asSet(topics(3, ''), read({ REPLICATION: '3', MIN_INSYNC: '2' }));
  assert.deepEqual([given?.copies, given?.config['min.insync.replicas']], [3, '2']);
});

test('dead letters are kept as long as the setting says, and the others as long as they must be', () => {
  const retention = (environment: Record<string, string>) =>
    Object.fromEntries(
      asSet(topics(1, ''), read(environment)).map(({ name, config }) => [name, config['retention.ms']]),
    );
  assert.equal(retention({})['dead-letters'], String(400 * 86_400_000));
  const { 'dead-letters': deadLetters, facts } = retention({ DEAD_LETTER_RETENTION: '7d' });
  assert.deepEqual([deadLetters, facts], [String(7 * 86_400_000), String(30 * 86_400_000)]);
});

test('settings that let nothing be written while a broker is down are refused at the start', () => {
  assert.throws(
    () => read({ REPLICATION: '3', MIN_INSYNC: '3' }),
    /nothing could be written while a broker is down; set MIN_INSYNC to less/,
  );
  assert.throws(
    () => read({ REPLICATION: '0' }),
    /REPLICATION is "0": expected a whole number from 1 to 100/,
  );
  assert.equal(read({ REPLICATION: '1', MIN_INSYNC: '1' }).MIN_INSYNC, 1);
});
