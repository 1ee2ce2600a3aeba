import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureCodeOf, failureOf, hintOf, wireErrors } from './wire-errors.ts';

function wrapped(name: string, error: Error, how: 'cause' | 'originalError'): Error {
  return Object.assign(new Error(error.message), { name, retriable: false, [how]: error });
}

const leaderless = Object.assign(new Error('There is no leader'), { code: 5, retriable: true });

test('a passing error stays one however kafkajs wraps it', () => {
  assert.equal(failureOf(leaderless, 'reading').code, 'kafka.unavailable');
  for (const how of ['cause', 'originalError'] as const) {
    const once = wrapped('KafkaJSNonRetriableError', leaderless, how);
    const twice = wrapped('KafkaJSNumberOfRetriesExceeded', once, how);
    assert.equal(failureOf(once, 'reading').code, 'kafka.unavailable', how);
    assert.equal(failureOf(twice, 'reading').code, 'kafka.unavailable', how);
  }
});

test('a broker that accepts connections and does not answer is away', () => {
  const silent = new Error('Broker not connected');
  assert.equal(failureOf(silent, 'reading').code, 'kafka.unavailable');
  assert.equal(
    failureOf(wrapped('KafkaJSNonRetriableError', silent, 'cause'), 'x').code,
    'kafka.unavailable',
  );
});

test('a login that is cut off is tried again, one that is refused is not', () => {
  const codeOf = (words: string): string =>
    failureOf(
      Object.assign(new Error(`SASL SCRAM SHA512 authentication failed: ${words}`), {
        name: 'KafkaJSSASLAuthenticationError',
      }),
      'connecting',
    ).code;
  for (const words of [
    'Closed connection',
    'Not connected',
    'Connection error: write EPIPE',
    'Request SaslAuthenticate(key: 36, version: 1) timed out',
  ])
    assert.equal(codeOf(words), 'kafka.unavailable', words);
  assert.equal(
    codeOf('Authentication failed during authentication due to invalid credentials'),
    'kafka.refused',
  );
});

test('a connection that fails sends one to the settings', () => {
  // What Node and kafkajs say, where to look.
  const cases: readonly [string, RegExp][] = [
    ['Connection error: certificate has expired', /KAFKA_SSL_CA_FILE/],
    ['Connection error: unable to verify the first certificate', /KAFKA_SSL_CA_FILE/],
    ['Closed connection', /as KAFKA_SSL says/],
    ['The broker does not support the requested SASL mechanism', /KAFKA_SASL_MECHANISM/],
    ['SASL SCRAM SHA512 authentication failed: invalid credentials', /KAFKA_SASL_PASSWORD/],
    ['Connection error: getaddrinfo ENOTFOUND kafka', /KAFKA_BROKERS/],
    ['Connection timeout', /firewalls/],
    ['connect ECONNREFUSED', /^(?!.*KAFKA_SSL)/],
    ['SASL SCRAM SHA512 authentication failed: Not connected', /^(?!.*KAFKA_)/],
  ];
  for (const [message, where] of cases) assert.match(failureOf(new Error(message), 'x').message, where);
});

test('records that the broker refuses for their time send one to look at the clocks', () => {
  assert.match(hintOf(32), /compare the clocks/);
  assert.equal(hintOf(wireErrors.notEnoughReplicas), '');
});

test('what a code means does not depend on who throws it', () => {
  for (const name of [
    'unknownServerError',
    'storageError',
    'notEnoughReplicas',
    'leaderNotAvailable',
  ] as const)
    assert.equal(failureCodeOf(wireErrors[name]), 'kafka.unavailable', name);
  for (const name of ['messageTooLarge', 'recordListTooLarge', 'invalidRecord'] as const)
    assert.equal(failureCodeOf(wireErrors[name]), 'kafka.record-refused', name);
  assert.equal(failureCodeOf(wireErrors.producerFenced), 'kafka.fenced');
  const forbidden = 29; // TOPIC_AUTHORIZATION_FAILED
  assert.equal(failureCodeOf(forbidden), 'kafka.refused');
  const wrongly = Object.assign(new Error('not allowed'), { code: forbidden, retriable: false });
  assert.equal(failureOf(wrapped('KafkaJSNonRetriableError', wrongly, 'cause'), 'x').code, 'kafka.refused');
});
