import { receiverKinds } from '../../services/alerts/receivers/index.ts';
import { cell, table } from './markdown.ts';

/** The reference of receivers, as Markdown. */
export function receiversPage(): string {
  const sections = receiverKinds.flatMap(({ kind, summary, required, fields }) => [
    `## ${kind}`,
    summary,
    table(
      ['field', 'required', 'what it is'],
      Object.entries(fields).map(([field, { description }]) => [
        `\`${field}\``,
        required.includes(field) ? 'yes' : 'no',
        cell(description),
      ]),
    ),
  ]);
  return `${[
    '# Receivers of alerts',
    'Where notifications go: the `receivers` of the [rules file](alerts.md#rules). Every receiver has a `name` and a `kind`; `severities` limits it to `page` or `ticket`. `${NAME}` in a field is replaced from the environment. Made by `npm run docs` from `services/alerts/receivers/`; not to be edited by hand.',
    ...sections,
  ].join('\n\n')}\n`;
}
