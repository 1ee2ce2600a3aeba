/**
 * kafkajs with its patches. This is the only module that imports it; everything else in the system
 * uses the other modules of this folder.
 */
import './patched/install.ts';
import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

export type { Admin, KafkaConfig, logCreator, LogEntry, SASLOptions } from 'kafkajs';

// It is loaded by require, after the patches: an import would be hoisted above them.
const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs;

/** What the other modules of this folder use of kafkajs. */
export const { Kafka, logLevel, ConfigResourceTypes, AssignerProtocol } = kafkajs;

/** A client for one cluster, as kafkajs makes it. */
export type Kafka = Kafkajs.Kafka;
