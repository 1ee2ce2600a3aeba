import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { freePort } from '../../infra/local/embedded/ports.ts';
import { TransactionalProducer } from '@tidemark/kafka/transactional-producer';
import { type FlakyProxy, flakyProxy } from '../integration/flaky-proxy.ts';
import { backend, type ClickHouseServer, type Closable, type KafkaServer } from '../support/backend.ts';
import { realisticHistories, seeded } from '../support/histories.ts';
import { Member, type Pipeline, type ReadRow, sendsOf, startPipeline } from '../support/pipeline.ts';
import type { RowsAnswer, ViewAnswer } from '../../services/live/views-api.ts';
import { launchChromium } from './browser.ts';

// The pages in a real Chromium, over the whole pipeline. The figures that are expected are read from the views by the test
// itself, row by row, and added up here; the page has its own queries.

const day = 86_400_000;
const token = 'the-readers-of-this-test';
const thousands = (value: number): string => Math.round(value).toLocaleString('en-GB');
const euros = (value: number, decimals = Math.abs(value) < 1_000 ? 2 : 0): string => {
  const text = Math.abs(value).toLocaleString('en-GB', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `${value < 0 ? '−' : ''}€${text}`;
};

let servers: KafkaServer & ClickHouseServer & Closable;
let pipeline: Pipeline;
let proxy: FlakyProxy;
let guarded: Member;
let folder: string;
let browser: Browser;
let context: BrowserContext;
const today = new Date().toISOString().slice(0, 10);
const from = new Date(Date.now() - 29 * day).toISOString().slice(0, 10);

before(async () => {
  servers = await backend();
  const clickHouse = new URL(servers.clickhouseUrl);
  const noFaults = { swallow: 0, delay: 0, delayMs: 0 };
  proxy = await flakyProxy(Number(clickHouse.port), noFaults, Math.random);
  const history = {
    LIVE_CLICKHOUSE_URL: `http://127.0.0.1:${proxy.port}`,
    LIVE_CLICKHOUSE_USER: servers.biUser,
    LIVE_CLICKHOUSE_PASSWORD: servers.biPassword,
    LIVE_EXPLAIN_USER: servers.explainUser,
    LIVE_EXPLAIN_PASSWORD: servers.explainPassword,
  };
  pipeline = await startPipeline({ servers, processors: 1, sinks: 1, env: history });
  folder = await mkdtemp(join(tmpdir(), 'tidemark-pages-'));
  const port = await freePort();
  guarded = new Member({
    service: 'live',
    name: 'live-guarded',
    port,
    env: {
      ...history,
      KAFKA_BROKERS: servers.brokers.join(','),
      LIVE_HOST: '0.0.0.0',
      LIVE_PORT: String(port),
      LIVE_TOKEN: token,
    },
    logFile: join(folder, 'live.log'),
  });
  guarded.start();
  await guarded.ready();
  await publishHistory();
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, timezoneId: 'UTC' });
  context.setDefaultTimeout(30_000);
});

after(async () => {
  await browser?.close();
  await guarded?.stop();
  await pipeline?.close();
  await proxy?.close();
  await servers?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** A realistic half year up to yesterday: nothing falls due while the test runs. */
async function publishHistory(): Promise<void> {
  const now = Date.now();
  const events = realisticHistories(7, 150, { from: now - 180 * day, to: now - day });
  const producer = new TransactionalProducer(pipeline.client, { transactionalId: 'test-loader' });
  await producer.fence();
  for (let first = 0; first < events.length; first += 400) {
    const sends = sendsOf(events.slice(first, first + 400), pipeline.partitions, 'test');
    await producer.commit({ sends, offsets: [], groupId: '' });
  }
  await producer.close();
  await pipeline.counted(120_000);
}

const address = (path = '/'): string => `http://127.0.0.1:${pipeline.live!.port}${path}`;

/** A page that has drawn everything; what it complained of, and whom it asked besides the live service, is kept. */
async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // Without an alerts service the answer is 503, and the page shows that.
    if (message.type() === 'error' && !message.location().url.includes('/v1/alerts'))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(address('')) && !request.url().startsWith('data:'))
      complaints.push(`asks ${request.url()}`);
  });
  await page.goto(address(path));
  await settled(page);
  return { page, complaints };
}

async function settled(page: Page): Promise<void> {
  await page.locator('#mrr .toggle, #mrr .state').first().waitFor({ state: 'attached' });
  await page.locator('.panel[aria-busy=true]').first().waitFor({ state: 'detached' });
}

const figure = (page: Page, panel: string): Promise<string> =>
  page.locator(`#${panel} .headline .figure`).innerText();

const within = async (view: string): Promise<ReadRow[]> =>
  (await pipeline.reading.view(view)).filter(({ date }) => String(date) >= from && String(date) <= today);
const sum = (rows: readonly ReadRow[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column]), 0);
const byDate = (rows: readonly ReadRow[]): ReadRow[] =>
  rows.toSorted((a, b) => (String(a['date']) < String(b['date']) ? -1 : 1));
const ofEuro = (rows: readonly ReadRow[]): ReadRow[] => rows.filter(({ currency }) => currency === 'EUR');

/** The texts of a table's cells, row by row. */
const cells = (table: Locator): Promise<string[][]> =>
  table
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));

test('the foot of the page lists the definitions with the versions by which the figures are counted', async () => {
  const { page, complaints } = await open('/');
  await page.getByText('How the figures are counted').click();
  const rows = page.locator('.definitions table');
  await rows.waitFor();
  const carts = (await cells(rows)).find(([name]) => name === 'cart-outcomes');
  assert.match(carts?.[1] ?? '', /^\d+ quietMs=1800000$/);
  assert.match(carts?.[2] ?? '', /cart_abandonment_daily/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('the figures of the panels are those of the views, and nothing is asked of anybody else', async () => {
  const { page, complaints } = await open('/?period=30d&currency=EUR');
  const mrr = byDate(ofEuro(await within('mrr_daily')));
  const churn = byDate(await within('churn_daily'));
  const carts = await within('cart_abandonment_daily');
  const mentions = await within('mentions_daily');
  const nps = await within('nps_daily');
  const canceled = ofEuro(await within('cancellations_daily'));
  assert.ok(mrr.length === 30 && Number(mrr.at(-1)!['mrr']) > 0, 'the history has MRR in euros');

  assert.equal(await figure(page, 'mrr'), euros(Number(mrr.at(-1)!['mrr'])));
  const net = sum(mrr, 'net');
  assert.equal(await figure(page, 'bridge'), `${net > 0 ? '+' : ''}${euros(net)}`);
  assert.equal(await figure(page, 'customers'), thousands(Number(churn.at(-1)!['customers_at_end'])));
  const rate = sum(churn, 'customers_lost') / Number(churn[0]!['customers_at_start']);
  const facts = await page.locator('#customers .headline').innerText();
  assert.ok(facts.includes(`${(rate * 100).toFixed(2)} %`), facts);
  const ended = sum(carts, 'carts') - sum(carts, 'open');
  assert.equal(await figure(page, 'carts'), `${((sum(carts, 'abandoned') / ended) * 100).toFixed(1)} %`);
  assert.equal(
    await figure(page, 'contacts'),
    thousands(sum(await within('contact_volume_daily'), 'opened')),
  );
  if (canceled.length > 0)
    assert.equal(await figure(page, 'cancellations'), thousands(sum(canceled, 'scheduled')));
  const of = (sentiment: string): number =>
    sum(
      mentions.filter((row) => row['sentiment'] === sentiment),
      'mentions',
    );
  const netSentiment = ((of('positive') - of('negative')) / sum(mentions, 'mentions')) * 100;
  assert.equal(
    (await figure(page, 'mentions')).replace(/^[+−]/, ''),
    `${Math.abs(netSentiment).toLocaleString('en-GB', { maximumFractionDigits: 0 })} % net`,
  );
  const committed = byDate(ofEuro(await within('mrr_committed_daily')));
  assert.equal(await figure(page, 'committed'), euros(Number(committed.at(-1)!['committed_mrr'])));
  const unpaid = byDate(ofEuro(await within('past_due_daily')));
  if (unpaid.length > 0)
    assert.equal(await figure(page, 'past-due'), euros(Number(unpaid.at(-1)!['past_due_mrr'])));
  else assert.match(await page.locator('#past-due .state').innerText(), /^Nothing was past due/);
  const shoppers = await within('cart_abandonment_by_customer_daily');
  const decided = sum(shoppers, 'shoppers') - sum(shoppers, 'open');
  assert.equal(
    await figure(page, 'shoppers'),
    `${((sum(shoppers, 'abandoned') / decided) * 100).toFixed(1)} %`,
  );
  const responded = await page.locator('#responses .headline').innerText();
  const responses = await within('contact_response_daily');
  for (const column of ['responded', 'unanswered'])
    assert.ok(responded.includes(thousands(sum(responses, column))), `${column} in ${responded}`);
  const invited = await within('survey_response_daily');
  assert.equal(
    await figure(page, 'invitations'),
    `${((sum(invited, 'answered') / sum(invited, 'sent')) * 100).toFixed(1)} %`,
  );
  const persons = (await pipeline.reading.view('nps_by_person_monthly')).filter(
    ({ month }) => month === `${today.slice(0, 7)}-01`,
  );
  const answered = (await page.locator('#nps .touchpoint').allInnerTexts()).join(' ');
  for (const touchpoint of new Set(nps.map((row) => String(row['touchpoint'])))) {
    const rows = nps.filter((row) => row['touchpoint'] === touchpoint);
    assert.ok(answered.includes(`${sum(rows, 'responses')} answers`), `${touchpoint} of ${answered}`);
    for (const row of persons.filter((one) => one['touchpoint'] === touchpoint))
      assert.ok(answered.includes(`${row['respondents']} persons`), `${touchpoint} of ${answered}`);
  }
  assert.deepEqual(complaints, []);
  await page.close();
});

test('each row of a panel’s table is a row of its view', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  await page.locator('#mrr .toggle').click();
  const shown = await cells(page.locator('#mrr'));
  const expected = byDate(ofEuro(await within('mrr_daily')))
    .toReversed()
    .map((row) => [
      euros(Number(row['mrr'])),
      thousands(Number(row['customers'])),
      euros(Number(row['arpa'])),
    ]);
  assert.deepEqual(
    shown.map((row) => row.slice(1)),
    expected,
  );
  await page.locator('#customers .toggle').click();
  const churn = byDate(await within('churn_daily')).toReversed();
  assert.deepEqual(
    (await cells(page.locator('#customers'))).map(([, start, gained, , lost, end]) => [
      start,
      gained,
      lost,
      end,
    ]),
    churn.map((row) =>
      ['customers_at_start', 'customers_new', 'customers_lost', 'customers_at_end'].map((name) =>
        thousands(Number(row[name])),
      ),
    ),
  );
  await page.close();
});

test('by keyboard from a bar down to the customers and the events behind it', async () => {
  const { page } = await open('/?period=12m&currency=EUR');
  const movements = ofEuro(await pipeline.reading.view('mrr_movements'))
    .filter((row) => row['movement'] === 'new')
    .toSorted((a, b) => Number(b['amount']) - Number(a['amount']));
  assert.ok(movements.length > 0, 'somebody is new in this year');
  await page.locator('#bridge .chart').focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await page.locator('#drill tbody tr').first().waitFor();
  const rows = await cells(page.locator('#drill'));
  assert.equal(rows.length, Math.min(100, movements.length));
  assert.equal(rows[0]![2], `+${euros(Number(movements[0]!['amount']), 2)}`);
  const listed = new Set(rows.map(([customer]) => customer));
  for (const { customer_id: customer } of movements.slice(0, 100)) assert.ok(listed.has(String(customer)));
  const events = new Set(movements.map((row) => String(row['event_id'])));
  for (const row of rows) {
    const event = row.at(-1)!;
    assert.ok(event === 'the passing of time' || events.has(event), event);
  }
  const [first] = rows[0]!;
  await page.locator('#drill tbody .link').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('#drill .parts').waitFor();
  assert.equal(await page.locator('#drill h2').innerText(), `Customer ${first}`);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#drill').isVisible(), false);
  await page.close();
});

test('a figure that is clicked opens the facts that add up to it, and a fact its events in their topic', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  const [last] = byDate(ofEuro(await within('mrr_daily'))).slice(-1);
  await page.locator('#mrr .behind').click();
  await page.locator('#drill tbody tr').first().waitFor();
  assert.ok(
    (await page.locator('#drill .note').first().innerText()).includes(`mrr = ${String(last!['mrr'])} `),
  );
  const asked = `view=mrr_daily&column=mrr&key=date=${String(last!['date'])}&key=currency=EUR&limit=1000`;
  const response = await fetch(address(`/v1/explain?${asked}`));
  const found = (await response.json()) as {
    value: string;
    is_equal: boolean;
    parts: { rows: { part: string; event_id: string }[]; count: number };
  };
  assert.equal(response.status, 200);
  assert.ok(found.is_equal);
  assert.equal(found.parts.rows.length, Math.min(1_000, found.parts.count));
  const micros = found.parts.rows.reduce(
    (total, { part }) => total + BigInt(Math.round(Number(part) * 1e6)),
    0n,
  );
  if (found.parts.count <= 1_000) assert.equal(Number(micros), Math.round(Number(found.value) * 1e6));
  // Some are of the passing of time.
  const ofEvent = found.parts.rows.findIndex(({ event_id: id }) => id !== '');
  await page.locator('#drill tbody .link').nth(ofEvent).click();
  await page.locator('#drill tbody tr', { hasText: 'this fact' }).waitFor();
  assert.match(
    await page.locator('#drill tbody tr', { hasText: 'this fact' }).innerText(),
    /events\.subscription, partition \d+, offset \d+/,
  );
  await page.keyboard.press('Escape');
  await page.close();
});

test('a view of each form answers with its rows, and by a value of a dimension with those that have it', async () => {
  const { views } = (await (await fetch(address('/v1/views'))).json()) as { views: readonly ViewAnswer[] };
  const read = async (view: string, query = ''): Promise<RowsAnswer> => {
    const response = await fetch(address(`/v1/views/${view}?from=${from}&to=${today}&limit=10000${query}`));
    assert.equal(response.status, 200, `${view}${query}: ${await response.clone().text()}`);
    return (await response.json()) as RowsAnswer;
  };
  const forms = Map.groupBy(views, ({ period, dimensions }) => `${period?.grain} ${dimensions.length > 0}`);
  for (const [first] of forms.values()) await read(first!.view);
  const { rows, values } = await read('churn_by_segment_monthly');
  const [segment] = values['segment']!;
  const filtered = await read('churn_by_segment_monthly', `&where=segment%3D${encodeURIComponent(segment!)}`);
  assert.ok(filtered.rows.length > 0);
  assert.deepEqual(
    filtered.rows,
    rows.filter((row) => row['segment'] === segment),
  );
  const mrr = await read('mrr_daily', '&where=currency%3DEUR');
  assert.deepEqual(
    mrr.rows.map((row) => [row['date'], Number(row['mrr'])]),
    byDate(ofEuro(await within('mrr_daily')))
      .toReversed()
      .map((row) => [row['date'], Number(row['mrr'])]),
  );
});

test('by owner and by segment the figures are those of the movements and of churn by month', async () => {
  const { page, complaints } = await open('/?period=90d&currency=EUR');
  const first = new Date(Date.now() - 89 * day).toISOString().slice(0, 10);
  const movements = ofEuro(await pipeline.reading.view('mrr_movements')).filter(
    ({ occurred_at: at }) => String(at).slice(0, 10) >= first,
  );
  const [owner] = movements.map((row) => String(row['owner'])).filter((name) => name !== '');
  await page.locator('#owner').selectOption(`=${owner}`);
  await page.locator('#movements .whose', { hasText: `Owner ${owner}` }).waitFor();
  await settled(page);
  const gained = movements.filter((row) => row['owner'] === owner && Number(row['amount']) > 0);
  assert.ok(gained.length < movements.length);
  assert.equal(await figure(page, 'movements'), `+${euros(sum(gained, 'amount'))}`);
  const months = (rows: readonly ReadRow[]): ReadRow[] =>
    rows
      .filter(({ month }) => String(month) >= `${first.slice(0, 7)}-01`)
      .toSorted((a, b) => (String(a['month']) < String(b['month']) ? -1 : 1));
  const churned = async (attribute: 'owner' | 'segment', value: string): Promise<void> => {
    const rows = months(
      (await pipeline.reading.view(`churn_by_${attribute}_monthly`)).filter(
        (row) => row[attribute] === value,
      ),
    );
    assert.equal(await figure(page, 'customers'), thousands(Number(rows.at(-1)!['customers_at_end'])));
    const headline = await page.locator('#customers .headline').innerText();
    assert.ok(headline.includes(`Lost ${sum(rows, 'customers_lost')}`), headline);
  };
  await churned('owner', owner!);
  const segment = String(gained[0]!['segment']);
  await page.locator('#segment').selectOption(`=${segment}`);
  await page.locator('#owner').selectOption('');
  await page.locator('#customers .whose', { hasText: `Segment ${segment}` }).waitFor();
  await settled(page);
  await churned('segment', segment);
  await page.locator('#customers .behind').click();
  await page.locator('#drill h2', { hasText: 'churn_by_segment_monthly.customers_at_end' }).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a period of choice is compared with by the same rules', async () => {
  const against = new Date(Date.now() - 89 * day).toISOString().slice(0, 10);
  const { page } = await open(`/?period=30d&currency=EUR&against=${against}`);
  const end = new Date(Date.parse(against) + 29 * day).toISOString().slice(0, 10);
  const then = (await pipeline.reading.view('cart_abandonment_daily')).filter(
    ({ date }) => String(date) >= against && String(date) <= end,
  );
  const rateOf = (rows: readonly ReadRow[]): number =>
    sum(rows, 'abandoned') / (sum(rows, 'carts') - sum(rows, 'open'));
  const points = (rateOf(await within('cart_abandonment_daily')) - rateOf(then)) * 100;
  const shown = await page.locator('#carts .delta b').innerText();
  const digits = Math.abs(points) < 1 ? 2 : 1;
  assert.equal(shown.replace('−', '-').replace('+', ''), `${points.toFixed(digits)} pp`);
  await page.close();
});

test('another currency is another page of money, and never added to the first', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  const latest = (await within('mrr_daily')).filter(({ date }) => date === today);
  const other = latest.find((row) => row['currency'] !== 'EUR' && Number(row['mrr']) > 0)?.['currency'];
  assert.ok(typeof other === 'string', 'the history has a second currency');
  await page.locator('#currency').selectOption(other);
  await settled(page);
  const rows = byDate((await within('mrr_daily')).filter(({ currency }) => currency === other));
  const digits = (text: string): string => text.replaceAll(/\D/g, '');
  const value = Number(rows.at(-1)!['mrr']);
  const places = value < 1_000 && other !== 'JPY' ? 2 : 0;
  assert.equal(digits(await figure(page, 'mrr')), digits(value.toFixed(places)));
  await page.close();
});

test('a period with nothing in it says so in every panel', async () => {
  const { page, complaints } = await open('/?from=2001-01-01&to=2001-01-31&currency=EUR');
  const texts = await page.locator('#board .panel .state').allInnerTexts();
  for (const text of ['No recurring revenue', 'No carts', 'Nobody was asked', 'Nobody spoke'])
    assert.ok(
      texts.some((one) => one.startsWith(text)),
      `${text} in ${texts.join(' / ')}`,
    );
  assert.deepEqual(complaints, []);
  await page.close();
});

test('with ClickHouse away the page says so, live figures go on, and history comes back by itself', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  const before = await figure(page, 'mrr');
  proxy.up = false;
  await page.locator('[data-banner=clickhouse]').waitFor();
  await page.reload();
  await page.locator('#mrr .state', { hasText: 'ClickHouse does not answer' }).waitFor();
  await page.locator('[data-banner=clickhouse]').waitFor();
  const mrr = byDate(ofEuro(await within('mrr_daily'))).at(-1)!;
  assert.equal(await page.locator('#figures .figure').first().innerText(), euros(Number(mrr['mrr'])));
  proxy.up = true;
  await page.locator('#mrr .headline').waitFor();
  await page.locator('[data-banner=clickhouse]').waitFor({ state: 'detached' });
  assert.equal(await figure(page, 'mrr'), before);
  await page.close();
});

test('an event that is published shows without a reload', async () => {
  const { page } = await open('/?period=7d&currency=EUR');
  const contacts = page.locator('#figures > div', { hasText: 'Contacts today' }).locator('.figure');
  assert.equal(await contacts.innerText(), '0');
  const draw = seeded(3);
  const event = {
    event_id: `evt_page_${draw.below(1e9)}`,
    type: 'contact.opened',
    occurred_at: Date.now() - 1_000,
    case_id: 'case_page',
    channel: 'email',
  };
  const producer = new TransactionalProducer(pipeline.client, { transactionalId: 'test-loader' });
  await producer.fence();
  await producer.commit({ sends: sendsOf([event], pipeline.partitions, 'test'), offsets: [], groupId: '' });
  await producer.close();
  await contacts.filter({ hasText: /^1$/ }).waitFor();
  await page.close();
});

test('on a phone nothing is wider than the screen', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  await page.setViewportSize({ width: 390, height: 844 });
  const [needed, there] = await page
    .locator('html')
    .evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  assert.equal(needed, there);
  await page.close();
});

test('everything that can be used has a name', async () => {
  const { page } = await open('/?period=30d&currency=EUR');
  const nameless = await page
    .locator(
      'button:visible, select:visible, input:visible, a:visible, [role=img]:visible, [role=region]:visible',
    )
    .evaluateAll((elements) =>
      elements
        .filter((element) => {
          const named = element.getAttribute('aria-label') ?? element.textContent?.trim();
          const labels = 'labels' in element ? (element.labels as ArrayLike<unknown> | null) : null;
          return !named && !labels?.length;
        })
        .map(({ outerHTML }) => outerHTML),
    );
  assert.deepEqual(nameless, []);
  await page.close();
});

test('beyond loopback nobody sees anything without the token', async () => {
  const page = await context.newPage();
  const base = `http://127.0.0.1:${guarded.port}`;
  assert.equal((await fetch(`${base}/v1/counters/summary`)).status, 401);
  await page.goto(base);
  await page.locator('#token').fill('not the token');
  await page.keyboard.press('Enter');
  await page.locator('#failure', { hasText: 'That is not the token.' }).waitFor();
  await page.locator('#token').fill(token);
  await page.keyboard.press('Enter');
  await page.locator('#mrr .headline').waitFor();
  await page.close();
});
