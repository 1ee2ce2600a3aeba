import { define } from '../definition/definition.ts';
import type { MetricFamily } from '../family.ts';
import { contacts } from './contacts.ts';
import { contactPages } from './pages.ts';
import { contactTables } from './tables.ts';
import { contactViews } from './views.ts';
import { contactExplained } from './explained.ts';

export { contacts } from './contacts.ts';

/** Support contacts: volume, backlog, how long cases took. */
export const contact: MetricFamily = {
  name: 'contact',
  title: 'Support contacts',
  definitions: (settings) => [define(contacts(settings))],
  tables: contactTables,
  views: contactViews,
  explained: contactExplained,
  pages: contactPages,
};
