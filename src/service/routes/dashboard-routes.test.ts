import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { type TestService, testService } from '../../../test/support/test-service.ts';

const served = async (): Promise<TestService> => testService(await modelFixture({ files: { 'a.bin': 'bytes' } }));
const NAMES = /\/dashboard\/assets\/([^"]+)/g;

describe('the dashboard', () => {
  it('is a page with all that it names, each of its type and kept for ever, and the page itself asked for anew', async () => {
    const { ask, bearer } = await served();
    // From now on whatever has data asks for a token: the page has none.
    await bearer('read');
    const page = await ask('/dashboard');
    expect([page.status, page.headers.get('content-type'), page.headers.get('cache-control')]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const assets = [...page.text.matchAll(NAMES)].map(([, name = '']) => name);
    const types: unknown[] = [];
    for (const name of assets) {
      const asset = await ask(`/dashboard/assets/${name}`);
      expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      expect(asset.text.length).toBeGreaterThan(100);
      types.push(asset.headers.get('content-type'));
    }
    expect(types).toEqual(['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
    const same = await ask('/dashboard', { headers: { 'if-none-match': page.headers.get('etag') ?? '' } });
    expect([same.status, same.text]).toEqual([304, '']);
  });

  it('keeps within the policy of the service: nothing inline, nothing from elsewhere', async () => {
    const { ask } = await served();
    const page = await ask('/dashboard');
    expect(page.text).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son[a-z]+=|https?:/);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none';script-src 'self';style-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it.each(['nothing.js', '..%2findex.html', '%2e%2e%2f%2e%2e%2fcli.cjs', '..%5cindex.html', '.', '%00'])(
    'has no file that is called %s',
    async (name) => {
      const { port } = await served();
      expect(await statusOf(port, `/dashboard/assets/${name}`)).toBe(404);
    },
  );

  it('answers at / whoever asks for a page, and only at /', async () => {
    const { ask } = await served();
    const html = { headers: { accept: 'text/html,application/xhtml+xml' } };
    expect((await ask('/', html)).headers.get('content-type')).toMatch(/^text\/html/);
    for (const [path, init] of [
      ['/', undefined],
      ['/', { headers: { accept: 'application/json' } }],
      ['/v1', html],
      ['/api', html],
    ] as const) {
      expect((await ask(path, init)).json().service).toBe('wan-models');
    }
  });

  it('may be opened by a link from another site, which may ask for nothing else', async () => {
    const { port } = await served();
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await statusOf(port, '/dashboard', link)).toBe(200);
    expect(await statusOf(port, '/v1/models', link)).toBe(403);
    expect(await statusOf(port, '/dashboard', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(await statusOf(port, '/dashboard', { ...link, host: 'evil.example' })).toBe(421);
  });
});

/** As it is written: `fetch` would tidy the path up. */
function statusOf(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers }, (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
    sent.once('error', reject).end();
  });
}
