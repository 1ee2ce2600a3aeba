import type { Finding } from '../detect/finding.ts';
import type { Alert, Notification } from '../lifecycle/alert.ts';
import type { Labels } from '../series/series-store.ts';
import { foreignText } from './foreign-text.ts';

/** What the alerts of a message link to. */
export type Links = {
  readonly dashboard: (alert: Alert) => string;
  readonly runbook: (alert: Alert) => string;
};

/** The title of a rule's alerts. */
export type Titles = (rule: string) => string;

/** A notification as text. */
export type Message = {
  /** One line: what happened, where, and how much. */
  readonly subject: string;
  readonly alerts: readonly {
    readonly alert: Alert;
    readonly title: string;
    readonly summary: string;
    /** RFC 3339. */
    readonly since: string;
    readonly contributors: readonly string[];
    readonly dashboard: string;
    readonly runbook: string;
  }[];
};

const headings: Readonly<Record<Notification['kind'], string>> = {
  firing: 'FIRING',
  escalated: 'ESCALATED',
  repeated: 'STILL FIRING',
  resolved: 'RESOLVED',
};
const customersMax = 10;

/** The text of a notification. The most urgent alert comes first. */
export function messageOf({ kind, incident, alerts }: Notification, titles: Titles, links: Links): Message {
  const sorted = alerts.toSorted(
    (a, b) => rank(b) - rank(a) || (a.worst.chance ?? 0) - (b.worst.chance ?? 0),
  );
  const described = sorted.map((alert) => ({
    alert,
    ...headlineOf(alert, titles),
    since: new Date(alert.worst.from).toISOString(),
    contributors: contributorLines(alert),
    dashboard: links.dashboard(alert),
    runbook: links.runbook(alert),
  }));
  const [first, ...others] = described;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const subject = first === undefined ? incident.group : `${first.title}: ${first.summary}${more}`;
  return { subject: `[${headings[kind]}] ${subject}`, alerts: described };
}

/** What an alert is about, in two short texts: rule and labels, value and usual value. */
export function headlineOf(
  alert: Alert,
  titles: Titles,
): { readonly title: string; readonly summary: string } {
  return { title: `${titles(alert.rule)}${labelsText(alert.labels)}`, summary: summaryOf(alert) };
}

/** The message as text of several lines. */
export function plainTextOf({ subject, alerts }: Message): string {
  const parts = alerts.map(({ title, summary, since, contributors, dashboard, runbook, alert }) =>
    [
      `${title}`,
      `  ${summary}`,
      `  since ${since}`,
      ...contributors.map((line) => `  ${line}`),
      ...(alert.outcome === null ? [] : [`  ${foreignText(alert.timeline.at(-1)?.text ?? '')}`]),
      `  dashboard: ${dashboard}`,
      `  runbook: ${runbook}`,
    ].join('\n'),
  );
  return `${subject}\n\n${parts.join('\n\n')}\n`;
}

function rank({ severity }: Alert): number {
  return severity === 'page' ? 1 : 0;
}

function labelsText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name} ${value === '' ? 'not given' : foreignText(value)}`,
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** The value and what is usual, and for a resolved alert why it was resolved. */
function summaryOf({ status, outcome, worst }: Alert): string {
  const compared = `${valueText(worst)} against ${expectedText(worst)}`;
  if (status !== 'resolved') return compared;
  return outcome === 'retracted' ? `retracted; it was ${compared}` : `ended; it was ${compared}`;
}

function valueText(finding: Finding): string {
  const length = durationText(finding.to - finding.from);
  return finding.unit === 'duration'
    ? `${durationText(finding.value)} behind`
    : `${amountText(finding, finding.value)} in ${length}`;
}

function expectedText(finding: Finding): string {
  if (finding.unit === 'duration') return `${durationText(finding.limit)} allowed`;
  if (finding.chance === undefined && finding.expected === finding.limit)
    return `a limit of ${amountText(finding, finding.limit)}`;
  return `${amountText(finding, finding.expected)} usual`;
}

function amountText({ unit, labels }: Finding, value: number): string {
  switch (unit) {
    case 'count':
      return Number.isInteger(value) ? String(value) : value.toFixed(1);
    case 'money':
      return `${(value / 1e6).toLocaleString('en', { maximumFractionDigits: 2 })} ${foreignText(labels['currency'] ?? '')}`.trim();
    case 'share':
      return `${(value * 100).toFixed(2)} %`;
    case 'points':
      return `${(value * 100).toFixed(0)} points`;
    case 'duration':
      return durationText(value);
  }
}

/** A duration as text: 90 min, 4 h, 3 d. */
export function durationText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

function contributorLines({ contributors, customers, worst }: Alert): string[] {
  const lines = [...Map.groupBy(contributors, ({ dimension }) => dimension)].map(([dimension, ones]) => {
    const named = ones.map(
      ({ value, amount }) =>
        `${value === '' ? 'not given' : foreignText(value)} ${amountText(worst, amount)}`,
    );
    return `${dimension}: ${named.join(', ')}`;
  });
  if (customers.length === 0) return lines;
  const more = customers.length > customersMax ? ` and ${customers.length - customersMax} more` : '';
  return [...lines, `customers: ${customers.slice(0, customersMax).map(foreignText).join(', ')}${more}`];
}
