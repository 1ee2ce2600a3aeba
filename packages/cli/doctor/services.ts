import type { Check } from './check.ts';

/** A service that is asked whether it is ready. */
export type SeenService = {
  readonly name: string;
  readonly url: string;
  readonly answer:
    | 'nothing'
    | {
        readonly isReady: boolean;
        readonly waitingFor: readonly string[];
        readonly warnings: readonly string[];
      };
};

/** What is seen of the services. */
export type ServicesSeen = { readonly services: readonly SeenService[] };

const isOfClocks = (warning: string): boolean => /\bclock\b/i.test(warning);

/** Checks of the services that run. */
export const servicesChecks: readonly Check<ServicesSeen>[] = [
  {
    id: 'services.silent',
    looksAt: 'whether services answer at their addresses',
    severity: 'warning',
    find: ({ services }) =>
      services
        .filter(({ answer }) => answer === 'nothing')
        .map(({ name, url }) => `Nothing answers at ${url}: the ${name} does not run, or elsewhere.`),
    fix: 'Start it, or set its HOST and PORT as it has them.',
    runbook: 'docs/runbooks/service-down.md',
  },
  {
    id: 'services.stalled',
    looksAt: 'whether services work',
    severity: 'fault',
    find: ({ services }) =>
      services.flatMap(({ name, answer }) =>
        answer === 'nothing' || answer.isReady
          ? []
          : [`The ${name} is not ready: ${answer.waitingFor.join(' ') || 'it does not say why.'}`],
      ),
    fix: 'Do what the sentence asks for; the log of the service has more.',
    runbook: 'docs/runbooks/processor-stalled.md',
  },
  {
    id: 'services.clocks',
    looksAt: 'the clocks of the servers, as services see them',
    severity: 'fault',
    find: ({ services }) =>
      services.flatMap(({ name, answer }) =>
        answer === 'nothing'
          ? []
          : answer.warnings.filter(isOfClocks).map((warning) => `${name}: ${warning}`),
      ),
    fix: 'Correct the clock that is wrong (chrony or systemd-timesyncd).',
    runbook: 'docs/runbooks/clocks-differ.md',
  },
  {
    id: 'services.warnings',
    looksAt: 'what services warn of',
    severity: 'warning',
    find: ({ services }) =>
      services.flatMap(({ name, answer }) =>
        answer === 'nothing'
          ? []
          : answer.warnings.filter((warning) => !isOfClocks(warning)).map((warning) => `${name}: ${warning}`),
      ),
    fix: 'Do what the sentence asks for.',
  },
];
