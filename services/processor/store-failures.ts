import { StateError } from '@tidemark/runtime/state-error';
import { Failure } from '@tidemark/service/failures';

/** What LevelDB reports when what it reads is not what it wrote. */
const damage = new Set(['LEVEL_CORRUPTION', 'LEVEL_NOT_FOUND']);

/** The code of what lies beneath an error of the store; `undefined` when there is none. */
export function causeCodeOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether LevelDB says that its files are damaged: one that another names and that is not there is damage too. */
export function isDamage(error: unknown): boolean {
  const code = causeCodeOf(error);
  if (code === 'LEVEL_IO_ERROR') return messageOf(error).includes('No such file or directory');
  return code !== undefined && damage.has(code);
}

/**
 * An error of the store as it is to be handled: damage is a Failure `state.corrupt`, a disk that is full or fails `state.disk`, so
 * that no record is blamed for it; all else stays what it is.
 */
export function storeError(error: unknown, directory: string): unknown {
  if (isDamage(error))
    return new Failure('state.corrupt', `the store in ${directory} cannot be read`, { cause: error });
  if (causeCodeOf(error) === 'LEVEL_IO_ERROR')
    return new Failure('state.disk', messageOf(error), { cause: error });
  return error;
}

/** What LevelDB says, with the file and the reason of the system. */
function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What a task found wrong with its state, as the failure that says what to do about it; all else stays what it is. */
export function stateFailure(error: unknown): unknown {
  if (!(error instanceof StateError)) return error;
  const code = error.fault === 'damaged' ? 'state.corrupt' : 'state.definitions';
  return new Failure(code, error.message, { cause: error });
}
