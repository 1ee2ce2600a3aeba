import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@tidemark/service/failures';
import { assertWhole } from '@tidemark/service/openapi.fixtures';
import { cart, collector } from './collector.fixtures.ts';
import { readApiKeys } from './keys.ts';

test('the operator’s pages answer without a key', async () => {
  const { app } = await collector();
  assert.equal((await app.inject('/health')).statusCode, 200);
  assert.equal((await app.inject('/ready')).statusCode, 200);
  assert.match((await app.inject('/metrics')).body, /tidemark_collector_events_total/);
  const document = (await app.inject('/openapi.json')).json() as {
    components: { schemas: Record<string, { required?: string[] }> };
  };
  assert.ok(document.components.schemas['cart_created']?.required?.includes('currency'));
  assert.equal((await app.inject('/nothing')).statusCode, 404);
  const away = await collector({ unavailable: new Failure('kafka.unavailable', 'gone') });
  assert.equal((await away.app.inject('/ready')).statusCode, 503);
});

test('a Confluent client finds the schemas, and registers only what is there', async () => {
  const { app } = await collector();
  const get = async (url: string) => (await app.inject(url)).json() as Record<string, unknown>;
  const latest = await get('/subjects/events.cart-value/versions/latest');
  assert.deepEqual([latest['subject'], latest['id']], ['events.cart-value', 3]);
  assert.equal((await get('/schemas/ids/3'))['schema'], latest['schema']);
  assert.deepEqual(await get('/subjects/events.cart-value/versions'), [1]);
  assert.equal((await get('/subjects/nothing/versions'))['error_code'], 40401);
  assert.equal((await get('/schemas/ids/99'))['error_code'], 40403);
  assert.ok(((await get('/subjects')) as unknown as string[]).includes('events.reading-value'));
  assert.equal((await get('/subjects/events.cart-value/versions/9'))['error_code'], 40402);
  assert.equal((await get('/subjects/events.cart-value/versions/x'))['error_code'], 42202);
  assert.equal((await get('/schemas?latestOnly=perhaps'))['error_code'], 42201);
  assert.deepEqual(await get('/mode'), { mode: 'READONLY' });
  assert.deepEqual(await get('/schemas/ids/3/schema'), JSON.parse(latest['schema'] as string));
  const deleted = await app.inject({ method: 'DELETE', url: '/subjects/events.cart-value' });
  assert.equal(deleted.json<{ error_code: number }>().error_code, 42205);
  const post = async (url: string, schema: unknown) => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const response = await app.inject({ method: 'POST', url, headers, payload: JSON.stringify({ schema }) });
    return { status: response.statusCode, ...(response.json() as { id?: number; message?: string }) };
  };
  assert.equal((await post('/subjects/events.cart-value/versions', latest['schema'])).id, 3);
  assert.equal((await post('/subjects/events.cart-value', latest['schema'])).id, 3);
  const other = JSON.stringify({ type: 'record', name: 'X', fields: [] });
  assert.equal((await post('/subjects/events.cart-value/versions', other)).status, 422);
  assert.match((await post('/subjects/events.cart-value/versions', other)).message ?? '', /use schema id 3/);
  assert.equal((await post('/subjects/other/versions', other)).status, 422);
  assert.equal((await post('/subjects/events.cart-value', other)).status, 404);
  assert.equal((await post('/subjects/events.cart-value', '{')).status, 422);
  const compatible = async (schema: unknown): Promise<unknown> =>
    (
      await app.inject({
        method: 'POST',
        url: '/compatibility/subjects/events.cart-value/versions/latest',
        payload: JSON.stringify({ schema }),
      })
    ).json<{ is_compatible: boolean }>().is_compatible;
  assert.equal(await compatible(latest['schema']), true);
  assert.equal(await compatible(other), false);
});

test('beyond loopback figures, documents and schemas are behind a key; health is not', async () => {
  const { app } = await collector({}, { host: '0.0.0.0' });
  const status = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
    (await app.inject({ url, headers })).statusCode;
  for (const url of ['/metrics', '/openapi.json', '/subjects', '/schemas/ids/1', '/config']) {
    assert.equal(await status(url), 401, url);
    assert.equal(await status(url, { authorization: 'Bearer carts' }), 200, url);
    const password = Buffer.from('registry:carts').toString('base64');
    assert.equal(await status(url, { authorization: `Basic ${password}` }), 200, url);
  }
  assert.equal(await status('/health'), 200);
  const here = await collector();
  assert.equal((await here.app.inject({ url: '/metrics' })).statusCode, 200);
  const rebound = await here.app.inject({ url: '/metrics', headers: { host: 'evil.example' } });
  assert.equal(rebound.statusCode, 401);
});

test('while the well-known key holds, a page of another name gets nothing', async () => {
  const { post, records } = await collector({}, { keys: readApiKeys('[]', true) });
  const dev = { authorization: 'Bearer dev-key' };
  assert.equal((await post(cart, { ...dev, host: 'evil.example' })).status, 421);
  assert.equal((await post(cart, { ...dev, 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal(records.length, 0);
  assert.equal((await post(cart, { ...dev, host: '127.0.0.1:8080' })).status, 202);
});

test('the OpenAPI document shows the limits of times and sizes (rule 49, rule 50)', async () => {
  const { app } = await collector();
  const document: OpenApi = (await app.inject({ url: '/openapi.json' })).json();
  const { occurred_at, comment, themes } = document.components.schemas['survey_answered']!.properties;
  assert.equal(occurred_at!['minimum'], 100_000_000_000);
  assert.equal(comment!['maxLength'], 8192);
  assert.deepEqual([themes!['maxItems'], themes!['items']], [50, { type: 'string', minLength: 0, maxLength: 256 }]); // prettier-ignore
  assert.match(document.paths['/v1/events']!.post.description, /at most 65536 bytes.*1970-01-01T00:00:00Z/);
});

type OpenApi = {
  readonly components: {
    readonly schemas: Record<string, { readonly properties: Record<string, Record<string, unknown>> }>;
  };
  readonly paths: Record<string, { readonly post: { readonly description: string } }>;
};

test('every route is in the document, with an operation id of its own', async () => {
  const { app } = await collector();
  assertWhole(app);
  assert.equal((await app.inject({ method: 'PUT', url: '/v1/events' })).headers['allow'], 'POST');
});
