import type { AlertsAddress } from '../alerts-proxy.ts';
import { CannotAnswer } from './cannot.ts';

type Alert = {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly status: string;
  readonly labels: object;
  readonly finding: object;
  readonly worst: object;
  readonly contributors: readonly object[];
  readonly customers: readonly string[];
  readonly firedAt: string | null;
  readonly resolvedAt: string | null;
  readonly outcome: string | null;
  readonly acknowledged: object | null;
  readonly timeline: readonly object[];
};
type Rule = {
  readonly name: string;
  readonly title: string;
  readonly runbook: string;
  readonly suppressed: string | null;
};

const answerTimeoutMs = 5_000;

async function ask<Body>({ url, token }: AlertsAddress, path: string): Promise<Body | undefined> {
  if (url === undefined)
    throw new CannotAnswer(
      'There is no alerts service here: ALERTS_URL is not set.',
      'Nobody knows whether something is wrong.',
    );
  let answer: Response;
  try {
    answer = await fetch(new URL(path, url), {
      redirect: 'error',
      signal: AbortSignal.timeout(answerTimeoutMs),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  } catch {
    throw new CannotAnswer(
      'The alerts service does not answer.',
      'That is no "all is well": ask again, or look at the service.',
    );
  }
  if (answer.status === 404) return undefined;
  if (!answer.ok)
    throw new CannotAnswer(
      `The alerts service answered ${answer.status}.`,
      'Look at its log, and at ALERTS_TOKEN.',
    );
  return (await answer.json()) as Body;
}

const titled = (rules: readonly Rule[], name: string): string =>
  rules.find((rule) => rule.name === name)?.title ?? name;

/**
 * Alerts in short, the latest first, with the rules that cannot decide now.
 *
 * @throws CannotAnswer when the alerts service does not answer.
 */
export async function listAlerts(
  address: AlertsAddress,
  { status, limit }: { readonly status?: string | undefined; readonly limit?: number | undefined },
) {
  const query = new URLSearchParams({
    limit: String(limit ?? 50),
    ...(status === undefined ? {} : { status }),
  });
  const [listed, about] = await Promise.all([
    ask<{ alerts: readonly Alert[] }>(address, `/v1/alerts?${query.toString()}`),
    ask<{ rules: readonly Rule[] }>(address, '/v1/rules'),
  ]);
  const rules = about?.rules ?? [];
  return {
    alerts: (listed?.alerts ?? []).map(
      ({ id, rule, severity, status: state, labels, finding, firedAt, resolvedAt }) => ({
        id,
        rule,
        title: titled(rules, rule),
        severity,
        status: state,
        labels,
        finding,
        fired_at: firedAt,
        resolved_at: resolvedAt,
      }),
    ),
    cannot_decide: rules
      .filter(({ suppressed }) => suppressed !== null)
      .map(({ name, suppressed }) => ({ rule: name, why: suppressed })),
  };
}

/**
 * One alert with what was found, what is usual, and who and what is behind it.
 *
 * @throws CannotAnswer for an unknown id, or when the alerts service does not answer.
 */
export async function whyAlert(address: AlertsAddress, id: string) {
  const [alert, about] = await Promise.all([
    ask<Alert>(address, `/v1/alerts/${encodeURIComponent(id)}`),
    ask<{ rules: readonly Rule[] }>(address, '/v1/rules'),
  ]);
  if (alert === undefined)
    throw new CannotAnswer(`There is no alert ${id}.`, 'list_alerts lists those there are.');
  const rule = about?.rules.find(({ name }) => name === alert.rule);
  return {
    id: alert.id,
    rule: alert.rule,
    title: rule?.title ?? alert.rule,
    runbook: rule === undefined ? null : `/runbooks/${rule.runbook}`,
    status: alert.status,
    found: alert.finding,
    worst: alert.worst,
    units:
      'money is in micros of the label currency, durations in milliseconds, shares and points are fractions',
    contributors: alert.contributors,
    customers: alert.customers,
    outcome: alert.outcome,
    acknowledged: alert.acknowledged,
    timeline: alert.timeline,
  };
}
