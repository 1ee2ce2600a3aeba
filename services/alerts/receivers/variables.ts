const reference = /\$\{(\w+)\}/g;

/** The names of the variables that a text takes by `${NAME}`. */
export function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(reference)].map(([, name = '']) => name);
}

/** A text with each `${NAME}` replaced. */
export function withVariables(text: string, valueOf: (name: string) => string): string {
  return text.replaceAll(reference, (_, name: string) => valueOf(name));
}
