import { instantText } from '@tidemark/clickhouse/instants';
import { type Migration, migrations } from '@tidemark/metrics';

/** The project's migrations with an instant (whole seconds, epoch ms) in place of every `now` of the views. */
export function pinnedMigrations(now: number): readonly Migration[] {
  return migrations.map((migration) => ({
    ...migration,
    views: migration.views.map((view) => ({ ...view, text: pinned(view.name, view.text, now) })),
  }));
}

function pinned(name: string, text: string, now: number): string {
  const pinnedText = text
    .replaceAll(/\bnow\(\)/g, `toDateTime(${now / 1000}, 'UTC')`)
    .replaceAll(/\bnow64\(3(, '[^']+')?\)/g, `toDateTime64('${instantText(now)}', 3, 'UTC')`);
  const left = /\b(now|now64|today)\s*\([^)]*\)/.exec(pinnedText);
  if (left) throw new Error(`view ${name} has ${left[0]}, which is not pinned here: add its form`);
  return pinnedText;
}
