/** The built command and a server that the Hub's own clients take for the Hub: by what that server saw. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { HubServer, storagePath } from '../servers/hub/hub-server.ts';
import { HUB_PYTHON, hubPython } from '../support/hub-client.ts';
import { MODEL, modelFixture, textOf } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';

const REPO = 'Wan-AI/Wan2.2-Tiny';
const TOKEN = 'hf_s3cretTokenOfTheTest';
const files = {
  'high_noise_model/model.safetensors': seeded(3_000_000, 81),
  'vae/model.safetensors': seeded(40_000, 82),
  'config.json': '{"_class_name": "WanPipeline"}',
};
const WEIGHTS = 'high_noise_model/model.safetensors';

let hub: HubServer;
beforeEach(async () => {
  hub = await HubServer.start();
  hub.commit(REPO, files);
});
afterEach(() => hub.stop());

const worldOf = (source = `hf://${REPO}`, env: Record<string, string> = {}) =>
  modelFixture({ files, sources: [source], env: { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off', ...env } });
const pathsAsked = (pattern: RegExp): string[] => hub.requests.filter(({ path }) => pattern.test(path)).map(({ path }) => path);

describe('ensure from hf://', () => {
  it('asks for one listing and no HEAD, and the bytes are right', async () => {
    const world = await worldOf();
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    for (const [path, file] of Object.entries(files))
      expect(readFileSync(join(world.modelDir(), path)).equals(textOf(file)), path).toBe(true);
    expect(pathsAsked(/^\/api\/models\//)).toEqual([`/api/models/${REPO}/revision/main`]);
    expect(hub.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(pathsAsked(/\/resolve\/main\//)).toEqual([]);
    expect(pathsAsked(/\/resolve\/.*high_noise_model/)).toHaveLength(1);
    // Each byte once, and one more a file to find out where its bytes are.
    expect(hub.storage.sentBytes()).toBe(3_040_000 + 2);
    expect(await checkInvariants(world.modelsRoot)).toEqual([]);
  });

  it('of a commit asks for no listing that this machine has', async () => {
    const commit = hub.repo(REPO).refs.get('main') ?? '';
    const world = await worldOf(`hf://${REPO}@${commit}`);
    expect(await world.cli(['models', 'ensure', MODEL])).toMatchObject({ code: 0 });
    expect(await world.cli(['models', 'ensure', MODEL, '--force'])).toMatchObject({ code: 0 });
    expect(pathsAsked(/\/resolve\/.*vae/)).toHaveLength(2);
    expect(pathsAsked(/^\/api\/models\//)).toHaveLength(1);
    expect(readdirSync(join(world.modelsRoot, '.state', 'listings'))).toEqual([`models--Wan-AI--Wan2.2-Tiny--${commit}.json`]);
  });

  it('sends the token to the Hub alone, and keeps it out of everything', async () => {
    hub.repo(REPO).isPrivate = true;
    hub.repo(REPO).isGated = true;
    hub.allow(TOKEN, REPO);
    const world = await worldOf(undefined, { HF_TOKEN: TOKEN });
    const ran = await world.cli(['models', 'ensure', MODEL, '--log-level', 'debug']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(hub.storage.requests.length).toBeGreaterThan(0);
    expect(hub.storage.requests.flatMap(({ headers }) => headers.authorization ?? [])).toEqual([]);
    const state = readdirSync(join(world.modelsRoot, '.state'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect([ran.stdout, ran.stderr, ...state].join('\n')).not.toMatch(/s3cretToken|X-Amz-Signature/);
  });

  it('goes on behind a new URL where the signed one ends in the middle of a file', async () => {
    const world = await worldOf(undefined, { WAN_CONNECTIONS: '1', WAN_RETRY_ATTEMPTS: '3' });
    const path = storagePath(sha256Hex(files[WEIGHTS]));
    let ended = false;
    hub.storage.fault(
      path,
      (reply) => {
        // The connection ends half-way, and until it is made anew an hour has gone by.
        Object.assign(reply, { stopAfter: 1_200_000, ending: 'fin' });
        hub.signer.passTime(3601_000);
        ended = true;
      },
      { when: ({ range }) => !ended && (range === undefined || range.last === undefined || range.last - range.first > 1_200_000) },
    );
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(join(world.modelDir(), WEIGHTS)).equals(textOf(files[WEIGHTS]))).toBe(true);
    expect(ended).toBe(true);
    expect(hub.signer.refusals).toBeGreaterThan(0);
    expect(hub.storage.sentBytes(path)).toBeLessThan(3_000_000 + 600_000);
  });

  it('asks for no file that allow_patterns leave out', async () => {
    const world = await worldOf();
    const manifest = readFileSync(world.manifestPath, 'utf8');
    writeFileSync(world.manifestPath, manifest.replace(/^priority = .*$/m, '$&\nallow_patterns = ["*.json", "vae/*"]'));
    const ran = await world.cli(['models', 'ensure', MODEL]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(join(world.modelDir(), 'vae/model.safetensors')).equals(textOf(files['vae/model.safetensors']))).toBe(true);
    expect(existsSync(join(world.modelDir(), WEIGHTS))).toBe(false);
    expect(pathsAsked(/high_noise_model/)).toEqual([]);
  });

  it('says whose terms are to be accepted, and where', async () => {
    hub.repo(REPO).isGated = true;
    const world = await worldOf();
    const ran = await world.cli(['models', 'ensure', MODEL, '--json']);
    expect(ran.code).toBe(8);
    const { error } = ran.json();
    expect(error).toMatchObject({ code: 'GATED', reason: 'gated_without_token', details: { page: `${hub.url}/${REPO}` } });
    expect(error.hint).toContain(`${hub.url}/${REPO}`);
  });

  it.each([['lock'], ['outdated'], ['diff', MODEL]])('says on %s what is waited for, where the Hub asks for patience', async (...verb) => {
    const world = await modelFixture({ models: { [MODEL]: { files: {}, sources: [`hf://${REPO}`] } }, env: { HF_ENDPOINT: hub.url } });
    const manifest = readFileSync(world.manifestPath, 'utf8');
    writeFileSync(world.manifestPath, manifest.replace(/^files = .*$/m, ''));
    if (verb[0] !== 'lock') expect(await world.cli(['models', 'lock'])).toMatchObject({ code: 0 });
    let refusals = 0;
    hub.override = () => (refusals++ === 0 ? { status: 429, headers: { 'retry-after': '5' } } : undefined);
    const ran = await world.cli(['models', ...verb], { WAN_RETRY_ATTEMPTS: '1' });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(/: hf:\/\/Wan-AI\/Wan2\.2-Tiny is asked again in \d+(?:\.\d+)? s: rate_limit_anonymous\n/);
  });

  it.each([
    ['once to those who ask for hf_transfer', { HF_HUB_ENABLE_HF_TRANSFER: '1' }, 1],
    ['never to the others', {}, 0],
  ])('says in the log %s that it is not needed', async (_, env, times) => {
    const models = { 'a@1.0.0': { files, sources: [`hf://${REPO}`] }, 'b@1.0.0': { files: { 'config.json': files['config.json'] } } };
    const world = await modelFixture({ models, env: { HF_ENDPOINT: hub.url, WAN_HF_CACHE: 'off', WAN_CONNECTIONS: '', ...env } });
    const ran = await world.cli(['models', 'ensure', '--all', '--force', '--log-format', 'json']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr.match(/hf_transfer is not there, nor needed; up to 64 connections/g) ?? []).toHaveLength(times);
  });

  it('opens nothing with --offline', async () => {
    const world = await worldOf();
    const ran = await world.cli(['models', 'ensure', MODEL, '--offline', '--json']);
    expect(ran.json().error.code).toBe('OFFLINE');
    expect(hub.requests).toEqual([]);
  });
});

describeWithReal("what ensure lays down in the Hub's cache", {
  needs: [HUB_PYTHON],
  suite: () => {
    it("is found there by the Hub's own client, which is offline", async () => {
      const cache = join(await tempDir(), 'hub');
      const world = await worldOf(undefined, { WAN_HF_CACHE: 'populate', HF_HUB_CACHE: cache });
      const ran = await world.cli(['models', 'ensure', MODEL]);
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      const count = hub.requests.length;
      const { code, stdout, stderr } = await hubPython(`from huggingface_hub import *\nprint(snapshot_download('${REPO}'))`, [], { cache });
      expect(code, stderr).toBe(0);
      for (const [path, file] of Object.entries(files))
        expect(readFileSync(join(stdout.trim(), path)).equals(textOf(file)), path).toBe(true);
      expect(hub.requests.length).toBe(count);
    });
  },
});
