/** The two databases of a generation: its tables, and the views that BI users read. */
export type Databases = { readonly store: string; readonly views: string };

/** Those that the SQL of the metrics is written with. */
export const plainDatabases: Databases = { store: 'tidemark_store', views: 'tidemark' };

/** A statement of the metrics as it is in other databases. */
export function inDatabases(statement: string, { store, views }: Databases): string {
  return statement.replaceAll(/\btidemark_store(?=\.)/g, store).replaceAll(/\btidemark(?=\.[a-z_])/g, views);
}
