import type { Broker } from './client.ts';

/** A request that kafkajs does not have in this version, or has without what is needed of it. */
export type OwnRequest<Answer extends object> = {
  readonly key: number;
  readonly version: number;
  readonly name: string;
  readonly body: Buffer;
  /** Reads the answer, without the header's size and number. `clientSideThrottleTime` is in milliseconds. */
  readonly read: (payload: Buffer) => Answer & { readonly clientSideThrottleTime: number };
  /** How long to wait for the answer; as long as for all others when left out. */
  readonly timeoutMs?: number;
};

/** Sends a request over kafkajs's connection to the broker, which adds the header and matches the answer. */
export async function sendOwn<Answer extends object>(
  broker: Broker,
  { key, version, name, body, read, timeoutMs }: OwnRequest<Answer>,
): Promise<Answer> {
  const answer = await broker.connectionPool.send({
    request: {
      apiKey: key,
      apiVersion: version,
      apiName: name,
      encode: () => Promise.resolve({ buf: body, buffer: body }),
    },
    response: {
      decode: (payload) => Promise.resolve(read(payload)),
      parse: (decoded) => Promise.resolve(decoded),
    },
    ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
  });
  return answer as Answer;
}
