import { httpReceiverKind, type Outgoing } from './receiver.ts';

/** Slack refuses a longer section. */
const sectionMax = 3_000;
/** Slack refuses a message of many more blocks. */
const blocksMax = 20;

/** A channel of Slack. */
export const slack = httpReceiverKind<{ readonly url: string }>({
  kind: 'slack',
  summary: 'A channel of Slack, by an incoming webhook.',
  required: ['url'],
  fields: { url: { type: 'string', description: 'URL of the incoming webhook.' } },
  parse: (fields) => ({ url: fields.url('url') }),
  format: ({ url }, outgoing) => ({ url, headers: {}, body: bodyOf(outgoing) }),
});

function bodyOf({ message }: Outgoing): string {
  const blocks = message.alerts
    .slice(0, blocksMax)
    .map(({ title, summary, since, contributors, dashboard, runbook }) => {
      const text = [
        `*${escaped(title)}*`,
        escaped(summary),
        `since ${since}`,
        ...contributors.map(escaped),
        `<${dashboard}|dashboard> · <${runbook}|runbook>`,
      ].join('\n');
      return { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, sectionMax) } };
    });
  return JSON.stringify({ text: escaped(message.subject), blocks });
}

/** Slack reads these three characters as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
