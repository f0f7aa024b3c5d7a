/** A real Chromium of this machine: `WAN_TEST_CHROMIUM` names it, or it is on the PATH. */
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { describeUnless } from './real-server.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

function findChromium(): string | undefined {
  const named = process.env.WAN_TEST_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  return NAMES.find((name) => spawnSync('which', [name], { stdio: 'ignore' }).status === 0);
}

/** `describe`, for suites that look at pages: one browser for all of them, which goes with the suite. */
export function describeWithChromium(title: string, suite: (browser: () => Browser) => void): void {
  const program = findChromium();
  describeUnless(program === undefined ? ['chromium, or WAN_TEST_CHROMIUM'] : [], title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      // A proxy of this machine is none of the page's business, which asks for nothing beyond its origin.
      browser = await chromium.launch({ executablePath: pathOf(program ?? ''), args: ['--no-proxy-server'] });
    });
    afterAll(() => browser?.close());
    suite(() => {
      if (browser === undefined) throw new Error('the browser is not there yet');
      return browser;
    });
  });
}

const pathOf = (program: string): string =>
  program.includes('/') ? program : spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim();
