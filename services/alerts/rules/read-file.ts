import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Failure } from '@tidemark/service/failures';
import { knownSeries } from './known-series.ts';
import { parseRules } from './parse.ts';
import type { RulesFile } from './rule.ts';

/** The rules that come with tidemark. */
export const shippedRules = fileURLToPath(new URL('../rules.yaml', import.meta.url));

/**
 * The rules of a file.
 *
 * @throws Failure `settings.invalid` that names every mistake with its line.
 */
export function readRules(path: string, variables: Readonly<Record<string, string | undefined>>): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('settings.invalid', `the rules ${path} cannot be read`, { cause });
  }
  const parsed = parseRules(text, knownSeries, variables);
  if (!('errors' in parsed)) return parsed;
  const lines = parsed.errors.map(({ line, message }) => `  ${path}:${line}  ${message}`);
  throw new Failure('settings.invalid', `the rules have mistakes:\n${lines.join('\n')}\n`);
}
