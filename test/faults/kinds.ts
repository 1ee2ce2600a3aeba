/** The kinds of faults, and how often each is injected. */
import { type Draw, pick } from '@tidemark/metrics/histories/draw.fixtures';
import type { Step } from '../support/kafka-proxy.ts';
import { canFillDisk } from './disk-faults.ts';

/**
 * The faults: `kill -9`, an orderly end, a halt for longer than a session, a disk that takes nothing more for a while, or a clock that is
 * wrong. With one broker all of them are injected in a random order before any comes again. In a cluster each is drawn by itself: those
 * of brokers take long, and others go on meanwhile.
 */
const kinds = [
  'kill processor',
  'kill processor',
  'kill processor',
  'kill processor, state wiped',
  'kill processor, state wiped',
  'kill processor, state damaged',
  'kill processor, state damaged',
  'kill sink',
  'kill sink',
  'kill sink',
  'kill kafka',
  'kill kafka',
  'kill clickhouse',
  'kill clickhouse',
  'kill collector',
  'end processor',
  'end sink',
  'halt processor',
  'halt sink',
  'full disk of processor',
  'full disk of processor',
  'wrong clock of processor',
  'wrong clock of sink',
] as const;

/** Those that a cluster is there for: others go on meanwhile. */
const clusterKinds = [
  'kill kafka',
  'kill kafka',
  'kill kafka',
  'end kafka',
  'halt kafka',
  'halt kafka',
  'halt clickhouse',
  'harm requests',
  'harm requests',
  'harm requests',
  'harm requests',
  'harm requests',
  'kill processor at a step',
  'kill processor at a step',
  'kill processor at a step',
  'kill sink at a step',
] as const;

/** What is done, and to which kind of process. */
export type FaultKind = (typeof kinds)[number] | (typeof clusterKinds)[number];

/** Those that this system, and one broker or a cluster, have the means for. */
export function possibleKinds(isCluster: boolean): readonly FaultKind[] {
  const all = isCluster ? [...kinds, ...clusterKinds] : kinds;
  return all.filter((kind) => canFillDisk || !kind.startsWith('full disk'));
}

/** Requests of a transaction, and those of a block: between them lies what a kill may divide. */
const stepTypes = {
  processor: ['Produce', 'TxnOffsetCommit', 'EndTxn'],
  sink: ['OffsetCommit', 'OffsetFetch'],
} as const;

/** Any step of a service. */
export function drawStep(draw: Draw, service: keyof typeof stepTypes): Step {
  return { type: pick(draw, stepTypes[service]), when: pick(draw, ['arrived', 'done']) };
}
