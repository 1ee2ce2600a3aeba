import { ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { Counter, type Registry } from 'prom-client';
import type { Log } from '@tidemark/service/log';

/** Spans kept while the receiver is slow or away; beyond, new ones are dropped. */
const spansWaitingMax = 2_048;
const exportEveryMs = 1_000;
const exportSpansMax = 512;

/**
 * Sends ended spans in batches beside the work. The queue is limited: spans that a receiver does not accept are counted
 * and dropped, and nothing waits for them. A first failure is logged, and the first success after it.
 */
export function boundedExport(
  exporter: SpanExporter,
  service: string,
  log: Log,
  registry: Registry,
): SpanProcessor {
  const spans = new Counter({
    name: `tidemark_${service}_trace_spans_total`,
    help: 'Spans by what became of them: sent, failed (the receiver did not take them), dropped (too many waited).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  let waiting = 0;
  let isFailing = false;
  const watched: SpanExporter = {
    export(batch, done) {
      exporter.export(batch, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        waiting -= batch.length;
        spans.inc({ outcome: failed ? 'failed' : 'sent' }, batch.length);
        if (failed && !isFailing) log.warn({ err: result.error }, 'Traces are not taken; they are lost.');
        if (!failed && isFailing) log.info('Traces are taken again.');
        isFailing = failed;
        // A failure is not passed on: the processor has nobody to report it to.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
  };
  const batches = new BatchSpanProcessor({
    exporter: watched,
    maxQueueSize: spansWaitingMax,
    maxExportBatchSize: exportSpansMax,
    scheduledDelayMillis: exportEveryMs,
  });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd(span: ReadableSpan) {
      if (waiting >= spansWaitingMax) return spans.inc({ outcome: 'dropped' });
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}
