import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignText } from './foreign-text.ts';

test('a text of a publisher stays in its line, short and without links', () => {
  const cases: [string, string][] = [
    ['enterprise', 'enterprise'],
    ['Köln 東京 🙂 <&> *b* `c`', 'Köln 東京 🙂 <&> *b* `c`'],
    ['a\r\n  runbook: https://evil.example/', 'a runbook: https[:]//evil.example/'],
    ['a\u2028b\u2029c\u0085d\u0000e\u001B[31m', 'a b c d e [31m'],
    ['\u202Egpj.exe\u200B!', 'gpj.exe !'],
    ['x'.repeat(101), `${'x'.repeat(99)}…`],
    ['🙂'.repeat(200), `${'🙂'.repeat(99)}…`],
    [' \n ', ''],
  ];
  for (const [given, shown] of cases) assert.equal(foreignText(given), shown, JSON.stringify(given));
});
