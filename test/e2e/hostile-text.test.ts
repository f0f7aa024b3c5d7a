/** What servers say, as the built command shows it: text, and never a command to the terminal. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GithubServer } from '../servers/github/github-server.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';

/** Clears the screen, names the window, colours by one character, turns the reading round, and starts a line that looks like ours. */
const HOSTILE = 'v1\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\nwan: every file is proven\r';
const STEERS = /[^\P{C}\n]|[\u2028\u2029]/u;

let github: GithubServer;
let hub: HubServer;
beforeAll(async () => {
  [github, hub] = await Promise.all([GithubServer.start(), HubServer.start()]);
  github.upload('acme/models', 'v1', 'a.bin', 'x');
  hub.commit('acme/models', { 'b.bin': 'x' });
});
afterAll(() => Promise.all([github.stop(), hub.stop()]));

const release = { tag_name: 'v1', assets: [{ id: 1, size: 1, name: HOSTILE, browser_download_url: 'https://github.com/x' }] };

it.each([
  ['a tag of GitHub', 'github://acme/models@none', () => github.answerList([{ tag_name: HOSTILE }])],
  ['the name of an asset', 'github://acme/models@v1', () => github.refuseAll({ status: 200, document: release })],
  ['an error of GitHub', 'github://acme/models@v1', () => github.refuseAll({ status: 403, document: { message: HOSTILE } })],
  ['the name of a file at the Hub', 'hf://acme/models', () => hub.commit('acme/models', { [HOSTILE]: 'x' })],
  [
    'an error of the Hub',
    'hf://acme/models',
    () => Object.assign(hub, { override: () => ({ status: 403, document: { error: HOSTILE } }) }),
  ],
  [
    'a header of the Hub',
    'hf://acme/models',
    () => Object.assign(hub, { override: () => ({ status: 403, headers: { 'x-error-message': 'a\u009b31m\u0085b' } }) }),
  ],
])('%s steers no terminal: not in errors, notices, logs or documents', async (_, source, say) => {
  Object.assign(hub, { override: undefined });
  github.refuseAll(undefined);
  say();
  const world = await modelFixture({
    files: { 'a.bin': 'model' },
    sources: [source],
    env: { HF_ENDPOINT: hub.url, GITHUB_API_URL: github.apiUrl, WAN_HF_CACHE: 'off' },
  });
  for (const flags of [
    [],
    ['--log-level', 'debug', '--log-format', 'human'],
    ['--log-format', 'json'],
    ['--progress', 'json'],
    ['--json'],
  ]) {
    const { code, stdout, stderr } = await world.cli(['models', 'ensure', MODEL, ...flags]);
    expect(code).toBeGreaterThan(0);
    expect(stdout + stderr, flags.join(' ')).not.toMatch(STEERS);
    expect(stdout + stderr, flags.join(' ')).not.toMatch(/^wan: every file/m);
  }
});
