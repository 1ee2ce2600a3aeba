import { readFileSync } from 'node:fs';

const folder = new URL('../../docs/contract/', import.meta.url);

const numbersOf = (file: string, pattern: RegExp): readonly number[] =>
  [...readFileSync(new URL(file, folder), 'utf8').matchAll(pattern)].map(([, number]) => Number(number));

/** The numbers of the contract's rules, in the order of docs/contract/rules.md. */
export const contractRules: readonly number[] = numbersOf('rules.md', /^### Rule (\d+)$/gm);

/** The rules that the product does not follow yet: the list in docs/contract/README.md. */
export const rulesNotBuilt: readonly number[] = numbersOf(
  'README.md',
  /^- \[Rule (\d+)\]\(rules\.md#rule-\1\): /gm,
);

/** The headings of docs/contract/metrics.md. */
export const metricHeadings: readonly string[] = [
  ...readFileSync(new URL('metrics.md', folder), 'utf8').matchAll(/^## (.+)$/gm),
].map(([, heading]) => heading!);

/** The anchor of a heading as GitHub makes it, e.g. `#the-rest`. */
function anchorOf(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')}`;
}

/** A link to a rule from a page of docs/metrics. */
export function ruleLink(rule: number): string {
  return `[rule ${rule}](../contract/rules.md#rule-${rule})`;
}

/** A text with its rules, and each "The metric contract, ‘…’", as links from a page of docs/metrics. */
export function withLinks(text: string): string {
  return text
    .replaceAll(/\brule (\d+)\b/g, (_, rule: string) => ruleLink(Number(rule)))
    .replaceAll(
      /\b([Tt]he metric contract), ‘([^’]+)’/g,
      (_, words: string, heading: string) =>
        `[${words}, ‘${heading}’](../contract/metrics.md${anchorOf(heading)})`,
    );
}
