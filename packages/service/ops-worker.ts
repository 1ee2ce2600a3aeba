/** The thread that `ops-server.ts` starts: it asks the main thread, and answers for it while it is busy. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { fastify, type FastifyReply } from 'fastify';
import { guardByToken, guardRequests, isProbe, tokenCheck } from './guard.ts';
import type { OpsAnswer, OpsQuestion, OpsStart, OpsThreadData } from './ops-server.ts';

/** After this time without an answer the main thread is busy. Figures have no other source, so they wait for longer. */
const answerTimeoutMs = { health: 500, ready: 500, metrics: 9_000 };
/** A main thread without a turn for this long is not expected back. */
const busyMsMax = 5 * 60_000;

const { port, host, token, tokenVariable } = workerData as OpsThreadData;
const main = parentPort!;
const waiting = new Map<number, (answer: OpsAnswer) => void>();
let lastId = 0;
let busySince: number | undefined;

main.on('message', (answer: OpsAnswer) => {
  busySince = undefined;
  waiting.get(answer.id)?.(answer);
});

async function ask(about: OpsQuestion['about']): Promise<OpsAnswer | undefined> {
  lastId += 1;
  const [id, askedAt] = [lastId, performance.now()];
  const answered = Promise.withResolvers<OpsAnswer>();
  waiting.set(id, answered.resolve);
  main.postMessage({ id, about } satisfies OpsQuestion);
  const timer = new AbortController();
  const late = sleep(answerTimeoutMs[about], undefined, { signal: timer.signal }).catch(() => undefined);
  const answer = await Promise.race([answered.promise, late]);
  timer.abort();
  waiting.delete(id);
  if (answer === undefined) busySince ??= askedAt;
  return answer;
}

function send(reply: FastifyReply, answer: OpsAnswer): FastifyReply {
  return reply.code(answer.code).type(answer.type).send(answer.body);
}

function busyForMs(): number {
  return busySince === undefined ? 0 : Math.round(performance.now() - busySince);
}

const server = fastify({ requestTimeout: 10_000, connectionTimeout: 30_000, forceCloseConnections: true });
guardRequests(server, { isLocal: token === undefined });
if (token !== undefined) {
  guardByToken(server, { check: tokenCheck(token), tokenVariable, isOpen: isProbe });
}
server.get('/health', async (_request, reply) => {
  const answer = await ask('health');
  if (answer !== undefined) return send(reply, answer);
  const ms = busyForMs();
  return reply.code(ms > busyMsMax ? 503 : 200).send({ status: 'busy', busy_for_ms: ms });
});
server.get('/ready', async (_request, reply) => {
  const answer = await ask('ready');
  if (answer !== undefined) return send(reply, answer);
  const reason = `One piece of work, such as a very long history, keeps it busy for ${busyForMs()} ms already.`;
  return reply.code(503).send({ ready: false, waiting_for: [reason], warnings: [] });
});
server.get('/metrics', async (_request, reply) => {
  const answer = await ask('metrics');
  return answer === undefined
    ? reply.code(503).send({ message: `The service is busy for ${busyForMs()} ms already.` })
    : send(reply, answer);
});

try {
  await server.listen({ port, host });
  main.postMessage({ port: (server.server.address() as AddressInfo).port } satisfies OpsStart);
} catch (error) {
  main.postMessage({ failure: (error as Error).message } satisfies OpsStart);
}
