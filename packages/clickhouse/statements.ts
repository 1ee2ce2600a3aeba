import type { Migration } from '@tidemark/metrics';
import { type Databases, inDatabases, plainDatabases } from './databases.ts';
import type { ViewName } from './schema-checks.ts';
import { checksumOf, normalized } from './sql-text.ts';
import { fillIn, type ViewSettings } from './view-settings.ts';

/** What a migration applies once. */
export type Tables = {
  readonly migration: string;
  readonly checksum: string;
  readonly statements: readonly string[];
};
/** The views of a migration with the settings filled in. */
export type Views = Tables & { readonly names: readonly ViewName[] };

/** A migration in the databases where it is to be applied. */
export function placed(migration: Migration, databases: Databases): Migration {
  return {
    ...migration,
    once: migration.once.map((statement) => inDatabases(statement, databases)),
    views: migration.views.map((view) => ({
      ...view,
      database: view.database === plainDatabases.views ? databases.views : databases.store,
      text: inDatabases(view.text, databases),
    })),
  };
}

/** What migrations apply once. */
export function tablesOf(migrations: readonly Migration[]): Tables[] {
  return migrations
    .filter(({ once }) => once.length > 0)
    .map(({ name, once }) => {
      const statements = once.map(normalized);
      return { migration: name, checksum: checksumOf(statements), statements };
    });
}

/** The views of all migrations; a changed function changes every checksum, for views carry its text within them. */
export function viewsOf(migrations: readonly Migration[], settings: ViewSettings): Views[] {
  const functions = migrations.flatMap(({ views }) => views).filter(({ kind }) => kind === 'function');
  return migrations
    .filter(({ views }) => views.length > 0)
    .map(({ name, views }) => {
      const statements = views.map(({ text }) => normalized(fillIn(text, settings)));
      const checksum = checksumOf([...functions.map(({ text }) => normalized(text)), ...statements]);
      return { migration: name, checksum, statements, names: views.filter(({ kind }) => kind === 'view') };
    });
}
