/**
 * The dashboard of a real `wan serve` in a real browser, and what it must never do, whatever a test does with it: ask for anything beyond its
 * origin, break the policy that the service sends, throw, or open a window because of somebody's text.
 *
 *     const { page, open } = await dashboard(browser(), world, { scope: 'write' });
 *     await open('#/queue');
 */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Scope } from '../../src/credentials/api-token.ts';
import type { ModelWorld } from './model-fixture.ts';
import { type RunningService, serving } from './running-service.ts';

export interface Dashboard {
  readonly page: Page;
  readonly service: RunningService;
  /** Of the scope that was asked for; '' where none was. */
  readonly token: string;
  /** @param hash with its `#` */
  open(hash?: string): Promise<void>;
  /** Asks the service as the token's owner. */
  ask<Answer>(path: string, init?: RequestInit): Promise<Answer>;
}

export interface DashboardOptions {
  /** Whose token the tab holds. Default: none was made, and none is. */
  readonly scope?: Scope;
  readonly context?: BrowserContextOptions;
  /** One that runs already. */
  readonly service?: RunningService;
}

const ACTION_TIMEOUT_MS = 20_000;

export async function dashboard(browser: Browser, world: ModelWorld, options: DashboardOptions = {}): Promise<Dashboard> {
  const token = options.scope === undefined ? '' : await tokenOf(world, options.scope);
  const service = options.service ?? (await serving(world));
  const page = await watchedPage(browser, service.url, options.context);
  if (token !== '') await page.addInitScript((kept) => sessionStorage.setItem('wan-token', kept), token);
  return {
    ...{ page, service, token },
    open: async (hash = '') => {
      await page.goto(`${service.url}/dashboard${hash}`);
    },
    ask: async (path, init = {}) => {
      const headers = { ...(token !== '' && { authorization: `Bearer ${token}` }), ...init.headers };
      const answer = await fetch(`${service.url}/v1${path}`, { ...init, headers });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json() as Promise<never>;
    },
  };
}

export async function tokenOf(world: ModelWorld, scope: Scope, name = `the ${scope}`): Promise<string> {
  const made = await world.cli(['auth', 'token', 'create', name, '--scope', scope, '--json']);
  return made.json<{ readonly data: { readonly token: string } }>().data.token;
}

async function watchedPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(ACTION_TIMEOUT_MS);
  const wrongs: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) wrongs.push(`asked for ${request.url()}`);
  });
  page.on('pageerror', (error) => wrongs.push(`threw ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    wrongs.push(`opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/content security policy|uncaught|warning/i.test(`${message.type()} ${message.text()}`)) wrongs.push(`said ${message.text()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(wrongs).toEqual([]);
  });
  return page;
}

/** What axe-core finds wrong on the page as it is now: rules with the elements that break them. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}: ${failureSummary ?? ''}`),
  );
}

/** By how many pixels the page is wider than its window. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
