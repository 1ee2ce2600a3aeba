import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avroType } from '../packages/events/avro.ts';
import { latestOf, registeredSchemas, schemaText } from '@tidemark/events/registry';
import { register } from '../scripts/generate/registry.ts';
import { fingerprint } from '../services/collector/registry/schema-fingerprint.ts';

for (const subject of new Set(registeredSchemas.map((entry) => entry.subject))) {
  test(`${subject}: the newest version reads what every earlier one wrote`, () => {
    const reader = avroType(JSON.parse(schemaText(latestOf(subject)!)));
    for (const entry of registeredSchemas.filter((one) => one.subject === subject)) {
      const writer = avroType(JSON.parse(schemaText(entry)));
      assert.doesNotThrow(() => reader.createResolver(writer), `version ${entry.version}`);
    }
  });
}

test('no id and no version is given twice', () => {
  const ids = registeredSchemas.map((entry) => entry.id);
  assert.equal(new Set(ids).size, ids.length);
  const versions = registeredSchemas.map((entry) => `${entry.subject} ${entry.version}`);
  assert.equal(new Set(versions).size, versions.length);
});

const record = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'R', doc: 'd', fields });
const a = { name: 'a', type: 'string' };
const b = { name: 'b', type: 'long', default: 0 };

test('docs and rules do not make a new version, a field does', () => {
  assert.equal(fingerprint(record(a)), fingerprint(record({ ...a, doc: 'other', length: [1, 2] })));
  assert.notEqual(fingerprint(record(a)), fingerprint(record(a, b)));
});

test('two spellings of one schema are one', () => {
  const long = { type: { type: 'string' }, doc: '', name: 'a' };
  const other = JSON.stringify({ fields: [long], name: 'n.R', type: 'record' });
  assert.equal(fingerprint(other), fingerprint(JSON.stringify({ ...JSON.parse(record(a)), namespace: 'n' })));
});

test('a released schema that changes gets a new id, and its old version stays; an unreleased one changes in place', () => {
  const text = record(a, b);
  const current = [{ subject: 'events.x-value', file: 'events/x.avsc', text }];
  const old = {
    id: 3,
    subject: 'events.x-value',
    version: 1,
    file: 'released/events.x.v1.avsc',
    released: true,
  };
  const added = { id: 4, subject: 'events.x-value', version: 2, file: 'events/x.avsc', released: false };
  assert.deepEqual(
    register([old], current, () => record(a)),
    [old, added],
  );
  assert.deepEqual(
    register([old], current, () => text),
    [old],
  );
  assert.deepEqual(
    register([old, added], current, () => record(a)),
    [old, added],
  );
});

test('a field without default can not be added: old data would not be read', () => {
  const reader = avroType(JSON.parse(record(a, { name: 'c', type: 'string' })));
  assert.throws(() => reader.createResolver(avroType(JSON.parse(record(a)))), /no matching field/);
});
