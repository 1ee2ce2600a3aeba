import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { families, topicOf } from '@tidemark/events/families';
import { asyncApi, jsonSchemaFiles } from './machines.ts';

const contract = new URL('../../docs/contract/', import.meta.url);

test('the AsyncAPI document is one, has every topic of events, and each file that it names is there', () => {
  const text = asyncApi();
  const document = JSON.parse(text) as { channels: Record<string, { address: string }> };
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
  assert.ok(ajv.validate(specs.schemas['3.1.0'] as object, document), ajv.errorsText());
  const addresses = Object.values(document.channels).map(({ address }) => address);
  for (const family of families) assert.ok(addresses.includes(topicOf(family, '')), family);
  const files = [...text.matchAll(/"\$ref":"(\.\.[^"]+)"/g)].map(([, path]) => new URL(path!, contract));
  assert.ok(files.length > families.length);
  for (const file of files) {
    // A path of the document is relative to docs/contract.
    assert.ok(existsSync(file), file.pathname);
    JSON.parse(readFileSync(file, 'utf8'));
  }
});

test('a JSON Schema takes an event of its type, and no other', () => {
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, date: true } });
  const schemas = new Map(
    [...jsonSchemaFiles()].map(([file, text]) => [file, ajv.compile(JSON.parse(text) as object)]),
  );
  const takes = (type: string, event: object) => schemas.get(`schemas/json/${type}.json`)!(event);
  const event = {
    event_id: 'e-1',
    type: 'subscription.started',
    occurred_at: '2026-01-01T00:00:00Z',
    customer_id: 'c-1',
    subscription_id: 's-1',
    plan_id: 'basic',
    interval: 'month',
    unit_amount: 1_000,
    currency: 'USD',
  };
  assert.equal(takes('subscription.started', event), true);
  assert.equal(takes('cart.created', event), false);
  assert.equal(takes('subscription.started', { ...event, currency: 'dollars' }), false);
  assert.equal(takes('subscription.started', { ...event, customer_id: undefined }), false);
});
