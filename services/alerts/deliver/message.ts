import type { Finding } from '../detect/finding.ts';
import type { Episode, Notice } from '../life/episode.ts';
import type { Labels } from '../series/series-book.ts';

/** Where messages link to. */
export type Links = {
  readonly page: (episode: Episode) => string;
  readonly runbook: (episode: Episode) => string;
};

/** What a rule's alerts are called. */
export type Titles = (rule: string) => string;

/** A message in plain words. */
export type Message = {
  /** One line: what, where, how much. */
  readonly subject: string;
  readonly alerts: readonly {
    readonly episode: Episode;
    readonly title: string;
    readonly summary: string;
    readonly since: string;
    readonly contributors: readonly string[];
    readonly page: string;
    readonly runbook: string;
  }[];
};

const states: Readonly<Record<Notice['kind'], string>> = {
  firing: 'FIRING',
  worse: 'WORSE',
  'still firing': 'STILL FIRING',
  resolved: 'RESOLVED',
};
const customersMax = 10;

/** What a notice says. The gravest alert comes first. */
export function messageOf(notice: Notice, titles: Titles, links: Links): Message {
  const episodes = notice.episodes.toSorted(
    (a, b) => rank(b) - rank(a) || (a.worst.chance ?? 0) - (b.worst.chance ?? 0),
  );
  const alerts = episodes.map((episode) => ({
    episode,
    title: `${titles(episode.rule)}${labelsIn(episode.labels)}`,
    summary: summaryOf(episode),
    since: new Date(episode.worst.from).toISOString(),
    contributors: contributorsIn(episode),
    page: links.page(episode),
    runbook: links.runbook(episode),
  }));
  const [first, ...others] = alerts;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const subject = first === undefined ? notice.incident.group : `${first.title}: ${first.summary}${more}`;
  return { subject: `[${states[notice.kind]}] ${subject}`, alerts };
}

/** The message as text of several lines. */
export function textOf({ subject, alerts }: Message): string {
  const parts = alerts.map(({ title, summary, since, contributors, page, runbook, episode }) =>
    [
      `${title}`,
      `  ${summary}`,
      `  since ${since}`,
      ...contributors.map((line) => `  ${line}`),
      ...(episode.outcome === null ? [] : [`  ${episode.story.at(-1)?.text ?? ''}`]),
      `  page: ${page}`,
      `  runbook: ${runbook}`,
    ].join('\n'),
  );
  return `${subject}\n\n${parts.join('\n\n')}\n`;
}

function rank({ severity }: Episode): number {
  return severity === 'page' ? 1 : 0;
}

function labelsIn(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name} ${value === '' ? 'not given' : value}`,
  );
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** How much against what is usual, or what became of it. */
function summaryOf({ status, outcome, worst }: Episode): string {
  const shown = `${valueOf(worst)} against ${expectedOf(worst)}`;
  if (status !== 'resolved') return shown;
  return outcome === 'taken back' ? `taken back; it was ${shown}` : `over; it was ${shown}`;
}

function valueOf(finding: Finding): string {
  const length = durationText(finding.to - finding.from);
  return finding.unit === 'duration'
    ? `${durationText(finding.value)} behind`
    : `${amountText(finding, finding.value)} in ${length}`;
}

function expectedOf(finding: Finding): string {
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
      return `${(value / 1e6).toLocaleString('en', { maximumFractionDigits: 2 })} ${labels['currency'] ?? ''}`.trim();
    case 'share':
      return `${(value * 100).toFixed(2)} %`;
    case 'points':
      return `${(value * 100).toFixed(0)} points`;
    case 'duration':
      return durationText(value);
  }
}

/** 90 min, 4 h, 3 d. */
export function durationText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

function contributorsIn({ contributors, customers, worst }: Episode): string[] {
  const lines = [...Map.groupBy(contributors, ({ dimension }) => dimension)].map(([dimension, ones]) => {
    const named = ones.map(
      ({ value, amount }) => `${value === '' ? 'not given' : value} ${amountText(worst, amount)}`,
    );
    return `${dimension}: ${named.join(', ')}`;
  });
  if (customers.length === 0) return lines;
  const more = customers.length > customersMax ? ` and ${customers.length - customersMax} more` : '';
  return [...lines, `customers: ${customers.slice(0, customersMax).join(', ')}${more}`];
}
