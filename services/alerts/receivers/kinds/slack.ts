import { httpReceiverKind, type Outgoing } from '../receiver.ts';

/** Slack refuses a longer section. */
const sectionMax = 3_000;
/** Slack refuses a message of more than 50 blocks. */
const alertsMax = 20;

/** A channel of Slack. */
export const receiver = httpReceiverKind<{ readonly url: string }>({
  kind: 'slack',
  summary: 'A channel of Slack, by an incoming webhook.',
  required: ['url'],
  fields: { url: { type: 'string', description: 'URL of the incoming webhook.' } },
  parse: (fields) => ({ url: fields.url('url') }),
  format: ({ url }, outgoing) => ({ url, headers: {}, body: bodyOf(outgoing) }),
});

function bodyOf({ message }: Outgoing): string {
  const blocks = message.alerts
    .slice(0, alertsMax)
    .flatMap(({ title, summary, since, contributors, dashboard, runbook }) => {
      const text = [title, summary, `since ${since}`, ...contributors].join('\n');
      return [
        // Plain text: nothing that publishers have written is read as markup.
        { type: 'section', text: { type: 'plain_text', text: text.slice(0, sectionMax), emoji: false } },
        {
          type: 'context',
          elements: [{ type: 'mrkdwn', text: `<${dashboard}|dashboard> · <${runbook}|runbook>` }],
        },
      ];
    });
  return JSON.stringify({ text: escaped(message.subject), blocks });
}

/** Slack reads these three characters as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
