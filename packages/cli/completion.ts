import { Argument, Command } from 'commander';
import { withHelp } from '@tidemark/command/help';
import { print } from '@tidemark/command/output';
import { withSubcommands } from '@tidemark/command/run';
import { working } from '@tidemark/command/work';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** A word that may come next, and what it is for. */
type Word = { readonly word: string; readonly purpose: string };
/** What may follow a command, which is named by its words: `tidemark tail events`. */
type Place = { readonly path: string; readonly words: readonly Word[] };

/** Every command with what may follow it. */
function placesOf(program: Command): Place[] {
  return withSubcommands(program).map((command) => {
    const subcommands = command.commands.map((one) => ({ word: one.name(), purpose: one.description() }));
    const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
      argChoices.map((word) => ({ word, purpose: description })),
    );
    const options = command.createHelp().visibleOptions(command);
    return {
      path: pathOf(command),
      words: [
        ...subcommands,
        ...choices,
        ...options.flatMap(({ long, description }) =>
          typeof long === 'string' ? [{ word: long, purpose: description }] : [],
        ),
      ],
    };
  });
}

/** The words that a command is called with. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(places: readonly Place[]): string {
  const known = places.map(({ path }) => quoted(path)).join('|');
  const cases = places.map(
    ({ path, words }) => `    ${quoted(path)}) words=${quoted(words.map(({ word }) => word).join(' '))} ;;`,
  );
  return `_tidemark() {
  local path=tidemark words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in ${known}) path="$path \${COMP_WORDS[i]}" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tidemark tidemark`;
}

function zsh(places: readonly Place[]): string {
  const known = places.map(({ path }) => quoted(path)).join('|');
  const cases = places.map(({ path, words }) => {
    const described = words.map(({ word, purpose }) => quoted(`${word}:${purpose.replaceAll(':', '\\:')}`));
    return `    ${quoted(path)}) words_here=(${described.join(' ')}) ;;`;
  });
  return `#compdef tidemark
_tidemark() {
  local path_here=tidemark word
  local -a words_here
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_here $word" in ${known}) path_here="$path_here $word" ;; esac
  done
  case "$path_here" in
${cases.join('\n')}
  esac
  _describe -o command words_here || _files
}
compdef _tidemark tidemark`;
}

function fish(places: readonly Place[]): string {
  const known = places.map(({ path }) => quoted(path)).join(' ');
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, purpose }) => {
      const condition = `-n ${quoted(`__tidemark_at ${quoted(path)}`)}`;
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c tidemark ${condition} ${what} -d ${quoted(purpose)}`;
    }),
  );
  return `function __tidemark_at
  set -l here tidemark
  for word in (commandline -opc)[2..-1]
    if contains -- "$here $word" ${known}
      set here "$here $word"
    end
  end
  test "$here" = "$argv[1]"
end
${lines.join('\n')}`;
}

const makers: { readonly [S in Shell]: (places: readonly Place[]) => string } = { bash, zsh, fish };

/** The completion of a shell, as a script for it. */
export function completionOf(shell: Shell, program: Command): string {
  return makers[shell](placesOf(program));
}

/**
 * The command `completion`.
 *
 * @param load Gives the program with all its commands.
 */
export function completionCommand(load: () => Promise<Command>): Command {
  return withHelp(
    new Command('completion').description('print the completion of a shell, made from the commands'),
    {
      examples: [
        ['eval "$(npx tidemark completion bash)"', 'in ~/.bashrc'],
        ['eval "$(npx tidemark completion zsh)"', 'in ~/.zshrc, after compinit'],
        ['npx tidemark completion fish | source', 'in ~/.config/fish/config.fish'],
      ],
      about: 'It completes the command tidemark: put node_modules/.bin of the checkout on the PATH.',
    },
  )
    .addArgument(new Argument('<shell>', 'for this shell').choices(shells))
    .action(working(async (shell: Shell) => print(completionOf(shell, await load()))));
}
