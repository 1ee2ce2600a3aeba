import {
  decimal,
  flag,
  must,
  oneOf,
  optional,
  secret,
  type Setting,
  type SettingsOf,
  text,
  url,
} from '@tidemark/service/settings';

/** A percent-encoded text as it was; `undefined` when it isn't one. */
function decodedOf(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

type Pairs = Readonly<Record<string, string>>;

/** Names and values as OpenTelemetry writes them in one text: `name=value,name=value`, values percent-encoded. */
function pairs(given: Setting<string>): Setting<Pairs> {
  const parse = (content: string): Pairs | undefined => {
    const found: Record<string, string> = {};
    for (const part of content.split(',')) {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
      const decoded = value === undefined ? undefined : decodedOf(value);
      if (name === undefined || decoded === undefined) return undefined;
      found[name] = decoded;
    }
    return found;
  };
  return { ...given, takes: 'name=value pairs between commas, values percent-encoded', parse };
}

/**
 * Traces, by the names OpenTelemetry gives these variables everywhere. None is sent unless an endpoint is named, or
 * `OTEL_TRACES_EXPORTER` is `otlp`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    url(
      'Where traces are sent by OTLP over HTTP, without the path, e.g. http://127.0.0.1:4318; naming it turns them on.',
    ),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optional(
    url('The same with its path, e.g. http://127.0.0.1:4318/v1/traces; wins over the one without.'),
  ),
  OTEL_TRACES_EXPORTER: optional(
    oneOf(
      ['otlp', 'none'],
      'otlp turns traces on without an endpoint: http://localhost:4318. none turns them off.',
    ),
  ),
  OTEL_SDK_DISABLED: flag('Turns traces off, whatever else is set.', false),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(
    ['http/json', 'http/protobuf'],
    'Either is sent as JSON, to the same port and path; gRPC is not supported.',
    'http/json',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: optional(
    pairs(secret('Headers of what is sent, such as the token of a hosted receiver.')),
  ),
  OTEL_SERVICE_NAME: optional(
    text('How the service is named in traces; tidemark- and its name when not set.'),
  ),
  OTEL_RESOURCE_ATTRIBUTES: optional(
    pairs(text('More attributes of the service, e.g. deployment.environment.name=production.')),
  ),
  OTEL_TRACES_SAMPLER: oneOf(
    [
      'parentbased_traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'traceidratio',
      'always_on',
      'always_off',
    ],
    'Which requests are traced. Parent-based: those whose sender traces them; of requests without a trace a share, all or none.',
    'parentbased_traceidratio',
  ),
  OTEL_TRACES_SAMPLER_ARG: must(
    decimal('The share that the samplers by ratio take.', 0.01),
    'a share from 0 to 1',
    (share) => share >= 0 && share <= 1,
  ),
};

/** The values of `tracingSettings`. */
export type TracingSettings = SettingsOf<typeof tracingSettings>;

/** The URL that traces are posted to; `undefined` when traces are off. */
export function endpointOf(settings: TracingSettings): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = settings;
  if (settings.OTEL_SDK_DISABLED || settings.OTEL_TRACES_EXPORTER === 'none') return undefined;
  if (whole !== undefined) return whole.href;
  if (base !== undefined) return `${base.href.replace(/\/$/, '')}/v1/traces`;
  return settings.OTEL_TRACES_EXPORTER === 'otlp' ? 'http://localhost:4318/v1/traces' : undefined;
}
