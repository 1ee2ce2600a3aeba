import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Registry } from 'prom-client';
import { collector, now } from '../collector.fixtures.ts';
import type { CollectorOptions } from '../collector-options.ts';
import { hashOf, readApiKeys } from '../keys.ts';
import { secretsIn } from './signatures.ts';
import { examplesAt } from './webhooks.fixtures.ts';

type Headers = Record<string, string>;

for (const [name, example] of Object.entries(examplesAt(now))) {
  suite(`webhooks of ${name}`, () => {
    const url = `/v1/sources/${name}`;
    const taking: Partial<CollectorOptions> = {
      webhookSecrets: { [name]: secretsIn('an-old-secret, a-new-secret') },
    };
    const body = JSON.stringify(example.body);
    const headersOf = (given: string, secret = 'a-new-secret', atMs = now): Headers => ({
      authorization: '',
      ...example.signed(given, secret, atMs),
    });

    test('a signed delivery is published, and what is delivered again is the same event', async () => {
      const { post, events } = await collector({}, taking);
      for (const secret of ['a-new-secret', 'an-old-secret'])
        assert.equal((await post(body, headersOf(body, secret), url)).status, 200);
      assert.deepEqual(
        events().map(({ event_id, type, source }) => [event_id, type, source]),
        [1, 2].map(() => [...example.event, name]),
      );
    });

    test('what is not signed, signed by another, changed or too old is refused', async () => {
      const { post, records } = await collector({}, taking);
      const refused = async (given: string, headers: Headers): Promise<void> => {
        assert.equal((await post(given, headers, url)).status, 401);
      };
      await refused(body, { authorization: 'Bearer all' });
      await refused(body, headersOf(body, 'another-secret'));
      const changed = body.replace(...example.forged);
      assert.notEqual(changed, body);
      await refused(changed, headersOf(body));
      // The same value in other bytes is not what was signed.
      await refused(`${body} `, headersOf(body));
      if (example.isTimed)
        for (const off of [-301_000, 301_000])
          await refused(body, headersOf(body, 'a-new-secret', now + off));
      assert.equal(records.length, 0);
    });

    test('what gives no event is taken and counted, so that it does not come again', async () => {
      const registry = new Registry();
      const { post } = await collector({}, { ...taking, registry });
      const other = JSON.stringify(example.other);
      assert.equal((await post(other, headersOf(other), url)).status, 200);
      const counted = new RegExp(`passed_over_total\\{source="${name}",reason="${example.passedOver}"\\} 1`);
      assert.match(await registry.metrics(), counted);
      const [from, to, path] = example.refused;
      const invalid = body.replaceAll(from, to);
      const answer = await post(invalid, headersOf(invalid), url);
      assert.deepEqual([answer.status, answer.rejected[0]?.path], [200, path]);
    });

    test('what can be sent again with another result has an error status', async () => {
      const full = await collector({ isFull: true }, taking);
      assert.equal((await full.post(body, headersOf(body), url)).status, 429);
      const { post } = await collector({}, taking);
      for (const given of ['{', '[]', '{"object":"v2.core.event"}'])
        assert.equal((await post(given, headersOf(given), url)).status, 400);
    });

    test('a source has the limits of a key, of which what is not signed takes nothing', async () => {
      const requests = await collector({}, { ...taking, requestsPerSecond: 2 });
      const forged = headersOf(body, 'another-secret');
      for (let count = 0; count < 5; count += 1)
        assert.equal((await requests.post(body, forged, url)).status, 401);
      const statuses: number[] = [];
      for (let count = 0; count < 3; count += 1)
        statuses.push((await requests.post(body, headersOf(body), url)).status);
      assert.deepEqual(statuses, [200, 200, 429]);

      // A key of the same name in COLLECTOR_KEYS has bytes of its own.
      const keys = readApiKeys(JSON.stringify([{ name, sha256: hashOf('all') }]), false);
      const bytes = await collector({}, { ...taking, keys, bytesPerSecond: 10 });
      await bytes.post('[]', {});
      assert.equal((await bytes.post(body, headersOf(body), url)).status, 200);
      const over = await bytes.post(body, headersOf(body), url);
      assert.deepEqual([over.status, Number(over.headers['retry-after']) > 0], [429, true]);
      assert.match(over.message ?? '', /over its bytes a second/);
    });

    test('without a secret there is no such address', async () => {
      const { post } = await collector();
      assert.equal((await post(body, headersOf(body), url)).status, 404);
    });
  });
}
