type Reader = { readonly tokens: readonly string[]; at: number };

function operand(reader: Reader): number {
  const token = reader.tokens[reader.at++];
  if (token === '-') return -operand(reader);
  if (token !== '(') return Number(token ?? Number.NaN);
  const value = sum(reader);
  reader.at++;
  return value;
}

function power(reader: Reader): number {
  const base = operand(reader);
  if (reader.tokens[reader.at] !== '^') return base;
  reader.at++;
  return base ** power(reader);
}

function product(reader: Reader): number {
  let value = power(reader);
  for (let sign = reader.tokens[reader.at]; sign === '*' || sign === '/'; sign = reader.tokens[reader.at]) {
    reader.at++;
    const by = power(reader);
    value = sign === '*' ? value * by : value / by;
  }
  return value;
}

function sum(reader: Reader): number {
  let value = product(reader);
  for (let sign = reader.tokens[reader.at]; sign === '+' || sign === '-'; sign = reader.tokens[reader.at]) {
    reader.at++;
    const by = product(reader);
    value = sign === '+' ? value + by : value - by;
  }
  return value;
}

/** The value of a sum with + - * / ^ and parentheses; `undefined` when the text is words. Throws on a wrong sum. */
export function arithmetic(text: string): number | undefined {
  if (!/^[-\d\s.+*/^()]+$/.test(text)) return undefined;
  const reader: Reader = { tokens: text.match(/\d+(?:\.\d+)?|[-+*/^()]/g) ?? [], at: 0 };
  const value = sum(reader);
  if (reader.at !== reader.tokens.length || Number.isNaN(value)) throw new SyntaxError(`"${text}" is no sum`);
  return value;
}
