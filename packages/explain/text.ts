import type { Answer, PartsAnswer } from './answer.ts';
import type { Changes, Group } from './changes.ts';
import type { Difference } from './difference.ts';
import type { TextRow } from './reader.ts';

const shown = (value: string | null): string => value ?? '–';

/** An answer as a person reads it. */
export function answerText(answer: Answer): string {
  const { view, column, key, value, unit, meaning, formula, operands, parts, known_at: knownAt } = answer;
  return [
    `${view}.${column} ${keyText(key)} = ${shown(value)} (${unit})${knownAt === null ? '' : `, as known at ${knownAt}`}`,
    meaning,
    ...(answer.is_equal ? [] : [`The parts come to ${shown(answer.explained)}, which is not the figure.`]),
    ...(formula === null ? [] : ['', `= ${formula}`]),
    ...operands.map(
      ({ name, value: of, figure }) =>
        `  ${name} = ${shown(of)}  ${figure === null ? `--operand ${name}` : `${figure.view}.${figure.column} ${keyText(figure.key)}`}`,
    ),
    ...(parts === null ? [] : ['', ...partsText(parts)]),
  ].join('\n');
}

function partsText({ count, each, kind, total, rows, figures, has_facts, events }: PartsAnswer): string[] {
  const what =
    figures === null ? `${each}${kind === null ? '' : ` of ${kind}`}` : `${figures.view}.${figures.column}`;
  const most = rows.length < count ? `; the ${rows.length} largest` : '';
  return [
    `${count} ${count === 1 ? 'part' : 'parts'}, by ${what}; together ${total}${most}`,
    ...table(rows),
    ...(has_facts ? ['', 'The facts of one: --part name=value, once for each of its names.'] : []),
    ...(events === null
      ? []
      : [
          '',
          `Its events: npx tidemark explain events --family ${events.family} --entity <${events.column}>`,
        ]),
  ];
}

/** A difference as a person reads it. */
export function differenceText(found: Difference): string {
  const { view, column, before, after, formula, operands, changes, causes } = found;
  return [
    `${view}.${column}: ${shown(before.value)} ${keyText(before.key)} -> ${shown(after.value)} ${keyText(after.key)}, a difference of ${shown(found.difference)}`,
    ...(formula === null ? [] : ['', `= ${formula}`]),
    ...operands.map(
      ({ name, before: was, after: is, has_parts: hasParts }) =>
        `  ${name}: ${shown(was)} -> ${shown(is)}${hasParts ? `  --operand ${name}` : ''}`,
    ),
    ...(causes === null
      ? []
      : ['', 'by cause', ...table(Object.entries(causes).map(([cause, change]) => ({ cause, change })))]),
    ...(changes === null ? [] : changesText(changes)),
  ].join('\n');
}

function changesText({ change, count, groups, parts }: Changes): string[] {
  const rowOf =
    (by: string) =>
    ({ name, change: changed, came, went, changed: others }: Group): TextRow => ({
      [by]: name ?? 'others',
      change: changed,
      came: `${came}`,
      went: `${went}`,
      changed: `${others}`,
    });
  return [
    '',
    `${count} ${count === 1 ? 'part' : 'parts'} came, went or changed: ${change}`,
    ...Object.entries(groups).flatMap(([by, some]) => ['', `by ${by}`, ...table(some.map(rowOf(by)))]),
    ...(parts.length === 0 ? [] : ['', 'parts', ...table(parts)]),
  ];
}

function keyText(key: { readonly [column: string]: string | null }): string {
  return Object.entries(key)
    .map(([column, value]) => `${column}=${shown(value)}`)
    .join(' ');
}

/** Rows under their columns; columns that say nothing are left out. */
function table(rows: readonly TextRow[]): string[] {
  const columns = Object.keys(rows[0] ?? {}).filter((column) =>
    rows.some((row) => (row[column] ?? '') !== ''),
  );
  const lines = [columns, ...rows.map((row) => columns.map((column) => shown(row[column] ?? null)))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  return lines.map((line) =>
    `  ${line.map((text, index) => text.padEnd(widths[index]!)).join('  ')}`.trimEnd(),
  );
}
