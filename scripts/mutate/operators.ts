import type { Node } from 'oxc-parser';

/** A change of the text, with the kind of change it is. Offsets are UTF-16, half-open. */
export type Edit = {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly operator: string;
};

type Span = { readonly start: number; readonly end: number };

/** Binary operators by what they are mistaken for. */
const mistaken: { readonly [operator: string]: readonly [kind: string, other: string] } = {
  '+': ['arithmetic', '-'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '*'],
  '**': ['arithmetic', '*'],
  '>>>': ['arithmetic', '<<'],
  '^': ['arithmetic', '|'],
  '<': ['comparison', '<='],
  '<=': ['comparison', '<'],
  '>': ['comparison', '>='],
  '>=': ['comparison', '>'],
  '===': ['comparison', '!=='],
  '!==': ['comparison', '==='],
  '+=': ['arithmetic', '-='],
  '-=': ['arithmetic', '+='],
  '*=': ['arithmetic', '/='],
  '++': ['arithmetic', '--'],
  '--': ['arithmetic', '++'],
};

/** Methods by what they are mistaken for; `undefined` for leaving the call out. */
const mistakenMethods: { readonly [method: string]: string | undefined } = {
  floor: 'ceil',
  ceil: 'floor',
  round: 'floor',
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  filter: undefined,
  toSorted: undefined,
  toReversed: undefined,
  slice: undefined,
  trim: undefined,
  padStart: undefined,
};

/** What is wrong whatever the type: it compiles, and no test that looks at the value passes. */
const wrong = 'undefined as never';

/** The changes that begin at one node. `ancestors` are the nodes around it, outermost first. */
export function editsOf(node: Node, ancestors: readonly Node[], source: string): Edit[] {
  const parent = ancestors.at(-1);
  const text = ({ start, end }: Span): string => source.slice(start, end);
  const edit = (operator: string, { start, end }: Span, replacement: string): Edit => ({
    operator,
    start,
    end,
    replacement,
  });
  switch (node.type) {
    case 'BinaryExpression':
    case 'AssignmentExpression': {
      const gap = { start: node.left.end, end: node.right.start };
      return swapped(node.operator, gap, source);
    }
    case 'UpdateExpression': {
      const { argument, start, end } = node;
      const gap = node.prefix ? { start, end: argument.start } : { start: argument.end, end };
      return swapped(node.operator, gap, source);
    }
    case 'LogicalExpression':
      // One side alone: both must matter.
      return [node.left, node.right].map((side) => edit('logical', node, text(side)));
    case 'UnaryExpression':
      if (node.operator === '!') return [edit('negation', node, text(node.argument))];
      if (node.operator === '-' && node.argument.type !== 'Literal')
        return [edit('arithmetic', node, text(node.argument))];
      return [];
    case 'IfStatement':
      // Each keeps the condition, for the compiler to know what it knew.
      return [
        edit('condition', node.test, `${text(node.test)} || Boolean(1)`),
        edit('condition', node.test, `(${text(node.test)}) && Boolean(0)`),
      ];
    case 'ConditionalExpression':
      return [edit('condition', node, text(node.consequent)), edit('condition', node, text(node.alternate))];
    case 'WhileStatement':
      return [edit('condition', node.test, 'false')];
    case 'ForStatement':
      return node.test === null ? [] : [edit('condition', node.test, 'false')];
    case 'Literal':
      return isName(node, parent) ? [] : literalEdits(node, node.raw ?? '', edit);
    case 'TemplateLiteral':
      return parent?.type === 'TaggedTemplateExpression' ? [] : [edit('string', node, '``')];
    case 'ArrayExpression':
      return node.elements.length === 0 ? [] : [edit('array', node, '[]')];
    case 'SpreadElement':
      return [edit('spread', node, parent?.type === 'ObjectExpression' ? '...{}' : '...[]')];
    case 'Property':
      return propertyEdits(node, parent, edit, text);
    case 'CallExpression':
      return callEdits(node, edit, text);
    case 'ReturnStatement':
      return node.argument === null || isNothing(node.argument) ? [] : [edit('return', node.argument, wrong)];
    case 'ArrowFunctionExpression':
      return node.expression && !isNothing(node.body) ? [edit('return', node.body, `(${wrong})`)] : [];
    case 'ExpressionStatement':
    case 'ContinueStatement':
    case 'BreakStatement':
      return isOnlyBranch(node, parent) ? [] : [edit('statement', node, ';')];
    default:
      return [];
  }
}

type MakeEdit = (operator: string, span: Span, replacement: string) => Edit;

function swapped(operator: string, gap: Span, source: string): Edit[] {
  const other = mistaken[operator];
  if (other === undefined) return [];
  const start = source.indexOf(operator, gap.start);
  return [{ operator: other[0], start, end: start + operator.length, replacement: other[1] }];
}

function literalEdits(node: Extract<Node, { type: 'Literal' }>, raw: string, edit: MakeEdit): Edit[] {
  const { value } = node;
  if (typeof value === 'number') return [edit('constant', node, String(value + 1))];
  if (typeof value === 'bigint') return [edit('constant', node, `${value + 1n}n`)];
  if (typeof value === 'boolean') return [edit('constant', node, String(!value))];
  if (typeof value !== 'string') return [];
  return [edit('string', node, raw.length > 2 ? "''" : "'other'")];
}

/** What a property is given; where that is a literal or a function, it has changes of its own. */
function propertyEdits(
  node: Extract<Node, { type: 'Property' }>,
  parent: Node | undefined,
  edit: MakeEdit,
  text: (span: Span) => string,
): Edit[] {
  if (parent?.type !== 'ObjectExpression' || node.method) return [];
  const { value } = node;
  const plain = [
    'Identifier',
    'MemberExpression',
    'CallExpression',
    'ChainExpression',
    'TSNonNullExpression',
  ];
  if (!plain.includes(value.type) || isNothing(value)) return [];
  if (node.shorthand) return [edit('property', node, `${text(node.key)}: ${wrong}`)];
  return [edit('property', value, wrong)];
}

function callEdits(
  node: Extract<Node, { type: 'CallExpression' }>,
  edit: MakeEdit,
  text: (span: Span) => string,
): Edit[] {
  const { callee, arguments: given } = node;
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return [];
  const { name } = callee.property;
  if (text(callee.object) === 'Math' && ['min', 'max', 'abs', 'sqrt'].includes(name))
    return given.map((argument) => edit('call', node, text(argument)));
  if (!Object.hasOwn(mistakenMethods, name)) return [];
  const other = mistakenMethods[name];
  if (other === undefined) return [edit('call', node, text(callee.object))];
  return [edit('call', callee.property, other)];
}

/** A string that names something beside: a key, a module, the type that `typeof` gives. */
function isName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'ExpressionStatement') return true;
  if (parent.type === 'BinaryExpression')
    return [parent.left, parent.right].some(
      (side) => side.type === 'UnaryExpression' && side.operator === 'typeof',
    );
  return (parent.type === 'Property' || parent.type === 'PropertyDefinition') && parent.key === node;
}

function isNothing(node: Node): boolean {
  return (
    (node.type === 'Identifier' && node.name === 'undefined') ||
    (node.type === 'Literal' && node.raw === 'null')
  );
}

/** Leaving out all that an `if` does is what its condition being false is. */
function isOnlyBranch(node: Node, parent: Node | undefined): boolean {
  return parent?.type === 'IfStatement' && parent.alternate === null && parent.consequent === node;
}
