import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@tidemark/service/failures';
import { assertWhole } from '@tidemark/service/openapi.fixtures';
import { api, certificateOf } from './api.fixtures.ts';
import type { Course, Erase } from './erasures.ts';
import type { Certificate } from './forget/certificate.ts';

const token = 'a-token-for-this-test';
const headers = { authorization: `Bearer ${token}` };

function erasingBy(erase: Erase, waiting?: readonly string[]) {
  const made = api(token, erase, waiting);
  const post = (payload: object) =>
    made.app.inject({ method: 'POST', url: '/v1/erasures', payload, headers });
  const get = (url: string) => made.app.inject({ method: 'GET', url, headers });
  return { ...made, post, get };
}

test('an erasure is answered once it has begun, and has a certificate at its end', async () => {
  const end = Promise.withResolvers<Certificate>();
  let course: Course | undefined;
  const { post, get, certificates, erasures } = erasingBy((_ids, given) => {
    course = given;
    given.onBegun();
    return end.promise;
  });
  const { id } = (await post({ customer_ids: ['acme', 'acme', 'umbrella'] })).json<{ id: string }>();
  course!.report('Searching all places.');
  course!.onPlace('topic state');
  const running = (await get(`/v1/erasures/${id}`)).json<object>();
  assert.deepEqual(running, {
    id,
    status: 'running',
    customers: 2,
    step: 'Searching all places.',
    place: 'topic state',
    trouble: null,
  });
  assert.equal((await post({ customer_ids: ['other'] })).statusCode, 409, 'one at a time');
  const certificate = certificateOf(id, 2);
  certificates.set(id, certificate);
  end.resolve(certificate);
  assert.deepEqual((await get(`/v1/erasures/${id}`)).json(), { id, status: 'done', certificate });
  assert.equal(erasures.running, undefined);
  assert.equal((await get('/v1/erasures')).json<{ erasures: object[] }>().erasures.length, 1);
});

test('what forbids an erasure is in the answer, and nothing has begun', async () => {
  const { post, erasures } = erasingBy(() => {
    throw new Failure('settings.invalid', 'another generation has the same customers');
  });
  const answer = await post({ customer_ids: ['acme'] });
  assert.equal(answer.statusCode, 409);
  assert.match(answer.json<{ message: string }>().message, /another generation/);
  assert.equal(erasures.running, undefined);
});

test('one that is cut off after it began is gone on with, without ids', async () => {
  const asked: number[] = [];
  const { post, get, end } = erasingBy((ids, { onBegun }) => {
    asked.push(ids.size);
    onBegun();
    throw new Failure('kafka.unavailable', 'Kafka is away');
  });
  const { id } = (await post({ customer_ids: ['acme'] })).json<{ id: string }>();
  const { trouble } = (await get(`/v1/erasures/${id}`)).json<{ trouble: string }>();
  end();
  assert.match(trouble, /^Kafka is away/);
  assert.deepEqual(asked, [1]);
  const { erasures, end: endAgain } = erasingBy((ids, { onBegun }) => {
    asked.push(ids.size);
    onBegun();
    return new Promise(() => undefined);
  });
  erasures.resume(id, 1);
  assert.deepEqual(asked, [1, 0]);
  endAgain();
});

test('mistakes are named, and nobody is let in without the token', async () => {
  const { app, post, get } = erasingBy(() => assert.fail('nothing is to begin'));
  const message = async (payload: object) => {
    const { statusCode, body } = await post(payload);
    assert.equal(statusCode, 400);
    return (JSON.parse(body) as { message: string }).message;
  };
  assert.match(await message({}), /customer_ids must be a list/);
  assert.match(await message({ customer_ids: [] }), /customer_ids must be a list/);
  assert.match(await message({ customer_ids: ['a', 7] }), /customer_ids\[1] must be a text/);
  assert.equal((await get('/v1/erasures/none')).statusCode, 404);
  assert.equal((await app.inject({ method: 'GET', url: '/v1/erasures' })).statusCode, 401);
  const waiting = erasingBy(() => assert.fail('nothing is to begin'), ['Kafka has not answered yet.']);
  assert.equal((await waiting.post({ customer_ids: ['acme'] })).statusCode, 503);
  assert.equal((await waiting.get('/ready')).statusCode, 503);
});

test('the document is whole', () => {
  assertWhole(erasingBy(() => assert.fail('nothing is to begin')).app);
});
