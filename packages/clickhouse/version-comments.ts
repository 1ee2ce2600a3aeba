/** Views say in their comments by which versions of the definitions they are counted. */
import type { ClickHouseClient } from '@clickhouse/client';
import { definitionsBehind } from '@tidemark/metrics/behind';
import { rowsOf, runStatement } from './client.ts';
import type { Databases } from './databases.ts';
import { placeOf, quoted } from './serving.ts';

/** What a comment ends with: ` Version: cart-outcomes 2 quietMs=1800000.` */
const versionPart = / Version: .*$/s;

/**
 * The comment of a view with the versions of the definitions behind it.
 *
 * @param versions By the name of the definition; one that is not in it is left out.
 */
export function versionedComment(
  comment: string,
  view: string,
  versions: { readonly [definition: string]: string },
): string {
  const behind = definitionsBehind.get(view.replace(/_(as_of|restated)$/, '')) ?? [];
  const shown = behind.flatMap((name) => (versions[name] === undefined ? [] : [`${name} ${versions[name]}`]));
  const plain = comment.replace(versionPart, '');
  return shown.length === 0 ? plain : `${plain} Version: ${shown.join(', ')}.`;
}

/**
 * Writes the versions into the comments of a generation's views, where they say something else. Where there are several
 * generations, `writeShownViews` has still to show them.
 *
 * @param given Its databases.
 * @returns How many comments were written.
 * @throws Failure `clickhouse.unavailable`, `clickhouse.refused`.
 */
export async function writeVersions(
  client: ClickHouseClient,
  given: Databases,
  versions: { readonly [definition: string]: string },
): Promise<number> {
  const { views } = await placeOf(client, given);
  const found = await rowsOf<{ name: string; comment: string }>(
    client,
    "SELECT name, comment FROM system.tables WHERE database = {views:String} AND engine = 'View' ORDER BY name",
    { views },
  );
  const due = found.flatMap(({ name, comment }) => {
    const wanted = versionedComment(comment, name, versions);
    return wanted === comment ? [] : [{ name, wanted }];
  });
  for (const { name, wanted } of due) {
    await runStatement(client, `ALTER TABLE ${views}.${name} MODIFY COMMENT ${quoted(wanted)}`);
  }
  return due.length;
}
