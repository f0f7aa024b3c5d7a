/** The dashboard, in a real browser, of a real service with real models. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { describeWithChromium } from '../support/chromium.ts';
import { accessibilityFaults, dashboard, overhang, tokenOf } from '../support/dashboard.ts';
import { flipBit } from '../support/flip-bit.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { type RunningService, serving } from '../support/running-service.ts';
import { Uploader } from '../support/uploader.ts';

const HOSTILE = `<img src=x onerror=alert(1)>"'><script>alert(2)</script> \u202e &amp; {{7*7}}`;
const SLOW = 60_000;

const named = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const rowOf = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text });
/** The models listed, in their order. */
const expectNames = (page: Page, names: readonly string[]) =>
  expect.poll(() => page.locator('.model-name').allTextContents(), { timeout: 20_000 }).toEqual(names);
const modelHash = (id = MODEL): string => `#/models/${encodeURIComponent(id)}`;

/** A download that takes most of a minute as long as nobody lets it go faster; what is under way then is over soon. */
async function slowWorld(): Promise<ModelWorld> {
  const parts = Array.from({ length: 60 }, (_, index) => [`${index}.bin`, seeded(120_000, index + 1)]);
  const world = await modelFixture({ files: Object.fromEntries(parts), sources: ['http'] });
  world.server().bytesPerSecond = SLOW;
  return world;
}

const hurry = (world: ModelWorld): void => {
  world.server().bytesPerSecond = Number.POSITIVE_INFINITY;
};

/** As long as a name may be that somebody gives. */
const LONG = `${'a-fine-tune-of-'.repeat(7)}something@10.20.30`;

const threeModels = (): Promise<ModelWorld> =>
  modelFixture({
    models: {
      'old@1.0.0': {
        files: { 'a/one.bin': seeded(500_000, 1), 'a/shared.bin': seeded(300_000, 9) },
        keys: { description: HOSTILE, tags: ['\u202egat'] },
      },
      'new@2.0.0': { files: { 'b.bin': seeded(200_000, 2), 'shared.bin': seeded(300_000, 9) }, keys: { type: 'text-to-video' } },
      'photo@1.0.0': { files: { 'c.bin': seeded(100_000, 3) }, keys: { family: 'image', type: 'text-to-image' } },
    },
    env: { WAN_GC_GRACE: '0' },
  });

async function ensureAll(world: ModelWorld, ids: readonly string[]): Promise<void> {
  const orchestrator = await world.orchestrator();
  for (const id of ids) await orchestrator.ensure(id);
  await orchestrator.close();
}

/** Once nobody works on it any more. */
async function expectSound(world: ModelWorld, service: RunningService): Promise<void> {
  service.kill('SIGTERM');
  await service.ended;
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
}

describeWithChromium('the dashboard', (browser) => {
  it('asks for a token once there is one, and keeps it in the tab alone', async () => {
    const world = await threeModels();
    const token = await tokenOf(world, 'write', 'gateway');
    const { page, open } = await dashboard(browser(), world);
    await open('#/models');
    await page.getByLabel('Token').fill('wan_wrong');
    await named(page, 'Log in').click();
    await page.getByRole('alert').getByText('wan auth token list').waitFor();
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'old@1.0.0' }).waitFor();
    await page.getByText('gateway').waitFor();
    expect(await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]')).toEqual([1, 0, '']);
    expect(page.url()).not.toContain(token);
    await page.reload();
    await page.getByRole('link', { name: 'old@1.0.0' }).waitFor();
    await named(page, 'Log out').click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('is shown at / to browsers alone; lists, searches, filters and sorts, and foreign text is but text', async () => {
    const world = await threeModels();
    await ensureAll(world, ['old@1.0.0']);
    const { page, service } = await dashboard(browser(), world);
    expect(await (await fetch(`${service.url}/`)).json()).toMatchObject({ service: 'wan-models' });
    await page.goto(`${service.url}/`);
    await page.getByText('<img src=x').waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    await expectNames(page, ['new@2.0.0', 'old@1.0.0', 'photo@1.0.0']);
    await named(page, 'Size').click();
    await expectNames(page, ['photo@1.0.0', 'new@2.0.0', 'old@1.0.0']);
    await page.getByRole('columnheader', { name: 'Size' }).and(page.locator('[aria-sort=ascending]')).waitFor();
    await page.getByLabel('Search').fill('IMAGE photo');
    await expectNames(page, ['photo@1.0.0']);
    await page.getByLabel('Search').fill('');
    await page.getByRole('combobox', { name: 'Family' }).selectOption('wan22');
    await expectNames(page, ['new@2.0.0', 'old@1.0.0']);
    await named(page, '1 complete').click();
    await expectNames(page, ['old@1.0.0']);
    await page.getByRole('link', { name: 'old@1.0.0' }).click();
    await page.getByText('\\u202egat').waitFor();
    expect(await page.evaluate('document.body.textContent')).not.toContain('\u202e');
    await page.getByRole('link', { name: 'All models' }).click();
    await expectNames(page, ['old@1.0.0']);
    const cells = await rowOf(page, 'old@1.0.0').textContent();
    for (const part of ['complete', '781 KiB', 'manifest-sha256', 'wan22']) expect(cells).toContain(part);
  });

  it('ensures a model, shows how far it is, pauses and resumes it, and a page that is closed stops nothing', async () => {
    const world = await slowWorld();
    const { page, open, ask, service } = await dashboard(browser(), world, { scope: 'write' });
    await open(modelHash());
    await named(page, 'Ensure').click();
    await open('#/queue');
    await page.getByRole('progressbar').waitFor();
    await page.getByText(/^[1-9]\d* % of 6\.9 MiB/).waitFor();
    await page.getByText(/KiB\/s$/).waitFor();
    await named(page, `Pause ensure ${MODEL}`).click();
    await page.getByText('paused', { exact: true }).waitFor();
    await named(page, `Resume ensure ${MODEL}`).click();
    await page.getByText('running', { exact: true }).waitFor();
    await page.close();
    hurry(world);
    await vi.waitFor(async () => expect(await ask(`/models/${MODEL}/status`)).toMatchObject({ state: 'COMPLETE' }), {
      timeout: 40_000,
      interval: 200,
    });
    const again = await dashboard(browser(), world, { service, scope: 'read' });
    await again.open('#/queue');
    await again.page.getByText('succeeded', { exact: true }).waitFor();
    await expectSound(world, service);
  });

  it('cancels a job, tries it again, and changes its turn', async () => {
    const world = await slowWorld();
    const { page, open, ask } = await dashboard(browser(), world, { scope: 'write' });
    await open(modelHash());
    await named(page, 'Ensure').click();
    await open('#/queue');
    await page.getByLabel(`Priority of ensure ${MODEL}`).selectOption('high');
    await vi.waitFor(async () => expect(await ask('/jobs')).toMatchObject({ jobs: [{ priority: 10, state: 'running' }] }), {
      timeout: 20_000,
    });
    await named(page, `Cancel ensure ${MODEL}`).click();
    await page.getByText('cancelled', { exact: true }).waitFor();
    hurry(world);
    await named(page, `Try again ensure ${MODEL}`).click();
    await page.getByText('succeeded', { exact: true }).waitFor();
    await page.getByRole('button', { name: `ensure ${MODEL}`, exact: true }).click();
    await page.getByText(/at work$/).waitFor();
    expect(await page.getByText('correlation id').count()).toBe(1);
  });

  it('names what a verification finds wrong, and repairs it', async () => {
    const world = await modelFixture({ files: { 'a/good.bin': seeded(300_000, 1), 'a/bad.bin': seeded(300_000, 2) }, sources: ['http'] });
    await ensureAll(world, [MODEL]);
    flipBit(join(world.modelDir(), 'a', 'bad.bin'), 1000);
    const { page, open, service } = await dashboard(browser(), world, { scope: 'write' });
    await open(modelHash());
    await named(page, 'Verify').click();
    await page.getByText('verify failed').waitFor();
    await page.getByText(/wrong files 1/).waitFor();
    await rowOf(page, 'a/bad.bin').getByText('digest').waitFor();
    await rowOf(page, 'a/good.bin').getByText('proven').waitFor();
    await named(page, 'Repair').click();
    await page.getByText('repair succeeded').waitFor();
    await page.locator('.row > .mark').getByText('complete').waitFor();
    await expectSound(world, service);
  });

  it('pins, does not remove what is pinned unless it is told to, and removes only once it is confirmed', async () => {
    const world = await threeModels();
    await ensureAll(world, ['old@1.0.0', 'new@2.0.0']);
    const { page, open, service } = await dashboard(browser(), world, { scope: 'write' });
    await open(modelHash('old@1.0.0'));
    await named(page, 'Pin…').click();
    await page.getByLabel('Reason').fill('the demo');
    await page.getByRole('dialog').getByRole('button', { name: 'Pin', exact: true }).click();
    await page.getByText(/active: the demo/).waitFor();
    await named(page, 'Remove…').click();
    await named(page, 'Keep it').click();
    await named(page, 'Remove…').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await dialog.getByRole('alert').waitFor();
    expect(readdirSync(world.modelDir('old@1.0.0')).length).toBeGreaterThan(0);
    await dialog.getByLabel(/also where it is pinned/).check();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText(/293 KiB kept for other models/).waitFor();
    await page.locator('.row > .mark').getByText('not present').waitFor();
    await expectSound(world, service);
  });

  it('shows what takes the disk, what gc would do and why, and runs just that once it is confirmed', async () => {
    const world = await threeModels();
    await ensureAll(world, ['old@1.0.0', 'new@2.0.0', 'photo@1.0.0']);
    await world.cli(['models', 'pin', 'photo@1.0.0']);
    const { page, open, service } = await dashboard(browser(), world, { scope: 'admin' });
    await open('#/disk');
    await page.locator('svg text').getByText('old@1.0.0').waitFor();
    await rowOf(page, 'old@1.0.0')
      .getByText(/^78\d KiB$/)
      .first()
      .waitFor();
    await page.getByLabel('All models at most').fill('1K');
    await page.getByLabel(/give the bytes back at once/).check();
    await named(page, 'Preview').click();
    await rowOf(page, 'old@1.0.0').getByText('would be removed').waitFor();
    await rowOf(page, 'photo@1.0.0')
      .getByText(/^pinned by/)
      .waitFor();
    await named(page, 'Run this plan…').click();
    await named(page, 'Remove nothing').click();
    expect(readdirSync(world.modelDir('old@1.0.0')).length).toBeGreaterThan(0);
    await named(page, 'Run this plan…').click();
    await named(page, 'Run it').click();
    await rowOf(page, 'old@1.0.0').getByText('removed', { exact: true }).waitFor();
    expect(readdirSync(join(world.modelsRoot, 'wan22'))).toEqual([]);
    expect(readdirSync(join(world.modelsRoot, 'image'))).toEqual(['photo@1.0.0']);
    await expectSound(world, service);
  });

  it('offers to nobody what they may not do, and says what it would take', async () => {
    const world = await threeModels();
    await ensureAll(world, ['old@1.0.0']);
    const reader = await dashboard(browser(), world, { scope: 'read' });
    await reader.open(modelHash('old@1.0.0'));
    await reader.page.getByText('To change anything, log in with a token').waitFor();
    expect(await named(reader.page, /Ensure|Remove|Pin/).count()).toBe(0);
    const writer = await dashboard(browser(), world, { scope: 'write', service: reader.service });
    await writer.open('#/disk');
    await writer.page.getByLabel('All models at most').fill('1K');
    await named(writer.page, 'Preview').click();
    await writer.page.getByText('log in with a token of the scope admin').waitFor();
    expect(await named(writer.page, /Run/).count()).toBe(0);
    await writer.open('#/node');
    await writer.page.getByRole('heading', { name: 'Sources' }).waitFor();
    expect(await writer.page.getByRole('heading', { name: 'Webhooks' }).count()).toBe(0);
    await writer.open('#/log');
    await writer.page.getByText('log in with a token of the scope admin').waitFor();
    const id = reader.token.split('_')[1] ?? '';
    expect((await world.cli(['auth', 'token', 'revoke', id])).code).toBe(0);
    await reader.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await reader.page.getByText('You are logged out').waitFor();
    await reader.page.getByRole('alert').getByText('no token that this service knows').waitFor();
  });

  it('tells registered models apart, and shows what is noted of them, with and without files', async () => {
    const world = await threeModels();
    const { page, open, service, token } = await dashboard(browser(), world, { scope: 'write' });
    const uploader = new Uploader(service.url, { authorization: `Bearer ${token}` });
    const noted = { description: HOSTILE.replace('\u202e', ''), tags: ['voice'], metadata: { author: 'nora', sizes: { small: 1 } } };
    await uploader.send('POST', '/v1/models', { id: 'bare@1.0.0', type: 'text-to-audio', ...noted });
    const bytes = Buffer.from('some weights');
    const { json } = await uploader.begin('mine@1.0.0', [{ path: 'a.bin', bytes }], noted);
    await uploader.sendFile(String(json.id), 0, bytes);
    await uploader.complete(String(json.id));
    await open('#/models');
    await page.getByLabel('Registered only').check();
    await expectNames(page, ['bare@1.0.0', 'mine@1.0.0']);
    await rowOf(page, 'mine@1.0.0').getByText('registered').waitFor();
    await page.getByLabel('Search').fill('VOICE bare');
    await page.getByRole('link', { name: 'bare@1.0.0' }).click();
    await page.getByText('It is registered, and has no files yet').waitFor();
    await page.getByText('small 1').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await open(modelHash('mine@1.0.0'));
    await page.getByText('nora').waitFor();
    await rowOf(page, 'a.bin').getByText('proven').waitFor();
  });

  it('tells of acts as they are done, whoever does them', async () => {
    const world = await threeModels();
    const { page, open } = await dashboard(browser(), world, { scope: 'admin' });
    await open('#/log');
    await page.getByText('Nothing is on record yet').or(page.getByRole('row')).first().waitFor();
    await world.cli(['models', 'ensure', 'photo@1.0.0']);
    await rowOf(page, 'photo@1.0.0').getByText('ensure').waitFor();
    await world.cli(['models', 'rm', 'photo@1.0.0']);
    await rowOf(page, 'photo@1.0.0').getByText('rm', { exact: true }).waitFor();
    await page.getByLabel('Search').fill('ensure');
    await expect.poll(() => rowOf(page, 'photo@1.0.0').count(), { timeout: 20_000 }).toBe(1);
  });

  it('shows webhooks to those who rule the service, and what was to be sent', async () => {
    const world = await threeModels();
    await ensureAll(world, ['photo@1.0.0']);
    const { page, open } = await dashboard(browser(), world, { scope: 'admin' });
    await open('#/node');
    await page.getByText('Nobody is told of events').waitFor();
    // Nobody answers there, wherever this runs.
    expect((await world.cli(['webhooks', 'add', 'https://hooks.invalid/secret-path', '--events', 'model.*'])).code).toBe(0);
    await named(page, /hooks\.invalid/).click();
    await page.getByText('Nothing was to be sent yet').waitFor();
    await world.cli(['models', 'pin', 'photo@1.0.0']);
    const delivery = rowOf(page, 'model.pinned');
    await delivery.getByText('pending').waitFor();
    await delivery.getByText(/hooks\.invalid.* in /).waitFor();
    expect(await page.evaluate('document.body.textContent')).not.toContain('secret-path');
  });

  it('shows what the service says of its work, and finds a line of it', async () => {
    const world = await threeModels();
    const { page, open } = await dashboard(browser(), world, { scope: 'admin' });
    await open('#/log');
    await named(page, /^Service/).click();
    await rowOf(page, 'listening on').getByText('http.listening').waitFor();
    await world.cli(['models', 'jobs', 'add', 'ensure', 'photo@1.0.0']);
    await rowOf(page, 'photo@1.0.0').first().waitFor();
    await page.getByLabel('Search').fill('http.listening');
    await rowOf(page, 'photo@1.0.0').first().waitFor({ state: 'detached' });
    expect(await page.getByRole('row').count()).toBe(2);
  });

  it('says so when the service is gone, and goes on when it is back', async () => {
    const world = await slowWorld();
    const { page, open, service } = await dashboard(browser(), world, { scope: 'write' });
    await open(modelHash());
    await named(page, 'Ensure').click();
    await open('#/queue');
    await page.getByText(/^[1-9]\d* % of/).waitFor();
    service.kill('SIGKILL');
    await service.ended;
    await page.getByText('the service does not answer').waitFor();
    await page.getByText('wan serve', { exact: true }).waitFor();
    await rowOf(page, MODEL).waitFor();
    const back = await serving(world, ['--port', new URL(service.url).port]);
    await page.getByText('the service does not answer').waitFor({ state: 'detached' });
    await page.getByText('running', { exact: true }).waitFor();
    hurry(world);
    await page.getByText('succeeded', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Models' }).click();
    await rowOf(page, MODEL).getByText('complete').waitFor();
    await expectSound(world, back);
  });

  it('can be used by everybody, on any view: light on a phone, dark on a desk', async () => {
    const world = await modelFixture({
      models: {
        'old@1.0.0': { files: { 'a/one.bin': seeded(500_000, 1) }, keys: { description: HOSTILE } },
        [LONG]: { files: { [`${'x'.repeat(180)}.bin`]: 'long' }, keys: { description: 'and on '.repeat(60), type: 'y'.repeat(60) } },
      },
    });
    await ensureAll(world, ['old@1.0.0', LONG]);
    const { page, open, ask } = await dashboard(browser(), world, { scope: 'admin' });
    await ask('/jobs', {
      method: 'POST',
      body: JSON.stringify({ kind: 'verify', model: 'old@1.0.0' }),
      headers: { 'content-type': 'application/json' },
    });
    const faults: unknown[] = [];
    const look = async (view: string): Promise<void> => {
      for (const [colorScheme, width] of [
        ['dark', 1280],
        ['dark', 1024],
        ['light', 360],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 740 });
        faults.push(...(await accessibilityFaults(page)).map((fault) => `${view}, ${colorScheme}: ${fault}`));
        if ((await overhang(page)) > 0) faults.push(`${view} is wider than ${width}`);
      }
    };
    await open('#/models');
    await page.getByRole('link', { name: 'old@1.0.0' }).waitFor();
    await look('models');
    await page.getByRole('link', { name: 'old@1.0.0' }).click();
    await page.getByRole('heading', { name: 'Files' }).waitFor();
    await look('a model');
    await open(modelHash(LONG));
    await page.getByRole('heading', { name: 'Files' }).waitFor();
    await look('a model with a long name');
    await named(page, 'Remove…').click();
    await look('a dialog');
    await named(page, 'Keep it').click();
    await page.getByRole('link', { name: 'Queue' }).click();
    await named(page, /^verify/).click();
    await page.getByText(/at work$/).waitFor();
    await look('the queue');
    await page.getByRole('link', { name: 'Disk' }).click();
    await page.getByLabel('All models at most').fill('1K');
    await named(page, 'Preview').click();
    await named(page, 'Run this plan…').waitFor();
    await look('the disk');
    await page.getByRole('link', { name: 'Node' }).click();
    await page.getByText('up for').waitFor();
    await page.getByRole('heading', { name: 'Sources' }).waitFor();
    await look('the node');
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page.getByRole('row').nth(1).waitFor();
    await look('the log');
    await named(page, 'Log out').click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await look('the log-in');
    expect(faults).toEqual([]);
  });

  it('needs no pointer: by keyboard alone a model is found, ensured, and looked after', async () => {
    const world = await threeModels();
    const { page, open } = await dashboard(browser(), world, { scope: 'write' });
    await open();
    await page.getByRole('link', { name: 'old@1.0.0' }).waitFor();
    const press = (...keys: readonly string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    const focused = () => page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
    await press('Tab');
    expect(await focused()).toBe('Skip to content');
    await press('Enter');
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('MAIN');
    const tabTo = async (text: string | RegExp): Promise<void> => {
      for (let tries = 0; tries < 60; tries++) {
        await press('Tab');
        if ((await focused()).match(text) !== null) return;
      }
      throw new Error(`nothing that says ${String(text)} gets the focus`);
    };
    await tabTo(/^photo@1\.0\.0/);
    await press('Enter');
    await named(page, 'Ensure').waitFor();
    await tabTo(/^Ensure$/);
    await press('Space');
    await page.getByText('ensure succeeded').waitFor();
    await tabTo(/^Pin…$/);
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Pin…');
  });

  it('stays quick with a thousand models', async () => {
    const models = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`m${String(index).padStart(3, '0')}@1.0.0`, { files: { 'a.bin': `bytes ${index}` } }]),
    );
    const { page, open } = await dashboard(browser(), await modelFixture({ models }));
    await open();
    await page.getByText('1–100 of 1000').waitFor();
    expect(await page.getByRole('row').count()).toBe(101);
    await named(page, 'Next ›').click();
    await page.getByRole('link', { name: 'm100@1.0.0' }).waitFor();
    await page.getByLabel('Search').fill('m999');
    await page.getByRole('link', { name: 'm999@1.0.0' }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
  });
});
