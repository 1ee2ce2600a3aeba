/** The one place that knows OpenTelemetry's SDK; loaded only while traces are on. */
import { ROOT_CONTEXT, type Span, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Registry } from 'prom-client';
import type { Log } from '@tidemark/service/log';
import { within } from '@tidemark/service/shutdown';
import { boundedExport } from './bounded-export.ts';
import { contextIn, eventsHeadersOf, eventsIn, headersOf, isSampled, sampledIn } from './propagation.ts';
import type { TracingSettings } from './settings.ts';
import type { SpanOptions, Tracing } from './types.ts';

const exportTimeoutMs = 5_000;
const closeMs = 2_000;

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** Traces to an OTLP receiver; see `startTracing`. */
export function openTracing(options: {
  readonly service: string;
  readonly endpoint: string;
  readonly settings: TracingSettings;
  readonly log: Log;
  readonly registry: Registry;
}): Tracing {
  const { service, endpoint, settings, log, registry } = options;
  const exporter = new OTLPTraceExporter({
    url: endpoint,
    headers: { ...settings.OTEL_EXPORTER_OTLP_HEADERS },
    timeoutMillis: exportTimeoutMs,
  });
  const processor = boundedExport(exporter, service, log, registry);
  const resource = resourceFromAttributes({
    ...settings.OTEL_RESOURCE_ATTRIBUTES,
    'service.name': settings.OTEL_SERVICE_NAME ?? `tidemark-${service}`,
  });
  const tracerWith = (sampler: Sampler): Tracer =>
    new TracerProvider({ sampler, resource, spanProcessors: [processor] }).getTracer('tidemark');
  const sampled = tracerWith(samplerOf(settings));
  const recorded = tracerWith(new AlwaysOnSampler());
  log.info({ endpoint: new URL(endpoint).origin }, 'Traces are sent.');
  return {
    start: (name, asked) => started(sampled, name, asked),
    startRecorded: (name, asked) => started(recorded, name, asked),
    contextIn,
    sampledIn,
    headersOf(span) {
      const context = span.spanContext();
      return isSampled(context) ? headersOf(context) : undefined;
    },
    eventsHeadersOf: (spans) => eventsHeadersOf(spans.map((span) => span.spanContext())),
    eventsIn,
    close: () =>
      within(closeMs, 'the last traces', processor.shutdown()).catch((error: unknown) =>
        log.warn({ err: error }, 'The last traces were not sent.'),
      ),
  };
}

function started(tracer: Tracer, name: string, { kind, parent, ...rest }: SpanOptions): Span {
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return tracer.startSpan(name, { ...rest, kind: kinds[kind] }, context);
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }: TracingSettings): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(share);
  return name.startsWith('parentbased') ? new ParentBasedSampler({ root }) : root;
}
