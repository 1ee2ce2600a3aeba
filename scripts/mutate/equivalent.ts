import type { Mutant } from './mutants.ts';

/** A change that changes nothing that anybody could see. */
type Equivalent = {
  readonly file: string;
  /** The line's text, without the blanks around it. */
  readonly line: string;
  /** The line's text with the change. Every change of the line when not given. */
  readonly changed?: string;
  readonly why: string;
};

const subscription = 'packages/metrics/subscription/subscription.ts';
const customer = 'packages/metrics/subscription/customer.ts';
const money = 'packages/metrics/definition/money.ts';

/** Every change that is known to change nothing, with the reason. */
export const equivalents: readonly Equivalent[] = [
  {
    file: subscription,
    line: "if (known.status === 'ended') return known;",
    changed: "if (known.status === 'ended') return undefined as never;",
    why: 'A customer is the same after an event that leaves a subscription as it is and after one that gives none.',
  },
  {
    file: subscription,
    line: 'if (pending.length === 0) return pending;',
    changed: 'if ((pending.length === 0) && Boolean(0)) return pending;',
    why: 'It saves an empty copy.',
  },
  {
    file: subscription,
    line: 'const pending = subscription.pending.length === 1 ? nothing : subscription.pending.filter((p) => p !== due);',
    changed: 'const pending = subscription.pending.filter((p) => p !== due);',
    why: 'It saves an empty copy.',
  },
  { file: customer, line: 'inputs: 0,', why: 'Inputs are compared with each other alone.' },
  {
    file: customer,
    line: 'const inputs = customer.inputs + 1;',
    changed: 'const inputs = customer.inputs + 2;',
    why: 'Inputs are compared with each other alone.',
  },
  {
    file: money,
    line: 'if (remainder === 0n) return quotient;',
    changed: 'if ((remainder === 0n) && Boolean(0)) return quotient;',
    why: 'Without a remainder nothing is rounded further on.',
  },
  {
    file: money,
    line: 'const twice = remainder < 0n ? -2n * remainder : 2n * remainder;',
    changed: 'const twice = remainder <= 0n ? -2n * remainder : 2n * remainder;',
    why: '0n is its own negative.',
  },
  {
    file: money,
    line: 'const twice = remainder < 0n ? -2n * remainder : 2n * remainder;',
    changed: 'const twice = remainder < 1n ? -2n * remainder : 2n * remainder;',
    why: '0n is its own negative.',
  },
  {
    file: 'packages/runtime/fingerprint.ts',
    line: 'known.set(definition, hash);',
    why: 'It saves computing the same number again.',
  },
  {
    file: 'packages/runtime/fold.ts',
    line: 'const instantsPerCheckpoint = 16;',
    why: 'Checkpoints save folding again; without them the facts are the same.',
  },
  {
    file: 'packages/runtime/fold.ts',
    line: 'if (++fold.instantsSinceCheckpoint >= instantsPerCheckpoint) {',
    why: 'Checkpoints save folding again; without them the facts are the same.',
  },
  {
    file: 'packages/metrics/definition/money.ts',
    line: "const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');",
    changed: "const digits = (micros <= 0n ? -micros : micros).toString().padStart(7, '0');",
    why: '0n is its own negative.',
  },
  {
    file: 'packages/metrics/definition/money.ts',
    line: "const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');",
    changed: "const digits = (micros < 1n ? -micros : micros).toString().padStart(7, '0');",
    why: '0n is its own negative.',
  },
];

/** Whether a mutant is known to change nothing. */
export function isEquivalent(mutant: Mutant, source: string): boolean {
  return equivalents.some((equivalent) => isOf(equivalent, mutant, source));
}

/** Whether an entry of the list is of this mutant. */
export function isOf({ file, line, changed }: Equivalent, mutant: Mutant, source: string): boolean {
  if (file !== mutant.file) return false;
  const { before, after } = lineWith(mutant, source);
  return before === line && (changed === undefined || changed === after);
}

/** The line that a mutant begins in, without the blanks around it, as it is and as it is with the mutant. */
export function lineWith(
  { start, end, replacement }: Mutant,
  source: string,
): { readonly before: string; readonly after: string } {
  const from = source.lastIndexOf('\n', start - 1) + 1;
  const to = source.indexOf('\n', end) === -1 ? source.length : source.indexOf('\n', end);
  const text = source.slice(from, to);
  const after = text.slice(0, start - from) + replacement + text.slice(end - from);
  return { before: text.trim(), after: after.trim() };
}
