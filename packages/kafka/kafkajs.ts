/**
 * kafkajs, mended. The only module that imports it; everything else in the system uses what this
 * folder makes of it.
 */
import './mended/install.ts';
import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

export type { Admin, KafkaConfig, logCreator, LogEntry, SASLOptions } from 'kafkajs';

// Loaded by require, after the mending: an import would be hoisted above it.
const kafkajs = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs;

export const { Kafka, logLevel, ConfigResourceTypes, AssignerProtocol } = kafkajs;

/** A client for one cluster, as kafkajs makes it. */
export type Kafka = Kafkajs.Kafka;
