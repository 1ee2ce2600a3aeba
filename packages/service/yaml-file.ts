import { Ajv, type ErrorObject } from 'ajv';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';

/** Names of fields and indexes of items, from the root of the file. */
export type Path = readonly (string | number)[];

/** Records a mistake. */
export type Complain = (field: Path, message: string) => void;

/** A mistake in a file that a person wrote. */
export type Mistake = { readonly line: number; readonly message: string };

/** What further checks of a file that fits its schema are given: the file, and how they report mistakes. */
type Judge<Raw, Checked> = (raw: Raw, complain: Complain) => Checked;

/**
 * A reader of YAML files of one schema.
 *
 * @param schema A JSON Schema; `description` beside a `pattern` says what it takes.
 * @param judge Makes something of a file that fits the schema.
 * @returns What `judge` made, or every mistake with its line, in order.
 */
export function yamlReader<Raw, Checked>(
  schema: object,
  judge: Judge<Raw, Checked>,
): (text: string) => { readonly file: Checked } | { readonly mistakes: readonly Mistake[] } {
  const validate = new Ajv({ allErrors: true, strict: false, verbose: true }).compile<Raw>(schema);
  return (text) => {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const lineAt = (offset: number): number => lines.linePos(offset).line;
    if (document.errors.length > 0)
      return { mistakes: document.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), message })) };
    const mistakes: Mistake[] = [];
    const complain: Complain = (path, message) =>
      void mistakes.push({ line: lineAt(offsetOf(document, path)), message });
    const raw: unknown = document.toJS();
    if (validate(raw)) {
      const file = judge(raw, complain);
      if (mistakes.length === 0) return { file };
    } else {
      for (const error of validate.errors ?? [])
        if (error.keyword !== 'if') complain(pathOf(error, raw), sentenceOf(error));
    }
    return { mistakes: inOrder(mistakes) };
  };
}

/** The offset of the node at a path, or of its nearest parent that exists. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const seen = new Map(mistakes.map((mistake) => [`${mistake.line} ${mistake.message}`, mistake]));
  return [...seen.values()].toSorted((a, b) => a.line - b.line);
}

/** The path of an error in the file. */
function pathOf({ instancePath, keyword, params }: ErrorObject, raw: unknown): Path {
  const path: (string | number)[] = [];
  let at: unknown = raw;
  for (const part of instancePath
    .split('/')
    .slice(1)
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    path.push(Array.isArray(at) ? Number(part) : part);
    at = (at as Record<string, unknown>)[part];
  }
  return keyword === 'additionalProperties' ? [...path, String(params['additionalProperty'])] : path;
}

/** An error as a sentence: the field, what is wrong, and what is expected. */
function sentenceOf({ keyword, params, message, instancePath, data, parentSchema }: ErrorObject): string {
  const field = instancePath.split('/').slice(1).join('.') || 'the file';
  switch (keyword) {
    case 'required':
      return `${field} lacks ${String(params['missingProperty'])}`;
    case 'additionalProperties':
      return `${field} has no field ${String(params['additionalProperty'])}`;
    case 'enum':
      return `${field} is ${JSON.stringify(data)}: expected one of ${(params['allowedValues'] as string[]).join(', ')}`;
    case 'pattern': {
      const takes = (parentSchema as { description?: string } | undefined)?.description;
      return `${field} is ${JSON.stringify(data)}: expected ${takes ?? String(params['pattern'])}`;
    }
    default:
      return `${field} ${message ?? 'is wrong'}`;
  }
}
