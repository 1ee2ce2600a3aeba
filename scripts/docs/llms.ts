/** `llms.txt`: what an assistant should read of the tree, a line each (https://llmstxt.org). */
import type { MetricFamily } from '@tidemark/metrics/family';
import { firstSentence } from './markdown.ts';

const link = (title: string, path: string, says: string): string => `- [${title}](${path}): ${says}`;

/** The text of `llms.txt`. */
export function llmsText(families: readonly MetricFamily[]): string {
  const metrics = families.flatMap(({ pages }) =>
    pages.map(({ title, name, meaning }) => link(title, `docs/metrics/${name}.md`, firstSentence(meaning))),
  );
  return `${[
    '# Tidemark',
    '> An event-streaming pipeline for customer metrics: backend systems publish what customers do, MRR, churn and some thirty more metrics are kept exactly once in Kafka and ClickHouse, and people are alerted when churn spikes.',
    'Numbers do not depend on the order, delay or repetition of events. Ask a running system by MCP at `POST /mcp` of the live service rather than computing a metric again: its answers carry definition, unit, currency and the instant up to which all is counted.',
    [
      '## Publish events',
      '',
      link('Events', 'docs/contract/events.md', 'ways in, the fields of all events, money and time'),
      link('Families', 'docs/contract/families.md', 'every type of event with its fields'),
      link('JSON Schemas', 'schemas/json', 'one file for each type of event'),
      link('Topics', 'docs/contract/asyncapi.json', 'AsyncAPI 3.1: topics, framing, Avro schemas'),
    ].join('\n'),
    [
      '## Read numbers',
      '',
      link('Assistants', 'docs/read/mcp.md', 'the tools of the MCP server'),
      link('Views', 'docs/contract/metrics.md', 'the views of ClickHouse with their columns'),
      link('Rules', 'docs/contract/rules.md', 'how each case is counted, by number'),
      link('dbt', 'docs/read/dbt.md', 'sources, tests and exposures of every view'),
      link('Restatements', 'docs/decisions/restatements.md', 'what changed in a number, and why'),
    ].join('\n'),
    ['## Metrics', '', ...metrics].join('\n'),
    [
      '## Operate and change',
      '',
      link('Commands', 'docs/operate/cli.md', 'every command of `npx tidemark`'),
      link('Settings', 'docs/settings.md', 'every setting of every service'),
      link('Runbooks', 'docs/runbooks/README.md', 'one page for each alert'),
      link('Architecture', 'docs/architecture.md', 'services, topics, retention'),
      link('Contributing', 'CONTRIBUTING.md', 'setup, tests, how to add a metric'),
    ].join('\n'),
  ].join('\n\n')}\n`;
}
