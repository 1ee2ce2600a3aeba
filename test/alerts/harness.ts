/** The harness of the alerts' tests: a receiver, counters as the processor writes them, instances as processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { encodeCounters } from '@tidemark/events/counter-codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import type { KafkaClient } from '@tidemark/kafka/client';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';

export const quarterMs = 15 * 60_000;
/** Partitions of the counters. */
export const partitions = 2;

/** A request as a receiver got it. */
export type Got = { readonly headers: IncomingHttpHeaders; readonly body: string };

/**
 * An HTTP server that stores the requests it gets.
 *
 * @param answer Answers the first, the second, … request; 200 when left out.
 * @param port Where it listens; any free port when left out.
 */
export async function receiver(
  answer: (response: ServerResponse, index: number) => void = (response) => response.end('ok'),
  port = 0,
): Promise<{ url: string; got: Got[]; server: Server }> {
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
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, got, server };
}

/** Replaces the processor: writes counters and its progress. */
export class Counting {
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
        values: { '["customers_lost","voluntary"]': this.#values.get(bucket)! },
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
      fact: { at, customer_id, movement: 'churn', event_id: customer_id, ...attributes },
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
      const block = { recordedAt: now, facts: [{ sign: 1 as const, fact }] };
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
}
