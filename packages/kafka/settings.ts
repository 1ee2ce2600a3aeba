import { readFileSync } from 'node:fs';
import { Failure } from '@tidemark/service/failures';
import { flag, list, must, oneOf, optional, secret, type SettingsOf, text } from '@tidemark/service/settings';
import type { KafkaConfig, SASLOptions } from './kafkajs.ts';

/** How to reach Kafka. Spread it into the table of every service that needs it. */
export const kafkaSettings = {
  KAFKA_BROKERS: must(
    list('Addresses of some brokers; they name the others.', '127.0.0.1:9092'),
    'addresses host:port, between commas',
    (brokers) => brokers.length > 0 && brokers.every((broker) => /^[^:\s]+:\d{1,5}$/.test(broker)),
  ),
  KAFKA_CLIENT_ID: text(
    'How this service names itself to the brokers, in their logs and quotas.',
    'tidemark',
  ),
  KAFKA_PREFIX: must(
    text(
      'What the names of all topics, consumer groups and transactions begin with, such as acme., where others use the same brokers. The same for all services and commands.',
      '',
    ),
    'nothing, or 1 to 100 letters, digits, dots, dashes and underscores, not __ at the beginning',
    (prefix) => /^(?!__)[A-Za-z0-9._-]{0,100}$/.test(prefix),
  ),
  KAFKA_SSL: flag('Whether to encrypt the connection (TLS).', false),
  KAFKA_SSL_CA_FILE: optional(
    text('PEM file of the authority that signed the brokers’ certificates; without it, the usual ones.'),
  ),
  KAFKA_SSL_CERT_FILE: optional(
    text('PEM file of this client’s certificate, where the brokers ask for one.'),
  ),
  KAFKA_SSL_KEY_FILE: optional(text('PEM file of the key of that certificate.')),
  KAFKA_SASL_MECHANISM: optional(
    oneOf(['plain', 'scram-sha-256', 'scram-sha-512'], 'How to log in; nothing for no login.'),
  ),
  KAFKA_SASL_USERNAME: optional(text('Who logs in.')),
  KAFKA_SASL_PASSWORD: optional(secret('The password of that user.')),
};

/** The values of `kafkaSettings`. */
export type KafkaSettings = SettingsOf<typeof kafkaSettings>;

/** Those of Kafka among all settings of a service: plain values, which can be handed to a thread. */
export function kafkaSettingsIn(settings: KafkaSettings): KafkaSettings {
  const names = Object.keys(kafkaSettings) as (keyof KafkaSettings)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as KafkaSettings;
}

/**
 * The part of kafkajs's configuration that comes from the settings.
 *
 * @throws Failure `settings.invalid` when a file cannot be read or a login is incomplete.
 */
export function connectionOf(
  settings: KafkaSettings,
): Pick<KafkaConfig, 'brokers' | 'clientId' | 'ssl' | 'sasl'> {
  const sasl = loginOf(settings);
  return {
    brokers: [...settings.KAFKA_BROKERS],
    clientId: settings.KAFKA_CLIENT_ID,
    ...(settings.KAFKA_SSL ? { ssl: tlsOf(settings) } : {}),
    ...(sasl ? { sasl } : {}),
  };
}

function tlsOf(settings: KafkaSettings): { ca?: string; cert?: string; key?: string } {
  const { KAFKA_SSL_CA_FILE: ca, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key } = settings;
  if ((cert === undefined) !== (key === undefined)) {
    throw new Failure(
      'settings.invalid',
      'KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together: set both or neither',
    );
  }
  return {
    ...(ca === undefined ? {} : { ca: readPem('KAFKA_SSL_CA_FILE', ca) }),
    ...(cert === undefined ? {} : { cert: readPem('KAFKA_SSL_CERT_FILE', cert) }),
    ...(key === undefined ? {} : { key: readPem('KAFKA_SSL_KEY_FILE', key) }),
  };
}

function readPem(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('settings.invalid', `${name} names ${path}, which cannot be read`, { cause });
  }
}

function loginOf(settings: KafkaSettings): SASLOptions | undefined {
  const mechanism = settings.KAFKA_SASL_MECHANISM;
  if (mechanism === undefined) return undefined;
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = settings;
  if (username === undefined || password === undefined) {
    throw new Failure(
      'settings.invalid',
      'KAFKA_SASL_MECHANISM is set: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be set as well',
    );
  }
  return { mechanism, username, password } as SASLOptions;
}
