/** The Hub's own clients at our Hub whose files lie in a real Xet storage: they read them from there, and get the right bytes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile, fileDownloadInfo } from '@huggingface/hub';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hubCli } from '../../support/hub-client.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { onDisk, seeded, sha256Hex } from '../http/content.ts';
import { HubServer } from './hub-server.ts';
import { LocalCas, missingForXet } from './local-cas.ts';

const REPO = 'wan/xet';
const NAME = 'model.safetensors';
const missing = missingForXet();
const title = "the Hub's clients at a real Xet storage";

describe.skipIf(missing.length > 0)(missing.length === 0 ? title : `${title} (needs ${missing.join(', ')})`, () => {
  let hub: HubServer;
  let cas: LocalCas;
  let bytes: Buffer;

  beforeEach(async () => {
    const folder = await tempDir();
    hub = await HubServer.start();
    cas = await LocalCas.start(join(folder, 'cas'));
    const path = join(folder, NAME);
    await writeFile(path, seeded(5_000_000, 1).read(0, 5_000_000));
    const content = onDisk(path);
    const hashes = await cas.upload([path], folder);
    hub.casUrl = cas.url;
    hub.repo(REPO).xetHashOf = () => hashes.get(path) ?? '';
    hub.commit(REPO, { [NAME]: content });
    bytes = await readFile(path);
    expect(sha256Hex(content)).toMatch(/^[0-9a-f]{64}$/);
  });
  afterEach(async () => {
    await cas.stop();
    await hub.stop();
  });

  /** Nothing came over the bridge: that would prove nothing of Xet. */
  const expectNoBridge = () => expect(hub.storage.requests).toEqual([]);

  it('serves hf download with hf_xet, which its own check finds right', async () => {
    const cache = await tempDir();
    const client = (args: readonly string[]) =>
      hubCli(args, { cache, endpoint: hub.url, env: { HF_HUB_DISABLE_XET: '0', HF_HOME: cache } });
    const done = await client(['download', REPO, '--quiet']);
    expect([done.code, done.stderr]).toEqual([0, expect.anything()]);
    expect((await readFile(join(done.stdout.trim(), NAME))).equals(bytes)).toBe(true);
    expect((await client(['cache', 'verify', REPO, '--fail-on-missing-files'])).code).toBe(0);
    expect(hub.requests.some(({ path }) => path.includes('xet-read-token'))).toBe(true);
    expectNoBridge();
  });

  it('serves the JavaScript client, whole and from the middle', async () => {
    const place = { repo: REPO, hubUrl: hub.url, path: NAME };
    expect((await fileDownloadInfo(place))?.xet).toBeDefined();
    const blob = await downloadFile(place);
    expect(Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer()).equals(bytes)).toBe(true);
    const middle = blob?.slice(1_234_567, 2_345_678);
    expect(Buffer.from((await middle?.arrayBuffer()) ?? new ArrayBuffer()).equals(bytes.subarray(1_234_567, 2_345_678))).toBe(true);
    expectNoBridge();
  });
});
