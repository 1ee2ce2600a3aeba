import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodiesTo, forgedTo } from '../../deliver/delivery.fixtures.ts';

test('a message of Slack has the subject, the alert as plain text, and its links', async () => {
  const slack = (await bodiesTo((url) => ({ kind: 'slack', url }))) as {
    text: string;
    blocks: { text: { type: string; text: string }; elements: { text: string }[] }[];
  }[];
  assert.match(slack[0]!.text, /^\[FIRING\] More customers/);
  assert.match(slack[0]!.blocks[0]!.text.text, /plan: team 20, not given 3\ncustomers: c1, c2$/);
  assert.equal(slack[0]!.blocks[0]!.text.type, 'plain_text');
  assert.match(slack[0]!.blocks[1]!.elements[0]!.text, /^<https:.*\|dashboard> · <https:.*\|runbook>$/);
});

test('nobody writes lines, links or markup into it by an event', async () => {
  const body = await forgedTo((url) => ({ kind: 'slack', url }));
  assert.doesNotMatch(body, /\\r|\\n\s*runbook: https:\/\/evil/);
  assert.doesNotMatch(body, /https:\/\/evil/);
  assert.doesNotMatch(body, /mrkdwn[^}]*evil/);
});
