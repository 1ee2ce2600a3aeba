import { type Check, isOlder, when } from './check.ts';

/** What is seen before ClickHouse lets anybody in. */
export type ClickHouseAccess = {
  readonly url: string;
  readonly user: string;
  readonly refused: { readonly reason: 'away' | 'login' | 'other'; readonly message: string } | undefined;
};

/** What is seen of a ClickHouse that answers. Sizes in bytes, times in milliseconds. */
export type ClickHouseSeen = {
  readonly version: string;
  /** Tables and views that this version needs and that are not there. */
  readonly missing: { readonly tables: readonly string[]; readonly views: readonly string[] };
  /** Migrations that are recorded and that this version does not know. */
  readonly unknownMigrations: readonly string[];
  /** Migrations whose tables were made from another text. */
  readonly editedMigrations: readonly string[];
  /** Migrations whose views have another text or other settings. */
  readonly outdatedViews: readonly string[];
  /** What the checks of the sink say: whether one server answers, deduplication, and columns of facts. */
  readonly severalServers: readonly string[];
  readonly deduplication: readonly string[];
  readonly factTables: readonly string[];
  /** By how much its clock is ahead of this machine's. */
  readonly aheadMs: number;
  readonly disks: readonly { readonly name: string; readonly free: number; readonly total: number }[];
  /** Rights that the services need and do not have. */
  readonly lackingRights: readonly string[];
  /** `undefined` when the BI user could not log in. */
  readonly reader:
    | { readonly user: string; readonly lacking: readonly string[]; readonly excessive: readonly string[] }
    | { readonly user: string; readonly refused: string };
  /** The most parts of a partition of a table. */
  readonly parts: { readonly table: string; readonly count: number };
  readonly failedMutations: readonly string[];
  readonly knowsTimeZone: boolean;
  readonly timeZone: string;
  /** The generation that its views show, and the one that Kafka says; `undefined` when Kafka is away. */
  readonly generation: { readonly shown: number; readonly serving: number | undefined };
};

const clockDifferenceMaxMs = 10_000;
const freeShareMin = 0.1;
const partsMax = 1_000;
const testedVersion = [26, 7] as const;

/** Checks of whether ClickHouse can be used at all. */
export const clickHouseAccessChecks: readonly Check<ClickHouseAccess>[] = [
  {
    id: 'clickhouse.unreachable',
    looksAt: 'whether ClickHouse answers',
    severity: 'fault',
    find: ({ url, refused }) =>
      when(refused?.reason === 'away', `ClickHouse at ${url} does not answer: ${refused?.message}.`),
    fix: 'Start ClickHouse (`npx tidemark start` has one), or correct CLICKHOUSE_URL.',
    runbook: 'docs/runbooks/sink-blocked.md',
  },
  {
    id: 'clickhouse.refused',
    looksAt: 'whether ClickHouse answers what the doctor asks',
    severity: 'fault',
    find: ({ refused }) =>
      when(refused?.reason === 'other', `ClickHouse refuses to answer: ${refused?.message}.`),
    fix: 'Look at the sentence: it is an error of ClickHouse.',
  },
  {
    id: 'clickhouse.login',
    looksAt: 'whether ClickHouse takes the password of the services',
    severity: 'fault',
    find: ({ user, refused }) =>
      when(refused?.reason === 'login', `ClickHouse refuses the login of ${user}.`),
    fix: 'Correct CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.',
  },
];

const migrateFix = 'Run `npx tidemark migrate`, or start a sink, which does it at its start.';

/** Checks of ClickHouse's tables and views, server and users. */
export const clickHouseChecks: readonly Check<ClickHouseSeen>[] = [
  {
    id: 'clickhouse.version',
    looksAt: 'the version of ClickHouse',
    severity: 'warning',
    find: ({ version }) =>
      when(
        isOlder(version, testedVersion),
        `ClickHouse is ${version}, and the views are tested with ${testedVersion.join('.')}.`,
      ),
    fix: 'Upgrade ClickHouse.',
  },
  {
    id: 'clickhouse.tables-missing',
    looksAt: 'whether all tables are there',
    severity: 'fault',
    find: ({ missing }) => missing.tables.map((name) => `Table ${name} is missing.`),
    fix: `${migrateFix} If there were facts in it, restore it from a backup first.`,
    runbook: 'docs/runbooks/sink-positions.md',
  },
  {
    id: 'clickhouse.views-missing',
    looksAt: 'whether all views are there',
    severity: 'fault',
    find: ({ missing }) => missing.views.map((name) => `View ${name} is missing.`),
    fix: migrateFix,
  },
  {
    id: 'clickhouse.views-outdated',
    looksAt: 'whether the views are those of this version and these settings',
    severity: 'warning',
    find: ({ outdatedViews }) =>
      outdatedViews.map(
        (name) => `${name} were written by another version, or with other settings of reports.`,
      ),
    fix: migrateFix,
  },
  {
    id: 'clickhouse.migrations-unknown',
    looksAt: 'migrations of another version',
    severity: 'fault',
    find: ({ unknownMigrations }) =>
      unknownMigrations.map((name) => `Migration ${name} is applied, and this version does not know it.`),
    fix: 'A newer version made the tables: run that one here too.',
  },
  {
    id: 'clickhouse.migrations-edited',
    looksAt: 'whether tables were made from today’s text',
    severity: 'fault',
    find: ({ editedMigrations }) =>
      editedMigrations.map((name) => `Migration ${name} was applied from another text.`),
    fix: 'Restore the text of the table; what is to be other gets a name of its own.',
  },
  {
    id: 'clickhouse.servers',
    looksAt: 'whether the address leads to one server',
    severity: 'fault',
    find: ({ severalServers }) => severalServers,
    fix: 'Give the address of one server in CLICKHOUSE_URL, not that of a load balancer.',
  },
  {
    id: 'clickhouse.deduplication',
    looksAt: 'whether a repeated insert counts once',
    severity: 'fault',
    find: ({ deduplication }) => deduplication,
    fix: 'Run `ALTER TABLE … MODIFY SETTING non_replicated_deduplication_window = 10000` on each.',
  },
  {
    id: 'clickhouse.columns',
    looksAt: 'whether tables have the columns of their facts',
    severity: 'fault',
    find: ({ factTables }) => factTables,
    fix: 'Undo the change of the table by hand; the sink writes nothing before.',
    runbook: 'docs/runbooks/sink-blocked.md',
  },
  {
    id: 'clickhouse.clock',
    looksAt: 'the clock of ClickHouse beside this machine’s',
    severity: 'fault',
    find: ({ aheadMs }) =>
      when(
        Math.abs(aheadMs) >= clockDifferenceMaxMs,
        `The clock of ClickHouse is ${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s.`,
      ),
    fix: 'Correct the clock that is wrong (chrony or systemd-timesyncd).',
    runbook: 'docs/runbooks/clocks-differ.md',
  },
  {
    id: 'clickhouse.disk',
    looksAt: 'the room on the disks of ClickHouse',
    severity: 'fault',
    find: ({ disks }) =>
      disks
        .filter(({ free, total }) => free < total * freeShareMin)
        .map(
          ({ name, free, total }) =>
            `Disk ${name} of ClickHouse has ${Math.floor((100 * free) / total)} % left.`,
        ),
    fix: 'Make room: ClickHouse refuses inserts when it is full, and merges need room before.',
    runbook: 'docs/runbooks/sink-blocked.md',
  },
  {
    id: 'clickhouse.rights',
    looksAt: 'the rights of the services’ user',
    severity: 'fault',
    find: ({ lackingRights }) => lackingRights.map((right) => `The user of the services lacks ${right}.`),
    fix: 'Give it the rights of infra/clickhouse/config/users.xml.',
  },
  {
    id: 'clickhouse.reader-login',
    looksAt: 'whether the BI user can log in',
    severity: 'warning',
    find: ({ reader }) => ('refused' in reader ? [`${reader.user} cannot log in: ${reader.refused}.`] : []),
    fix: 'Correct LIVE_CLICKHOUSE_USER and LIVE_CLICKHOUSE_PASSWORD.',
  },
  {
    id: 'clickhouse.reader-lacks',
    looksAt: 'whether the BI user can read the views',
    severity: 'fault',
    find: ({ reader }) =>
      'lacking' in reader ? reader.lacking.map((right) => `${reader.user} lacks ${right}.`) : [],
    fix: 'Give it the rights of infra/clickhouse/config/users.xml.',
  },
  {
    id: 'clickhouse.reader-excess',
    looksAt: 'whether the BI user can do more than read the views',
    severity: 'fault',
    find: ({ reader }) =>
      'excessive' in reader ? reader.excessive.map((right) => `${reader.user} has ${right}.`) : [],
    fix: 'Take the right away: docs/decisions/bi-user.md says what the user is for.',
  },
  {
    id: 'clickhouse.parts',
    looksAt: 'parts that wait to be merged',
    severity: 'warning',
    find: ({ parts }) =>
      when(
        parts.count > partsMax,
        `${parts.table} has ${parts.count} parts in a partition: inserts are about to be refused.`,
      ),
    fix: 'Look whether merges run (system.merges), and raise SINK_BLOCK_INTERVAL.',
    runbook: 'docs/runbooks/sink-blocked.md',
  },
  {
    id: 'clickhouse.mutations',
    looksAt: 'mutations that fail',
    severity: 'warning',
    find: ({ failedMutations }) => failedMutations,
    fix: 'Correct what they ask for, or end them with KILL MUTATION.',
  },
  {
    id: 'clickhouse.time-zone',
    looksAt: 'the time zone of the reports',
    severity: 'fault',
    find: ({ knowsTimeZone, timeZone }) =>
      when(!knowsTimeZone, `ClickHouse does not know the time zone ${timeZone}.`),
    fix: 'Set REPORTING_TIMEZONE to one of system.time_zones, such as Europe/Berlin.',
  },
  {
    id: 'generation.differs',
    looksAt: 'whether views and live figures are of one generation',
    severity: 'fault',
    find: ({ generation: { shown, serving } }) =>
      when(
        serving !== undefined && shown !== serving,
        `The views show generation ${shown}, and live figures and alerts are of generation ${serving}.`,
      ),
    fix: 'Run `npx tidemark recount promote` or `rollback` again: it was cut off.',
    runbook: 'docs/runbooks/recount.md',
  },
];
