import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyOf, hashOf, readApiKeys } from './keys.ts';

const shop = { name: 'shop', sha256: hashOf('secret'), families: ['cart'] };

test('a key is known by its hash alone', () => {
  const keys = readApiKeys(JSON.stringify([shop]), false);
  assert.equal(apiKeyOf(keys, 'Bearer secret', '10.0.0.1')?.name, 'shop');
  assert.equal(apiKeyOf(keys, 'bearer secret', '10.0.0.1')?.name, 'shop');
  for (const header of [
    undefined,
    '',
    'secret',
    'Basic secret',
    'Bearer other',
    'Bearer',
    `Bearer ${hashOf('secret')}`,
  ])
    assert.equal(apiKeyOf(keys, header, '10.0.0.1'), undefined, header);
});

test('dev-key holds on loopback only, and only where it is allowed', () => {
  const keys = readApiKeys('[]', true);
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
    assert.equal(apiKeyOf(keys, 'Bearer dev-key', address)?.name, 'dev', address);
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', undefined])
    assert.equal(apiKeyOf(keys, 'Bearer dev-key', address), undefined, address);
  assert.equal(apiKeyOf(readApiKeys('[]', false), 'Bearer dev-key', '127.0.0.1'), undefined);
});

test('a wrong setting names the key at fault', () => {
  const cases: [unknown, RegExp][] = [
    ['{', /can not be read as JSON/],
    [{}, /must be a JSON array/],
    [[5], /key 0 is no object/],
    [[{ sha256: shop.sha256 }], /key 0 needs a "name"/],
    [[{ name: 'shop', sha256: 'secret' }], /"sha256" of shop/],
    [[{ ...shop, families: ['carts'] }], /"families" of shop/],
    [[shop, { ...shop, name: 'other' }], /two keys/],
  ];
  for (const [given, message] of cases) {
    const setting = typeof given === 'string' ? given : JSON.stringify(given);
    assert.throws(() => readApiKeys(setting, false), message);
  }
  assert.throws(() => readApiKeys('@/nowhere', false), { code: 'settings.invalid' });
});
