import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { Failure } from '@tidemark/service/failures';
import { variablesIn } from '../receivers/variables.ts';
import { knownSeries } from './known-series.ts';
import { parseRules } from './parse.ts';
import type { RulesFile } from './rule.ts';

/** The rules file that is shipped with tidemark. */
export const shippedRules = fileURLToPath(new URL('../rules.yaml', import.meta.url));

/**
 * Reads and parses a rules file.
 *
 * @throws Failure `settings.invalid` with every mistake and its line.
 */
export function readRules(path: string, variables: Readonly<Record<string, string | undefined>>): RulesFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('settings.invalid', `the rules file ${path} cannot be read`, { cause });
  }
  const parsed = parseRules(text, knownSeries, variables);
  if (!('errors' in parsed)) return parsed;
  const lines = parsed.errors.map(({ line, message }) => `  ${path}:${line}  ${message}`);
  throw new Failure('settings.invalid', `the rules file has mistakes:\n${lines.join('\n')}\n`);
}

/** The names of the variables that the receivers of a rules file take; none where it cannot be read or parsed. */
export function receiverVariables(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) return [];
  const file: unknown = document.toJS();
  const isFile = typeof file === 'object' && file !== null && 'receivers' in file;
  return isFile ? variablesIn(JSON.stringify(file.receivers)) : [];
}
