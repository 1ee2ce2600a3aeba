import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKeyOf, type Caller, hashOf, readApiKeys, readerKeyOf } from './keys.ts';

const caller = (
  authorization: string | undefined,
  remoteAddress = '10.0.0.1',
  hostname = 'collector',
): Caller => ({
  headers: authorization === undefined ? {} : { authorization },
  socket: { remoteAddress } as Caller['socket'],
  hostname,
});
const shop = { name: 'shop', sha256: hashOf('secret'), families: ['cart'] };

test('a key is known by its hash alone', () => {
  const keys = readApiKeys(JSON.stringify([shop]), false);
  assert.equal(apiKeyOf(keys, caller('Bearer secret'))?.name, 'shop');
  assert.equal(apiKeyOf(keys, caller('bearer secret'))?.name, 'shop');
  for (const header of [
    undefined,
    '',
    'secret',
    'Basic secret',
    'Bearer other',
    'Bearer',
    `Bearer ${hashOf('secret')}`,
  ])
    assert.equal(apiKeyOf(keys, caller(header)), undefined, header);
});

test('dev-key is valid on loopback only, and only where it is allowed', () => {
  const keys = readApiKeys('[]', true);
  const nameOf = (address: string, hostname: string): string | undefined =>
    apiKeyOf(keys, caller('Bearer dev-key', address, hostname))?.name;
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.equal(nameOf(address, 'localhost'), 'dev', address);
    assert.equal(nameOf(address, 'evil.example'), undefined, 'a page elsewhere calls by a name of its own');
  }
  for (const address of ['10.0.0.1', '::ffff:10.0.0.1', ''])
    assert.equal(nameOf(address, 'localhost'), undefined, address);
  const none = readApiKeys('[]', false);
  assert.equal(apiKeyOf(none, caller('Bearer dev-key', '127.0.0.1', 'localhost')), undefined);
});

test('documents may be read with the key as a password, which publishes nothing', () => {
  const keys = readApiKeys(JSON.stringify([shop]), false);
  const basic = (user: string): Caller => caller(`Basic ${Buffer.from(`${user}:secret`).toString('base64')}`);
  assert.equal(readerKeyOf(keys, basic('anybody'))?.name, 'shop');
  assert.equal(readerKeyOf(keys, caller('Bearer secret'))?.name, 'shop');
  assert.equal(readerKeyOf(keys, caller('Basic secret')), undefined);
  assert.equal(apiKeyOf(keys, basic('shop')), undefined);
});

test('a wrong setting names the key at fault', () => {
  const cases: [unknown, RegExp][] = [
    ['{', /can not be read as JSON/],
    [{}, /must be a JSON array/],
    [[5], /key 0 is no object/],
    [[{ sha256: shop.sha256 }], /key 0 needs a "name"/],
    [[{ name: 'shop', sha256: 'secret' }], /"sha256" of shop/],
    [[{ ...shop, families: ['carts'] }], /"families" of shop/],
    [[{ ...shop, souce: 'shop' }], /"souce" of shop is not known; known are name/],
    [[{ ...shop, source: '' }], /"source" of shop/],
    [[{ ...shop, requestsPerSecond: -1 }], /"requestsPerSecond" of shop/],
    [[{ ...shop, bytesPerSecond: '5' }], /"bytesPerSecond" of shop/],
    [[shop, { ...shop, name: 'other' }], /two keys/],
  ];
  for (const [given, message] of cases) {
    const setting = typeof given === 'string' ? given : JSON.stringify(given);
    assert.throws(() => readApiKeys(setting, false), message);
  }
  assert.throws(() => readApiKeys('@/nowhere', false), { code: 'settings.invalid' });
});
