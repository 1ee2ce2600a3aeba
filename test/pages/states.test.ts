import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { catalogueAnswer } from '../../services/live/views-api.ts';
import { launchChromium } from './browser.ts';
import { alertOf, type Stub, stubLive } from './stub.ts';

// The page in a real Chromium against a live service whose answers the test sets: what it shows when an answer is not whole, and
// whether everybody can use it.

const longAgo = '2026-01-05T09:00:00.000Z';
const lately = '2026-03-05T09:00:00.000Z';

let browser: Browser;
let context: BrowserContext;
let stub: Stub;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());
beforeEach(async () => {
  stub = await stubLive();
  context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, timezoneId: 'UTC' });
  context.setDefaultTimeout(30_000);
});
afterEach(async () => {
  await context?.close();
  await stub?.close();
});

async function open(path = '/?period=7d&currency=EUR'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(stub.address + path);
  await page.locator('#mrr .headline, #mrr button').first().waitFor();
  await page.locator('.panel[aria-busy=true]').first().waitFor({ state: 'detached' });
  return page;
}

/** Follows a link to a sheet of the page that is open. */
const openSheet = (page: Page, fragment: string) => page.goto(new URL(`#${fragment}`, page.url()).href);

/** What opens a view in the catalogue. */
const viewOf = (page: Page, view: string): Locator =>
  page
    .locator('#drill .views li')
    .filter({ has: page.locator('code', { hasText: new RegExp(`^${view}$`) }) })
    .locator('.link');

const standing = (page: Page): Promise<string> => page.locator('#alerts-title small').innerText();

test('with no alert the page says that nothing is firing', async () => {
  const page = await open();
  assert.equal(await standing(page), 'nothing is firing');
});

const notWhole: readonly (readonly [string, object | string, RegExp])[] = [
  ['breaks off', '{"alerts":[{"id":"a","rule":"churn-sp', /broke off/],
  ['is empty', '', /broke off/],
  ['lacks the alerts', {}, /alerts is missing/],
];
for (const [what, answer, reason] of notWhole) {
  test(`when the answer with the alerts ${what}, it is not known whether one fires`, async () => {
    stub.answers.set('/v1/alerts', answer);
    const page = await open();
    assert.equal(await standing(page), 'not known');
    assert.match(await page.locator('#alerts .state p').innerText(), reason);
    stub.answers.set('/v1/alerts', { alerts: [alertOf('a', 'firing', lately)] });
    await page.locator('#alerts button', { hasText: 'Try again' }).click();
    await page.locator('#alerts .alerts > li').waitFor();
    assert.equal(await standing(page), '1 firing');
  });
}

test('an alert that has long been firing counts, however many are over since', async () => {
  const over = Array.from({ length: 12 }, (_, index) => alertOf(`over-${index}`, 'resolved', lately));
  stub.answers.set('/v1/alerts?status=firing&limit=1000', { alerts: [alertOf('old', 'firing', longAgo)] });
  stub.answers.set('/v1/alerts', { alerts: over });
  const page = await open();
  assert.equal(await standing(page), '1 firing');
  assert.match(await page.locator('#alerts .alerts > li').first().innerText(), /page/);
});

test('what the reader has opened stays open while the alerts are read anew', async () => {
  stub.answers.set('/v1/alerts', {
    alerts: [alertOf('a', 'firing', lately), alertOf('b', 'firing', longAgo)],
  });
  const page = await open();
  const details = page.locator('#alerts details');
  assert.equal(await details.first().getAttribute('open'), '');
  await details.first().locator('summary').click();
  await details.last().locator('summary').click();
  stub.answers.set('/v1/silences', {
    silences: [{ id: 's', rule: '*', labels: {}, until: '2199-01-01T00:00:00.000Z', by: 'ops' }],
  });
  await page.locator('#alerts .note', { hasText: 'Everything is silenced by ops' }).waitFor();
  assert.equal(await details.first().getAttribute('open'), null);
  assert.equal(await details.last().getAttribute('open'), '');
});

test('a panel whose answer is not whole says so, and tries again', async () => {
  const whole = stub.answers.get('/v1/history/mrr')!;
  stub.answers.set('/v1/history/mrr', '{"grain":"day","rows":[');
  const page = await open();
  assert.equal(await page.locator('#mrr .state p').innerText(), 'The answer broke off.');
  stub.answers.set('/v1/history/mrr', whole);
  await page.locator('#mrr button', { hasText: 'Try again' }).click();
  await page.locator('#mrr .headline').waitFor();
});

test('a panel that cannot be drawn leaves the others alone', async () => {
  stub.answers.set('/v1/history/nps', { touchpoints: [null], persons: [] });
  const page = await open();
  assert.equal(await page.locator('#nps .state p').innerText(), 'This could not be drawn.');
  assert.equal(await page.locator('#contacts .headline .figure').innerText(), '4');
});

test('no amount leaves open of which currency it is', async () => {
  const page = await open('/?period=7d&currency=DKK');
  const mrr = await page.locator('#figures .figure').first().innerText();
  assert.equal(mrr.replace('\u00a0', ' '), 'DKK 1,200');
  await page.locator('#currency').selectOption('USD');
  await page.locator('#figures .figure', { hasText: 'US$1,200' }).waitFor();
  assert.ok(page.url().includes('currency=USD'), 'the address can be sent to others');
});

test('a bar that is clicked opens what is behind its part', async () => {
  const page = await open();
  await page.locator('#movements rect[data-part=Churn]').last().click();
  await page.locator('#drill tbody tr').waitFor();
  assert.match(await page.locator('#drill h2').innerText(), /^Churn, /);
  assert.ok(stub.asked.some((url) => url.includes('/movements?') && url.includes('movement=churn')));
});

test('a figure that is clicked opens what it is computed from, and from there the parts', async () => {
  const page = await open();
  await page.locator('#customers .behind').click();
  await page.locator('#drill tbody .link', { hasText: 'customers_lost' }).click();
  await page.locator('#drill h2', { hasText: 'churn_daily.customers_lost' }).waitFor();
  await page.locator('#drill tbody tr').first().waitFor();
  assert.ok(
    stub.asked.some((url) => url.includes('column=customers_lost') && url.includes('date%3D2026-03-07')),
  );
});

test('from a figure to its facts, and from a fact to its events with their places; what retention took is named so', async () => {
  const page = await open();
  await page.locator('#mrr .behind').click();
  await page.locator('#drill tbody .link', { hasText: '90' }).click();
  await page.locator('#drill h2', { hasText: 'Events of subscription c1' }).waitFor();
  const rows = page.locator('#drill tbody tr');
  await rows.first().waitFor();
  assert.match(await rows.nth(0).innerText(), /events\.subscription, partition 2, offset 17/);
  assert.match(await rows.nth(0).innerText(), /this fact/);
  assert.match(await rows.nth(1).innerText(), /retention took it/);
});

test('what came and went against the day before is a click away', async () => {
  const page = await open();
  await page.locator('#mrr .behind').click();
  await page.locator('#drill .link', { hasText: 'Against the period before' }).click();
  await page.locator('#drill tbody tr', { hasText: 'smb' }).waitFor();
  const asked = stub.asked.find((url) => url.startsWith('/v1/explain/difference?'))!;
  const { searchParams } = new URL(asked, stub.address);
  const [period, before] = ['period', 'against_period'].map((name) => Date.parse(searchParams.get(name)!));
  assert.equal(period! - before!, 86_400_000);
});

test('each figure of any view can be clicked', async () => {
  const page = await open();
  await page.locator('footer .link', { hasText: 'All metrics' }).click();
  await page.locator('#search').fill('recurring arpa');
  await viewOf(page, 'mrr_daily').click();
  await page.locator('#drill tbody .link').first().click();
  await page.locator('#drill h2', { hasText: 'mrr_daily.mrr' }).waitFor();
  await page.locator('#drill tbody tr').first().waitFor();
});

test('a view of each form opens with its definition, a chart and a table', async () => {
  const page = await open();
  const failures: string[] = [];
  page.on('pageerror', (error) => failures.push(String(error)));
  // One of each form: by how long a period is, with and without dimensions and figures.
  const forms = Map.groupBy(catalogueAnswer().views, ({ period, dimensions, measures }) =>
    [period?.grain, Math.min(dimensions.length, 2), measures.length > 0].join(' '),
  );
  for (const { view, meaning, measures } of [...forms.values()].map(([first]) => first!)) {
    await openSheet(page, `open=view&view=${view}`);
    await page.locator('#drill h2', { hasText: new RegExp(`^${view}$`) }).waitFor();
    await page.locator('#drill tbody tr').first().waitFor();
    assert.equal(await page.locator('#drill .definition p').first().innerText(), meaning.trim());
    assert.equal(
      await page.locator('#drill #view-picture .chart').count(),
      measures.length > 0 ? 1 : 0,
      view,
    );
  }
  assert.deepEqual(failures, []);
});

test('the definition of each figure is a click away, and it says how far it is counted', async () => {
  const page = await open();
  const abouts = page.locator('.panel .about');
  const { views } = catalogueAnswer();
  const count = await abouts.count();
  assert.equal(count, 14);
  for (let index = 0; index < count; index++) {
    assert.match(await abouts.nth(index).innerText(), /^(Counted through \d|Not known)/);
    await abouts.nth(index).locator('button').click();
    const name = await page.locator('#drill h2').innerText();
    const measure = await page.locator('#measure').inputValue();
    assert.ok(views.find(({ view }) => view === name)?.measures.includes(measure), `${name}.${measure}`);
    const asked = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('measure');
    assert.equal(asked, measure);
    await page.keyboard.press('Escape');
  }
  assert.match(await page.locator('#carts .about').innerText(), /^Counted through/);
});

test('what is shown stands in the address, sheets and their filters too, and no server sees which', async () => {
  const page = await open('/?period=7d&currency=EUR');
  await page.locator('#mrr button', { hasText: 'Table' }).click();
  await page.locator('#against').selectOption('year');
  await page.locator('#all-metrics').click();
  await page.locator('#search').fill('by owner');
  await viewOf(page, 'churn_by_owner_monthly').click();
  await page.locator('#measure').selectOption('customers_lost');
  await page.locator('#filter-owner').selectOption('owner_a');
  await page.locator('#view-picture h3', { hasText: 'owner=owner_a' }).waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.locator('#view-picture h3', { hasText: 'owner=owner_a' }).waitFor();
  assert.equal(await other.locator('#measure').inputValue(), 'customers_lost');
  await other.keyboard.press('Escape');
  await other.locator('#mrr table').waitFor();
  assert.equal(await other.locator('#against').inputValue(), 'year');
  assert.ok(stub.asked.some((url) => url.includes('where=owner%3Downer_a')));
  assert.ok(stub.asked.every((url) => !url.includes('open=')));
});

test('an owner is chosen by keyboard, and every panel says whose figures it has', async () => {
  const page = await open();
  await page.locator('#owner').focus();
  await page.keyboard.type('ada');
  const movements = page.locator('#movements');
  await movements.locator('.whose', { hasText: 'Owner ada' }).waitFor();
  await page.locator('#customers .whose', { hasText: 'Owner ada' }).waitFor();
  assert.match(await page.locator('#customers .note').innerText(), /^All of /);
  const of = (path: string): string | undefined =>
    stub.asked.find((url) => url.startsWith(`/v1/history/${path}?`) && url.includes('owner=ada'));
  assert.ok(of('moved') !== undefined && of('churn') !== undefined);
  // The others, the figures of now and the alerts are of all customers, and say so.
  const unfiltered = page.locator('.whose[data-all]', {
    hasText: 'All customers: this is not counted by owner.',
  });
  assert.equal(await unfiltered.count(), 13);
  assert.match(await page.locator('#alerts .whose').innerText(), /alerts are not filtered/);
  const download = page.waitForEvent('download');
  await movements.locator('header button', { hasText: 'CSV' }).click();
  const file = await download;
  assert.match(file.suggestedFilename(), /^tidemark-movements-owner-ada-/);
  assert.match(String(await readFile(await file.path())), /^owner,.*\r\nada,/);
  await movements.locator('rect[data-part=Churn]').last().click();
  await page.locator('#drill h2', { hasText: /^Churn, .* · Owner ada$/ }).waitFor();
  assert.ok(of('movements')?.includes('movement=churn'));
  const other = await context.newPage();
  await other.goto(page.url());
  await other.locator('#drill h2', { hasText: 'Owner ada' }).waitFor();
  await other.keyboard.press('Escape');
  await other.locator('#segment').selectOption('=smb');
  await other.locator('#movements .whose', { hasText: 'Owner ada, segment smb' }).waitFor();
  await other.locator('#customers .whose', { hasText: 'by owner or by segment, not by both' }).waitFor();
  await other.locator('#owner').selectOption('');
  await other.locator('#customers .whose', { hasText: 'Segment smb' }).waitFor();
  await other.locator('#segment').selectOption('');
  await other.locator('.whose').first().waitFor({ state: 'detached' });
  assert.ok(!other.url().includes('owner') && !other.url().includes('segment'));
});

test('a period of choice is compared with, and named', async () => {
  const page = await open('/?from=2026-03-01&to=2026-03-07&currency=EUR');
  await page.locator('#against').selectOption('day');
  await page.locator('#against-day').fill('2025-12-24');
  await page.locator('#against-day').blur();
  await page.locator('#carts .headline', { hasText: 'the 7 days from 24 Dec 2025' }).waitFor();
  assert.ok(stub.asked.some((url) => url.includes('/history/carts') && url.includes('against=2025-12-24')));
});

test('each panel is kept as a file of exact figures and as a picture', async () => {
  stub.answers.set('/v1/alerts', { alerts: [alertOf('a', 'firing', lately)] });
  const page = await open();
  const panels = page.locator('.panel');
  for (let index = 0; index < (await panels.count()); index++) {
    const panel = panels.nth(index);
    const kept = async (label: string): Promise<Buffer> => {
      const download = page.waitForEvent('download');
      await panel.locator('header button', { hasText: label }).click();
      return readFile(await (await download).path());
    };
    const csv = String(await kept('CSV'));
    assert.ok(csv.split('\r\n').length >= 3 || (await panel.getAttribute('id')) === 'contacts', csv);
    // A line on a canvas, bars, a funnel, a table: every way in which a panel is drawn.
    if (!/^(mrr|movements|carts|contacts)$/.test((await panel.getAttribute('id'))!)) continue;
    const png = await kept('PNG');
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    // Drawn, not blank: a picture of one colour is much smaller.
    assert.ok(png.length > 10_000, `${png.length} bytes`);
  }
});

test('an empty product shows how to publish the first event, until one is counted', async () => {
  const counted = stub.answers.get('/v1/history/freshness')!;
  stub.answers.set('/v1/history/freshness', { families: [], imbalances: 0 });
  const page = await open();
  const command = page.locator('#first-event pre');
  await command.waitFor();
  assert.match(await command.innerText(), /^curl http:\/\/127\.0\.0\.1:8080\/v1\/events .*"kind":"product"/s);
  assert.deepEqual(await objections(page), []);
  stub.answers.set('/v1/history/freshness', counted);
  await command.waitFor({ state: 'detached' });
});

test('a date that is before the first is refused, and nothing is asked', async () => {
  const page = await open();
  const from = await page.locator('#from').inputValue();
  const askedBefore = stub.asked.filter((url) => url.includes('/history/mrr')).length;
  await page.locator('#to').fill('2001-01-01');
  await page.locator('#to').blur();
  assert.equal(await page.locator('#to').evaluate((input) => input.matches(':invalid')), true);
  assert.equal(await page.locator('#from').inputValue(), from);
  assert.equal(stub.asked.filter((url) => url.includes('/history/mrr')).length, askedBefore);
});

for (const [colorScheme, width] of [
  ['light', 1280],
  ['dark', 1280],
  ['light', 390],
] as const) {
  test(`nothing for axe-core to object to, ${colorScheme}, ${width} wide`, async () => {
    stub.answers.set('/v1/alerts', { alerts: [alertOf('a', 'firing', lately)] });
    await context.close();
    context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await open();
    assert.deepEqual(await objections(page), []);
    await page.locator('#mrr .toggle').click();
    await page.locator('#bridge .chart').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    assert.deepEqual(await objections(page), []);
    await page.keyboard.press('Enter');
    await page.locator('#drill tbody .link').click();
    await page.locator('#drill .parts').waitFor();
    assert.deepEqual(await objections(page), []);
    await page.keyboard.press('Escape');
    await page.locator('#drill').waitFor({ state: 'hidden' });
    for (const view of ['contact_volume_daily', 'customer_value']) {
      await openSheet(page, `open=view&view=${view}`);
      await page.locator('#drill tbody tr').first().waitFor();
      assert.deepEqual(await objections(page), []);
    }
    await openSheet(page, 'open=catalogue&is=');
    await page.locator('#drill .views').first().waitFor();
    assert.deepEqual(await objections(page), []);
    await page.keyboard.press('Escape');
    await page.locator('#mrr .behind').click();
    await page.locator('#drill tbody tr').first().waitFor();
    assert.deepEqual(await objections(page), []);
    for (const link of [/^90$/, 'Against the period before']) {
      await page.locator('#drill .link', { hasText: link }).click();
      await page.locator('#drill tbody tr', { hasText: /e1|smb/ }).waitFor();
      assert.deepEqual(await objections(page), []);
      await page.locator('#drill .actions').getByText('Back').click();
      await page.locator('#drill tbody tr').first().waitFor();
    }
    await page.keyboard.press('Escape');
    await page.locator('#owner').selectOption('=ada');
    await page.locator('#customers .whose', { hasText: 'Owner ada' }).waitFor();
    assert.deepEqual(await objections(page), []);
  });
}

/** What axe-core finds, a line each: the rule, the element, what is wrong. */
async function objections(page: Page): Promise<string[]> {
  // The tool is put in by the debugger: the page's own policy would not let it be a script of the page.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    type Found = { id: string; nodes: { html: string; failureSummary: string }[] };
    const { axe: tool } = globalThis as unknown as { axe: { run: () => Promise<{ violations: Found[] }> } };
    const { violations } = await tool.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary}`),
    );
  });
}
