import { connect } from 'node:net';

/**
 * Asks a broker for its metadata, in Kafka's own protocol (Metadata, version 1, of no topic).
 *
 * @returns Whether it answered that at least one broker, that is itself, is there.
 * @throws Error when nobody listens or no whole answer comes within ten seconds.
 */
export async function answersMetadata(host: string, port: number): Promise<boolean> {
  const answer = await exchange(host, port, metadataRequest());
  // Answer: size, correlation id, then the number of brokers.
  return answer.readInt32BE(4) === correlationId && answer.readInt32BE(8) > 0;
}

const correlationId = 1;
const timeoutMs = 10_000;

function metadataRequest(): Buffer {
  const client = Buffer.from('tidemark-probe');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4);
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(3, at);
  at = request.writeInt16BE(1, at);
  at = request.writeInt32BE(correlationId, at);
  at = request.writeInt16BE(client.length, at);
  at += client.copy(request, at);
  request.writeInt32BE(0, at);
  return request;
}

function exchange(host: string, port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const socket = connect({ host, port, timeout: timeoutMs }, () => socket.write(request));
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('close', () => reject(new Error('the broker closed the connection')));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 12 || got.length < 4 + got.readInt32BE(0)) return;
      resolve(got);
      socket.destroy();
    });
  });
}
