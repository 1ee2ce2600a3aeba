/**
 * The requests of a group's member in the versions that know static members (`group.instance.id`): kafkajs has these
 * versions, and gives them no instance.
 *
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-345
 */
import type { Broker } from './client.ts';
import { sendOwn } from './own-request.ts';
import { WireReader } from './wire-reader.ts';
import { AnswerError, wireErrors } from './wire-errors.ts';

/** Who asks: one member, and the name of its instance where it is a static one. */
export type AskingMember = {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string | undefined;
};

/** A member as the group's leader gets it. */
export type KnownMember = { readonly memberId: string; readonly memberMetadata: Buffer };

/** The answer to a member that has joined. Only the leader gets `members`. */
export type Joined = {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly KnownMember[];
};

const networkDelayMs = 5_000;

/** Joins the group, and waits until all have. Who is new is given a name first, under which it asks again. */
export async function joinGroup(
  broker: Broker,
  member: AskingMember,
  terms: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number },
  protocol: { readonly name: string; readonly metadata: Buffer },
): Promise<Joined> {
  const ask = async (memberId: string): Promise<Joined & { errorCode: number }> =>
    send(broker, {
      key: 11,
      version: 5,
      name: 'JoinGroup',
      timeoutMs: terms.rebalanceTimeoutMs + networkDelayMs,
      body: [
        text(member.groupId),
        int32(terms.sessionTimeoutMs),
        int32(terms.rebalanceTimeoutMs),
        text(memberId),
        nullable(member.instanceId),
        text('consumer'),
        int32(1),
        text(protocol.name),
        bytesOf(protocol.metadata),
      ],
      read: joinedFrom,
    });
  let answer = await ask(member.memberId);
  if (answer.errorCode === wireErrors.memberIdRequired) answer = await ask(answer.memberId);
  return checked('JoinGroup', answer);
}

/** Sends the leader's assignment, and gets the member's own. */
export async function syncGroup(
  broker: Broker,
  member: AskingMember,
  generationId: number,
  assignments: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[],
): Promise<Buffer> {
  const answer = await send(broker, {
    key: 14,
    version: 3,
    name: 'SyncGroup',
    body: [
      text(member.groupId),
      int32(generationId),
      text(member.memberId),
      nullable(member.instanceId),
      int32(assignments.length),
      ...assignments.flatMap((one) => [text(one.memberId), bytesOf(one.memberAssignment)]),
    ],
    read: (reader) => ({ errorCode: reader.int16(), assignment: reader.bytes() }),
  });
  return checked('SyncGroup', answer).assignment;
}

/** Sends a heartbeat. */
export async function heartbeat(broker: Broker, member: AskingMember, generationId: number): Promise<void> {
  const answer = await send(broker, {
    key: 12,
    version: 3,
    name: 'Heartbeat',
    body: [text(member.groupId), int32(generationId), text(member.memberId), nullable(member.instanceId)],
    read: (reader) => ({ errorCode: reader.int16() }),
  });
  checked('Heartbeat', answer);
}

function joinedFrom(reader: WireReader): Joined & { errorCode: number } {
  const errorCode = reader.int16();
  const generationId = reader.int32();
  reader.text(); // the protocol chosen: there is one
  const leaderId = reader.text();
  const memberId = reader.text();
  const members = reader.list(() => {
    const known = reader.text();
    reader.text(); // its instance
    return { memberId: known, memberMetadata: reader.bytes() };
  });
  return { errorCode, generationId, leaderId, memberId, members };
}

type Answer = { readonly errorCode: number };

function checked<Given extends Answer>(request: string, answer: Given): Given {
  if (answer.errorCode !== 0) throw new AnswerError(request, answer.errorCode);
  return answer;
}

async function send<Given extends Answer>(
  broker: Broker,
  request: {
    readonly key: number;
    readonly version: number;
    readonly name: string;
    readonly timeoutMs?: number;
    readonly body: readonly Buffer[];
    readonly read: (reader: WireReader) => Given;
  },
): Promise<Given> {
  return sendOwn<Given>(broker, {
    ...request,
    body: Buffer.concat(request.body),
    read: (payload) => {
      const reader = new WireReader(payload);
      const clientSideThrottleTime = reader.int32();
      return { ...request.read(reader), clientSideThrottleTime };
    },
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(given: string): Buffer {
  const bytes = Buffer.from(given);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function nullable(given: string | undefined): Buffer {
  return given === undefined ? Buffer.from([0xff, 0xff]) : text(given);
}

function bytesOf(given: Buffer): Buffer {
  return Buffer.concat([int32(given.length), given]);
}
