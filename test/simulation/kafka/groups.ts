/** The group coordinator: members, generations, offsets. The classic protocol, without static members. */
import type { OffsetOf } from '@tidemark/kafka/client';
import { partitionKey } from '@tidemark/kafka/client';
import type { Clock, Happening } from '../clock.ts';
import { errors, ProtocolError } from './errors.ts';

/** Rules of Kafka that the coordinator keeps; a planted fault turns one off. */
export type GroupRules = {
  /** A commit of an older generation is refused. */
  readonly checksGeneration: boolean;
  /** Offsets keep their metadata. */
  readonly keepsMetadata: boolean;
};

/** An offset as it was committed. */
export type Kept = { readonly offset: number; readonly metadata: string };

/** The answer to a member that joins. */
export type Joined = {
  readonly errorCode: number;
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[];
};

/** The answer to a member that asks for its share. */
export type Synced = { readonly errorCode: number; readonly assignment: Buffer };

type Member = {
  readonly id: string;
  sessionMs: number;
  rebalanceMs: number;
  metadata: Buffer;
  assignment: Buffer;
  session: Happening | undefined;
  joining: ((joined: Joined) => void) | undefined;
  syncing: ((synced: Synced) => void) | undefined;
};

type Group = {
  readonly members: Map<string, Member>;
  state: 'empty' | 'joining' | 'syncing' | 'stable';
  generation: number;
  leader: string;
  /** When those who have not joined again by then are out. */
  deadline: Happening | undefined;
  readonly offsets: Map<string, Kept>;
  /** Offsets in transactions that are open, by producer. */
  readonly pending: Map<number, Map<string, Kept>>;
};

/** What a member that joins says. */
export type Joining = {
  readonly group: string;
  readonly memberId: string;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  readonly metadata: Buffer;
};

const nobody = (errorCode: number, memberId: string): Joined => ({
  errorCode,
  generationId: -1,
  leaderId: '',
  memberId,
  members: [],
});

/** See the head of the file. What it knows outlives the broker that it is on. */
export class GroupCoordinator {
  readonly #clock: Clock;
  readonly #rules: GroupRules;
  readonly #groups = new Map<string, Group>();
  #memberIds = 0;

  constructor(clock: Clock, rules: GroupRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** Answers when everybody has joined, or is out. */
  join(
    { group: name, memberId, sessionMs, rebalanceMs, metadata }: Joining,
    answer: (joined: Joined) => void,
  ): void {
    const group = this.#group(name);
    if (memberId === '') {
      // It asks again under this name.
      const id = `member-${String(this.#memberIds++).padStart(4, '0')}`;
      return answer(nobody(errors.memberIdRequired, id));
    }
    const known = group.members.get(memberId);
    if (known === undefined && !memberId.startsWith('member-'))
      return answer(nobody(errors.unknownMemberId, memberId));
    const member: Member = known ?? {
      id: memberId,
      sessionMs,
      rebalanceMs,
      metadata,
      assignment: Buffer.alloc(0),
      session: undefined,
      joining: undefined,
      syncing: undefined,
    };
    group.members.set(memberId, member);
    Object.assign(member, { sessionMs, rebalanceMs, metadata });
    member.joining = answer;
    if (member.session !== undefined) member.session.isCancelled = true;
    if (group.state !== 'joining') this.#rebalance(group);
    this.#joinedIfAll(group);
  }

  /** Answers when the leader has sent the shares. */
  sync(
    asked: { readonly group: string; readonly memberId: string; readonly generationId: number },
    shares: ReadonlyMap<string, Buffer>,
    answer: (synced: Synced) => void,
  ): void {
    const refused = (errorCode: number): void => answer({ errorCode, assignment: Buffer.alloc(0) });
    const group = this.#group(asked.group);
    const member = group.members.get(asked.memberId);
    if (member === undefined) return refused(errors.unknownMemberId);
    if (asked.generationId !== group.generation) return refused(errors.illegalGeneration);
    if (group.state === 'joining') return refused(errors.rebalanceInProgress);
    this.#heard(group, member);
    if (group.state === 'stable') return answer({ errorCode: 0, assignment: member.assignment });
    member.syncing = answer;
    if (group.leader !== asked.memberId) return;
    group.state = 'stable';
    for (const one of group.members.values()) {
      one.assignment = shares.get(one.id) ?? Buffer.alloc(0);
      one.syncing?.({ errorCode: 0, assignment: one.assignment });
      one.syncing = undefined;
    }
  }

  /** @returns An error code; 0 when all is well. */
  heartbeat(name: string, memberId: string, generationId: number): number {
    const group = this.#group(name);
    const member = group.members.get(memberId);
    if (member === undefined) return errors.unknownMemberId;
    if (generationId !== group.generation) return errors.illegalGeneration;
    this.#heard(group, member);
    return group.state === 'joining' ? errors.rebalanceInProgress : 0;
  }

  leave(name: string, memberId: string): void {
    const group = this.#group(name);
    const member = group.members.get(memberId);
    if (member !== undefined) this.#remove(group, member);
  }

  /** Commits offsets as a member. */
  commit(name: string, memberId: string, generationId: number, offsets: readonly OffsetOf[]): void {
    const group = this.#group(name);
    const member = group.members.get(memberId);
    if (this.#rules.checksGeneration) {
      if (member === undefined) throw new ProtocolError(errors.unknownMemberId);
      if (generationId !== group.generation) throw new ProtocolError(errors.illegalGeneration);
      if (group.state === 'syncing') throw new ProtocolError(errors.rebalanceInProgress);
      this.#heard(group, member);
    }
    this.#keep(group.offsets, offsets);
  }

  /** Keeps offsets of a transaction until its end; without a producer at once. */
  commitInTransaction(name: string, producerId: number | undefined, offsets: readonly OffsetOf[]): void {
    const group = this.#group(name);
    if (producerId === undefined) return this.#keep(group.offsets, offsets);
    const pending = group.pending.get(producerId) ?? new Map<string, Kept>();
    group.pending.set(producerId, pending);
    this.#keep(pending, offsets);
  }

  /** The transaction of a producer has ended. */
  mark(name: string, producerId: number, isCommit: boolean): void {
    const group = this.#group(name);
    if (isCommit)
      for (const [partition, kept] of group.pending.get(producerId) ?? []) group.offsets.set(partition, kept);
    group.pending.delete(producerId);
  }

  /** Forgets a group with its offsets, as after a long time without members. */
  forget(name: string): void {
    const group = this.#group(name);
    if (group.deadline !== undefined) group.deadline.isCancelled = true;
    group.members.clear();
    group.offsets.clear();
    group.pending.clear();
    group.state = 'empty';
    group.generation += 1;
  }

  offset(name: string, partition: string): Kept | undefined {
    return this.#group(name).offsets.get(partition);
  }

  #keep(map: Map<string, Kept>, offsets: readonly OffsetOf[]): void {
    for (const { topic, partition, offset, metadata = '' } of offsets)
      map.set(partitionKey({ topic, partition }), {
        offset,
        metadata: this.#rules.keepsMetadata ? metadata : '',
      });
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = {
        members: new Map(),
        state: 'empty',
        generation: 0,
        leader: '',
        deadline: undefined,
        offsets: new Map(),
        pending: new Map(),
      };
      this.#groups.set(name, group);
    }
    return group;
  }

  #rebalance(group: Group): void {
    for (const member of group.members.values()) {
      member.syncing?.({ errorCode: errors.rebalanceInProgress, assignment: Buffer.alloc(0) });
      member.syncing = undefined;
    }
    group.state = 'joining';
    const longestMs = Math.max(...[...group.members.values()].map(({ rebalanceMs }) => rebalanceMs));
    group.deadline = this.#clock.after(longestMs, () => {
      for (const member of group.members.values())
        if (member.joining === undefined) group.members.delete(member.id);
      this.#joinedIfAll(group);
    });
  }

  #joinedIfAll(group: Group): void {
    const members = [...group.members.values()];
    if (group.state !== 'joining' || members.some(({ joining }) => joining === undefined)) return;
    if (group.deadline !== undefined) group.deadline.isCancelled = true;
    group.generation += 1;
    group.state = members.length === 0 ? 'empty' : 'syncing';
    group.leader = members[0]?.id ?? '';
    for (const member of members) {
      const isLeader = member.id === group.leader;
      const { joining } = member;
      member.joining = undefined;
      joining?.({
        errorCode: 0,
        generationId: group.generation,
        leaderId: group.leader,
        memberId: member.id,
        members: isLeader ? members.map(({ id, metadata }) => ({ memberId: id, metadata })) : [],
      });
      this.#heard(group, member);
    }
  }

  /** The session of a member begins anew. */
  #heard(group: Group, member: Member): void {
    if (member.session !== undefined) member.session.isCancelled = true;
    member.session = this.#clock.after(member.sessionMs, () => {
      if (group.members.get(member.id) === member && member.joining === undefined)
        this.#remove(group, member);
    });
  }

  #remove(group: Group, member: Member): void {
    if (member.session !== undefined) member.session.isCancelled = true;
    group.members.delete(member.id);
    if (group.state === 'joining') return this.#joinedIfAll(group);
    if (group.members.size === 0) {
      group.state = 'empty';
      group.generation += 1;
      return;
    }
    this.#rebalance(group);
  }
}
