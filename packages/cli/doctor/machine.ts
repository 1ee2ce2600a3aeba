import { type Check, isOlder, when } from './check.ts';

/** Who answers at a port. */
export type PortHolder = 'nobody' | 'tidemark' | 'another';

/** What is seen of this machine. Sizes are in bytes. */
export type MachineSeen = {
  readonly node: string;
  /** Whether Kafka and ClickHouse are to run on this machine, as `tidemark start` has them. */
  readonly isLocal: boolean;
  /** Feature release; `undefined` when there is none, `null` when its version is not known. */
  readonly java: number | undefined | null;
  readonly memory: { readonly total: number; readonly available: number };
  /** Of each folder with data; `undefined` sizes where it cannot be asked. */
  readonly disks: readonly { readonly path: string; readonly total: number; readonly free: number }[];
  /** Files and folders with secrets or data, with their permission bits. */
  readonly files: readonly { readonly path: string; readonly mode: number }[];
  /** Folders that a service has to write. */
  readonly unwritable: readonly string[];
  readonly ports: readonly {
    readonly variable: string;
    readonly port: number;
    readonly holder: PortHolder;
  }[];
  /** Files that a process may have open; `undefined` where it is not known. */
  readonly openFiles: number | undefined;
};

const gigabyte = 1024 ** 3;
const memoryFreeMin = 0.5 * gigabyte;
const localMemoryMin = 3 * gigabyte;
const diskFreeMin = 2 * gigabyte;
const diskShareMin = 0.05;
const javaMin = 17;
const openFilesMin = 4_096;
const sizeOf = (bytes: number): string => `${(bytes / gigabyte).toFixed(1)} GB`;

/** Checks of the machine that the doctor runs on. */
export const machineChecks: readonly Check<MachineSeen>[] = [
  {
    id: 'machine.node',
    looksAt: 'the version of Node',
    severity: 'fault',
    find: ({ node }) =>
      when(isOlder(node, [24, 12]), `Node is ${node}, and 24.12 is the oldest that runs the code.`),
    fix: 'Run `npm ci` and use `npx tidemark`, or install Node 24.',
  },
  {
    id: 'machine.java-missing',
    looksAt: 'whether there is a Java for the embedded Kafka',
    severity: 'fault',
    find: ({ isLocal, java }) =>
      when(isLocal && java === undefined, 'There is no Java, and the embedded Kafka needs it.'),
    fix: 'Install openjdk-17-jre-headless or another Java from 17 on, or set KAFKA_BROKERS to a Kafka that runs.',
  },
  {
    id: 'machine.java-old',
    looksAt: 'the version of that Java',
    severity: 'fault',
    find: ({ isLocal, java }) =>
      when(
        isLocal && typeof java === 'number' && java < javaMin,
        `Java is ${java}, and the embedded Kafka needs ${javaMin}.`,
      ),
    fix: 'Install a Java from 17 on, or set JAVA_HOME to one.',
  },
  {
    id: 'machine.memory-small',
    looksAt: 'the memory of the machine, for all parts on it',
    severity: 'warning',
    find: ({ isLocal, memory }) =>
      when(
        isLocal && memory.total < localMemoryMin,
        `The machine has ${sizeOf(memory.total)} of memory for Kafka, ClickHouse and all services.`,
      ),
    fix: 'Give it 4 GB or more, or run Kafka and ClickHouse elsewhere.',
  },
  {
    id: 'machine.memory-used-up',
    looksAt: 'the memory that is free',
    severity: 'warning',
    find: ({ memory }) =>
      when(memory.available < memoryFreeMin, `Only ${sizeOf(memory.available)} of memory is free.`),
    fix: 'Stop what is not needed, or give the machine more memory.',
    runbook: 'docs/runbooks/memory-high.md',
  },
  {
    id: 'machine.disk',
    looksAt: 'the room on the disks with data',
    severity: 'fault',
    find: ({ disks }) =>
      disks
        .filter(({ free, total }) => free < diskFreeMin || free < total * diskShareMin)
        .map(({ path, free, total }) => `The disk of ${path} has ${sizeOf(free)} of ${sizeOf(total)} left.`),
    fix: 'Make room or a larger disk: a processor whose disk is full stops, and goes on once there is room.',
    runbook: 'docs/operate/bad-days.md',
  },
  {
    id: 'machine.file-modes',
    looksAt: 'who may read files with secrets and data',
    severity: 'fault',
    find: ({ files }) =>
      files
        .filter(({ mode }) => (mode & 0o077) !== 0)
        .map(
          ({ path, mode }) =>
            `${path} is open to other users of the machine (mode ${(mode & 0o777).toString(8)}).`,
        ),
    fix: 'Take the rights away: `chmod go= FILE`. If others have read it, change the secret.',
  },
  {
    id: 'machine.unwritable',
    looksAt: 'whether services can write their folders',
    severity: 'fault',
    find: ({ unwritable }) => unwritable.map((path) => `${path} cannot be written by this user.`),
    fix: 'Give the folder to the user of the service: `chown USER FOLDER`.',
  },
  {
    id: 'machine.port-taken',
    looksAt: 'the ports that services listen on',
    severity: 'fault',
    find: ({ ports }) =>
      ports
        .filter(({ holder }) => holder === 'another')
        .map(
          ({ variable, port }) =>
            `Port ${port} (${variable}) is taken by something that is no part of tidemark.`,
        ),
    fix: 'Stop what listens there, or set the variable to a free port.',
  },
  {
    id: 'machine.open-files',
    looksAt: 'how many files a process may have open',
    severity: 'warning',
    find: ({ openFiles }) =>
      when(
        openFiles !== undefined && openFiles < openFilesMin,
        `A process may have ${openFiles} files open.`,
      ),
    fix: 'Raise the limit to 4096 or more: `ulimit -n`, or LimitNOFILE of the unit.',
  },
];
