import { Failure } from '@tidemark/service/failures';
import { assignPartitions, decodeClaim, encodeClaim } from './assignment.ts';
import { type Broker, type Cluster, discard, type KafkaClient, type OffsetOf } from './client.ts';
import { type AskingMember, heartbeat, joinGroup, type KnownMember, syncGroup } from './group-requests.ts';
import { HeartbeatThread } from './heartbeat-thread.ts';
import { AssignerProtocol } from './kafkajs.ts';
import { offsetTopics } from './offsets.ts';
import { coordinatorErrors, failureOf, isConnectionError, wireCodeOf, wireErrors } from './wire-errors.ts';

/** Which group, and how it watches over its members. */
export type MembershipOptions = {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * Name of this instance, unique in the group. An instance that comes back under its name within the session keeps its
   * partitions (static membership). Without a name a member that leaves is gone at once.
   */
  readonly instanceId?: string | undefined;
  /** A member without a heartbeat for this long counts as dead. */
  readonly sessionTimeoutMs: number;
  /** For how long a rebalance waits for members to come back. */
  readonly rebalanceTimeoutMs: number;
  /**
   * For how long a member that is busy with one piece of work stays a member: another thread sends its heartbeats meanwhile.
   * Without it a member is busy for a session at most.
   */
  readonly busy?: { readonly heartbeatMs: number; readonly timeoutMs: number } | undefined;
};

/** The result of a heartbeat: all is well, the group rebalances, or no broker answered. */
export type Pulse = 'steady' | 'over' | 'unheard';

const { MemberMetadata, MemberAssignment } = AssignerProtocol;
const protocolName = 'tidemark-copartitioned-sticky';
const overErrors: ReadonlySet<number> = new Set([
  wireErrors.illegalGeneration,
  wireErrors.unknownMemberId,
  wireErrors.rebalanceInProgress,
]);

/** One member of a consumer group: joining, staying and leaving, by the group's protocol and no more. */
export class Membership {
  readonly #client: KafkaClient;
  readonly #options: MembershipOptions;
  #cluster: Cluster | undefined;
  /** Settled once the cluster is connected. */
  #opening: Promise<void> = Promise.resolve();
  #coordinator: Broker | undefined;
  #memberId = '';
  #generationId = -1;
  #owned: readonly number[] = [];
  readonly #thread: HeartbeatThread | undefined;

  constructor(client: KafkaClient, options: MembershipOptions) {
    this.#client = client;
    this.#options = options;
    const { groupId, instanceId, busy } = options;
    this.#thread = busy && new HeartbeatThread(client, { groupId, instanceId, ...busy });
  }

  /**
   * Joins the group, or joins it anew, and waits until everybody has.
   *
   * @returns The partition numbers given to this member.
   * @throws Failure `kafka.unavailable` or `kafka.generation-over`: join again; `kafka.topics` when the
   * topics do not have the same number of partitions.
   */
  async join(): Promise<readonly number[]> {
    const { topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    return this.#asking('joining the group', async () => {
      const coordinator = await this.#connected();
      const claim = encodeClaim({ owned: this.#owned, generation: this.#generationId });
      const metadata = MemberMetadata.encode({ version: 1, topics: [...topics], userData: claim });
      const terms = { sessionTimeoutMs, rebalanceTimeoutMs };
      const joined = await joinGroup(coordinator, this.#self, terms, { name: protocolName, metadata });
      const { memberId, generationId } = joined;
      this.#memberId = memberId;
      const dealt = joined.leaderId === memberId ? await this.#assign(joined.members) : [];
      const memberAssignment = await syncGroup(coordinator, this.#self, generationId, dealt);
      const assigned = MemberAssignment.decode(memberAssignment)?.assignment ?? {};
      this.#generationId = generationId;
      this.#thread?.become({ memberId, generationId });
      this.#owned = [...new Set(Object.values(assigned).flat())].toSorted((a, b) => a - b);
      return this.#owned;
    });
  }

  get #self(): AskingMember {
    const { groupId, instanceId } = this.#options;
    return { groupId, instanceId, memberId: this.#memberId };
  }

  /**
   * Asks whether this member is still one of the present generation.
   *
   * @throws Failure `kafka.generation-over` when it is not; `kafka.unavailable`.
   */
  async confirm(): Promise<void> {
    const [self, generationId] = [this.#self, this.#generationId];
    await this.#asking('a heartbeat', async () => heartbeat(await this.#connected(), self, generationId));
  }

  /** Sends a heartbeat. */
  async beat(): Promise<Pulse> {
    this.#thread?.awake();
    const wasHeard = this.#thread?.wasHeard() === true;
    try {
      await this.confirm();
      return 'steady';
    } catch (error) {
      const failure = failureOf(error, 'a heartbeat');
      if (failure.code === 'kafka.generation-over') return 'over';
      if (failure.code === 'kafka.unavailable')
        return wasHeard || this.#thread?.wasHeard() ? 'steady' : 'unheard';
      throw failure;
    }
  }

  /**
   * Commits offsets as the member that joined last. The coordinator refuses it when the group has moved
   * on, so that an old owner cannot move a new one's offsets.
   */
  async commit(offsets: readonly OffsetOf[]): Promise<void> {
    const [memberId, groupGenerationId] = [this.#memberId, this.#generationId];
    await this.#asking('committing offsets', async () => {
      const { groupId } = this.#options;
      const coordinator = await this.#connected();
      await coordinator.offsetCommit({ groupId, memberId, groupGenerationId, topics: offsetTopics(offsets) });
    });
  }

  /**
   * Leaves the group, so that others do not wait for the session to time out, and closes the connections. A static member
   * does not leave: it is expected back.
   */
  async leave(): Promise<void> {
    const [coordinator, memberId, cluster] = [this.#coordinator, this.#memberId, this.#cluster];
    this.#memberId = '';
    await this.#thread?.stop();
    if (coordinator !== undefined && memberId !== '' && this.#options.instanceId === undefined) {
      await coordinator.leaveGroup({ groupId: this.#options.groupId, memberId }).catch((error: unknown) => {
        this.#client.log.debug({ err: error }, 'Leaving the group failed; the session will time out.');
      });
    }
    this.#drop();
    if (cluster !== undefined) await discard(cluster);
  }

  /** Drops the connections, so that all requests fail. */
  #drop(): void {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    this.#coordinator = undefined;
    if (cluster !== undefined) void discard(cluster);
  }

  /** Several may ask at the same time: one connects, and all fail when the connections are closed in the meantime. */
  async #connected(): Promise<Broker> {
    if (this.#cluster === undefined) {
      this.#cluster = this.#client.newCluster();
      this.#opening = this.#open(this.#cluster);
    }
    const cluster = this.#cluster;
    try {
      await this.#opening;
    } catch (error) {
      if (this.#cluster !== cluster) throw droppedMeanwhile(error);
      this.#drop();
      throw failureOf(error, 'connecting');
    }
    this.#stillOpen(cluster);
    if (this.#coordinator !== undefined) return this.#coordinator;
    const { groupId } = this.#options;
    const found = await cluster
      .findGroupCoordinator({ groupId, coordinatorType: 0 })
      .finally(() => this.#stillOpen(cluster));
    this.#coordinator = found;
    return found;
  }

  /**
   * Throws when the connections were closed in the meantime, and closes them again: one that was just being opened then would
   * stay open for ever.
   */
  #stillOpen(cluster: Cluster): void {
    if (this.#cluster === cluster) return;
    void discard(cluster);
    throw droppedMeanwhile();
  }

  async #open(cluster: Cluster): Promise<void> {
    await cluster.connect();
    await cluster.addMultipleTargetTopics(this.#options.topics);
  }

  /** Says what an error of the group's protocol means, and forgets what it shows to be out of date. */
  async #asking<Answer>(doing: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      const code = wireCodeOf(error);
      if (code === wireErrors.unknownMemberId) {
        this.#memberId = '';
        this.#thread?.become(undefined);
      }
      if (code === wireErrors.fencedInstanceId) throw instanceTaken(this.#options);
      if (code !== undefined && overErrors.has(code)) {
        throw new Failure('kafka.generation-over', `${doing} of ${this.#options.groupId}`, { cause: error });
      }
      if (code !== undefined && coordinatorErrors.has(code)) this.#coordinator = undefined;
      if (isConnectionError(error)) this.#drop();
      if (this.#cluster === undefined && !(error instanceof Failure)) throw droppedMeanwhile(error);
      throw failureOf(error, `${doing} of ${this.#options.groupId}`);
    }
  }

  /** As the leader of the group it assigns the partitions to all members. */
  async #assign(members: readonly KnownMember[]): Promise<{ memberId: string; memberAssignment: Buffer }[]> {
    const cluster = this.#cluster;
    if (cluster === undefined) throw droppedMeanwhile();
    await cluster.refreshMetadata().finally(() => this.#stillOpen(cluster));
    const count = this.#partitionCount(cluster);
    const known = members.map(({ memberId, memberMetadata }) => {
      const metadata = MemberMetadata.decode(memberMetadata);
      return { topics: metadata?.topics ?? [], claim: decodeClaim(memberId, metadata?.userData ?? null) };
    });
    const shares = assignPartitions(
      known.map(({ claim }) => claim),
      count,
    );
    return known.map(({ topics, claim: { memberId } }) => {
      const assignment = Object.fromEntries(topics.map((topic) => [topic, shares.get(memberId)!]));
      const userData = Buffer.alloc(0);
      return { memberId, memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData }) };
    });
  }

  #partitionCount(cluster: Cluster): number {
    const counts = this.#options.topics.map((topic) => ({
      topic,
      count: cluster.findTopicPartitionMetadata(topic).length,
    }));
    const [first] = counts;
    const odd = counts.find(({ count }) => count !== first?.count);
    if (first === undefined || odd === undefined) return first?.count ?? 0;
    throw new Failure(
      'kafka.topics',
      `${odd.topic} has ${odd.count} partitions, ${first.topic} has ${first.count}: they must have the same number`,
    );
  }
}

function instanceTaken({ groupId, instanceId }: MembershipOptions): Failure {
  return new Failure('kafka.instance-taken', `${instanceId} of ${groupId}`);
}

function droppedMeanwhile(cause?: unknown): Failure {
  return new Failure('kafka.unavailable', 'the connections were closed in the meantime', { cause });
}
