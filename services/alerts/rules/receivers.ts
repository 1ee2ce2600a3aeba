import type { Receiver } from './rule.ts';
import type { Path } from './schema-errors.ts';

const pagerDuty = 'https://events.pagerduty.com/v2/enqueue';

/** A receiver as written, with what `${NAME}` stands for filled in. */
export function receiverOf(
  raw: { readonly [field: string]: unknown },
  variables: Readonly<Record<string, string | undefined>>,
  complain: (field: Path, message: string) => void,
): Receiver {
  const filled = (field: string): string =>
    String(raw[field]).replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined || value === '') complain([field], `\${${name}} is not set in the environment`);
      return value ?? '';
    });
  const address = (field: string): string => {
    const url = filled(field);
    if (url !== '' && !URL.canParse(url)) complain([field], `${field} is no URL`);
    return url;
  };
  const kind = raw['kind'] as Receiver['kind'];
  const severities = (raw['severities'] as Receiver['severities'] | undefined) ?? ['page', 'ticket'];
  const base = { name: raw['name'] as string, severities };
  switch (kind) {
    case 'webhook':
      return { ...base, kind, url: address('url'), secret: filled('secret') };
    case 'slack':
      return { ...base, kind, url: address('url') };
    case 'pagerduty':
      return {
        ...base,
        kind,
        url: raw['url'] === undefined ? pagerDuty : address('url'),
        routingKey: filled('routing_key'),
      };
    case 'alertmanager':
      return { ...base, kind, url: address('url') };
    case 'email':
      return { ...base, kind, smtp: address('smtp'), from: filled('from'), to: raw['to'] as string[] };
  }
}
