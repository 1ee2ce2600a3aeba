import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandError, exitCodes } from './work.ts';

/**
 * The path of a file of the checkout.
 *
 * @throws CommandError when there is none: the command line was installed as a package.
 */
export function inCheckout(file: URL): string {
  const path = fileURLToPath(file);
  if (existsSync(path)) return path;
  throw new CommandError(
    exitCodes.usage,
    `This needs a checkout of tidemark, with "npx tidemark" in it: there is no ${path}.`,
  );
}
