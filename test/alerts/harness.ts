/** The harness of the alerts' tests: a receiver, counters as the processor writes them, instances as processes. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeCounters } from '@tidemark/events/counter-codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { ensureTopics } from '@tidemark/kafka/topic-settings';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { createLog } from '@tidemark/service/log';
import { readSettings } from '@tidemark/service/settings';
import { topics } from '@tidemark/topics/topics';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { backend } from '../support/backend.ts';
import { until } from '../support/until.ts';

/** A bucket of counters: a quarter of an hour. */
export const quarterMs = 15 * 60_000;
/** Partitions of the counters. */
const partitions = 2;
/** The secret of `${TEST_SECRET}` in rules. */
export const secret = `whsec_${Buffer.from('a secret of the test, long enough').toString('base64')}`;

/** A request as a receiver got it. */
export type Got = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** An HTTP server and the requests it got. */
export type Receiver = { readonly url: string; readonly got: Got[]; readonly close: () => void };

/**
 * An HTTP server that stores the requests it gets.
 *
 * @param answer Answers the first, the second, … request; 200 when left out.
 * @param port Where it listens; any free port when left out.
 */
export async function receiver(
  answer: (response: ServerResponse, index: number) => void = (response) => response.end('ok'),
  port = 0,
): Promise<Receiver> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
      answer(response, got.length - 1);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got, close };
}

/** Replaces the processor: writes counters and its progress. */
class Counting {
  readonly #producer: TransactionalProducer;
  readonly #codec = factBlockCodec();
  readonly #values = new Map<number, bigint>();

  constructor(client: KafkaClient) {
    this.#producer = new TransactionalProducer(client, { transactionalId: 'test-counting' });
  }

  async begin(): Promise<void> {
    await this.#producer.fence();
  }

  /** Adds customers lost in the buckets of these instants. */
  async lose(at: readonly number[], by = 1n): Promise<void> {
    const touched = new Set<number>();
    for (const instant of at) {
      const bucket = Math.floor(instant / quarterMs) * quarterMs;
      this.#values.set(bucket, (this.#values.get(bucket) ?? 0n) + by);
      touched.add(bucket);
    }
    const records = [...touched].map((bucket) => ({
      key: Buffer.from(`subscription|${bucket}`),
      value: encodeCounters({
        definition: 'subscription',
        bucket,
        values: { '["customers_lost","no","voluntary"]': this.#values.get(bucket)! },
      }),
    }));
    const sends = [{ topic: 'counters', partition: 0, records }];
    await this.#producer.commit({ sends, offsets: [], groupId: '' });
  }

  /** Publishes the lost customers as facts. */
  async name(customers: readonly string[], at: number): Promise<void> {
    const attributes = {
      plan_id: 'team',
      owner: 'ada',
      segment: 'consumer',
      country: 'DE',
      reason: 'voluntary',
    };
    const facts = customers.map((customer_id) => ({
      sign: 1 as const,
      cause: 'arrived',
      fact: { at, customer_id, movement: 'churn', event_id: customer_id, announced: false, ...attributes },
    }));
    const value = this.#codec.encode('customer_movement', { recordedAt: at, facts });
    const records = [{ key: Buffer.from('customer_movement'), value }];
    await this.#producer.commit({
      sends: [{ topic: 'facts', partition: 1, records }],
      offsets: [],
      groupId: '',
    });
  }

  /** Reports that everything up to now is counted. */
  async progress(now: number): Promise<void> {
    const sends = Array.from({ length: partitions }, (_, partition) => {
      const fact = { at: now, family: 'subscription', partition, data_through: now, last_received_at: now };
      const block = { recordedAt: now, facts: [{ sign: 1 as const, cause: 'arrived', fact }] };
      const value = this.#codec.encode('progress', block);
      return { topic: 'facts', partition, records: [{ key: Buffer.from('progress'), value }] };
    });
    await this.#producer.commit({ sends, offsets: [], groupId: '' });
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}

/** The service as a separate process. */
export class Instance {
  readonly url: string;
  readonly #port: number;
  readonly #environment: Record<string, string>;
  #child: ChildProcess | undefined;

  constructor(port: number, environment: Record<string, string>) {
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#environment = environment;
  }

  start(): void {
    const main = fileURLToPath(new URL('../../services/alerts/main.ts', import.meta.url));
    this.#child = spawn(process.execPath, [main], {
      env: { ...process.env, ...this.#environment, ALERTS_PORT: String(this.#port) },
      stdio: ['ignore', 'ignore', process.env['LOG_LEVEL'] === undefined ? 'ignore' : 'inherit'],
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill(signal);
    await over;
  }

  /** The status and body of the answer; status 0 while nothing answers. */
  async ask(path: string, body?: object): Promise<{ status: number; text: string }> {
    try {
      const answer = await fetch(`${this.url}${path}`, {
        ...(body === undefined
          ? {}
          : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.timeout(15_000),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return { status: 0, text: '' };
    }
  }

  async isLeading(): Promise<boolean> {
    return /^tidemark_alerts_leading\S* 1$/m.test((await this.ask('/metrics')).text);
  }

  /** Waits until it is ready. */
  ready(): Promise<void> {
    return until(`${this.url} to be ready`, async () => (await this.ask('/ready')).status === 200);
  }

  /** How often it has evaluated its rules; 0 while it does not answer. */
  async evaluations(): Promise<number> {
    const { text } = await this.ask('/metrics');
    return Number(/^\w*alerts_evaluation_seconds_count\S* (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** Its alerts; none while it does not answer. */
  async alerts(): Promise<readonly Shown[]> {
    const { text } = await this.ask('/v1/alerts');
    return text === '' ? [] : (JSON.parse(text) as { alerts: Shown[] }).alerts;
  }

  /** Its deliveries, dead letters among them; none while it does not answer. */
  async deliveries(): Promise<readonly ShownDelivery[]> {
    const { text } = await this.ask('/v1/deliveries');
    return text === '' ? [] : (JSON.parse(text) as { deliveries: ShownDelivery[] }).deliveries;
  }
}

/** An alert as the API shows it. */
export type Shown = { readonly id: string; readonly status: string; readonly keepFiringSince: string | null };

/** A delivery as the API shows it. */
export type ShownDelivery = {
  readonly id: string;
  readonly status: string;
  readonly receiver: string;
  readonly lastReason: string;
};

/** Fires when more customers are lost than usual. */
const churnSpike = `
rules:
  - name: churn-spike
    title: More customers lost than usual
    kind: spike
    severity: page
    series: customers_lost
    windows: [15m, 1h]
    at_least: 10
    times: 3
`;

/** A business of seventy days, watched by some instances of the alerts service. */
export type Harness = {
  readonly brokers: string;
  readonly rulesFile: string;
  readonly instances: readonly Instance[];
  /** When 30 customers were lost at once, two days ago. */
  readonly spikeBefore: number;
  /** The event time that is counted so far; behind the wall clock. */
  readonly now: () => number;
  /** Moves event time ahead, by at most 150 s in all. */
  readonly advance: (byMs: number) => void;
  /** Writes counters or facts, one transaction at a time. */
  readonly write: (write: (counting: Counting) => Promise<void>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Writes the history of the business, in which a customer is lost every other hour, and starts the instances.
 *
 * @param receivers The part of the rules' file that names receivers; its rule is `churnSpike`.
 */
export async function startHarness(receivers: string, instancesWanted: number): Promise<Harness> {
  const kafka = await backend({ only: 'kafka' });
  const brokers = kafka.brokers.join(',');
  const client = openKafka(
    readSettings(kafkaSettings, { KAFKA_BROKERS: brokers }),
    createLog('test', 'silent'),
  );
  await ensureTopics(client, topics(partitions, ''));
  const folder = await mkdtemp(join(tmpdir(), 'alerts-test-'));
  const rulesFile = join(folder, 'rules.yaml');
  await writeFile(rulesFile, `${receivers}${churnSpike}`);
  const counting = new Counting(client);
  await counting.begin();

  let behindMs = 150_000;
  const now = (): number => Date.now() - behindMs;
  const spikeBefore = Date.now() - 48 * 3_600_000;
  const history = Array.from({ length: 70 * 12 }, (_, index) => now() - 2 * quarterMs - index * 7_200_000);
  await counting.lose([...history, ...Array.from({ length: 30 }, () => spikeBefore)]);
  let work = counting.progress(now());
  const write: Harness['write'] = (one) => {
    const before = work;
    work = (async () => {
      await before;
      await one(counting);
    })();
    return work;
  };
  const beating = setInterval(() => void write(() => counting.progress(now())), 500);

  const instances: Instance[] = [];
  for (let index = 0; index < instancesWanted; index++)
    instances.push(
      new Instance(await freePort(), {
        KAFKA_BROKERS: brokers,
        ALERTS_RULES: rulesFile,
        ALERTS_EVALUATION_INTERVAL: '500ms',
        ALERTS_ALLOW_PRIVATE: 'true',
        ALERTS_DELIVERY_TIMEOUT: '25s',
        TEST_SECRET: secret,
      }),
    );
  for (const instance of instances) instance.start();
  await Promise.all(instances.map((instance) => instance.ready()));
  return {
    brokers,
    rulesFile,
    instances,
    spikeBefore,
    now,
    advance: (byMs) => {
      behindMs -= byMs;
    },
    write,
    async close() {
      clearInterval(beating);
      await Promise.all(instances.map((instance) => instance.kill('SIGKILL')));
      await work;
      await counting.close();
      await kafka.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until the instances together have evaluated their rules so many times more. */
export async function untilEvaluated(instances: readonly Instance[], times: number): Promise<void> {
  const all = async (): Promise<number> =>
    (await Promise.all(instances.map((one) => one.evaluations()))).reduce((sum, count) => sum + count, 0);
  const before = await all();
  await until(`${times} evaluations`, async () => (await all()) >= before + times);
}

/** The output of a command of the alerts service. */
export async function alertsCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const cli = fileURLToPath(new URL('../../packages/cli/main.ts', import.meta.url));
  const env = { ...process.env, ...environment };
  return (await promisify(execFile)(process.execPath, [cli, 'alerts', ...args], { env })).stdout;
}
