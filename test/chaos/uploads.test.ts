/** A service that is killed while models are uploaded to it: what it acknowledged stays, and everybody comes to an end. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { type RunningService, serving } from '../support/running-service.ts';
import { type UploadedPart, Uploader } from '../support/uploader.ts';
import { seededRandom } from './chaos-model.ts';

const KILLS = 10;
const CHUNK_BYTES = 96 * 1024;
const bytesOf = (size: number, seed: number): Uint8Array => new Uint8Array(seeded(size, seed).read(0, size));
const shared: UploadedPart = { path: 'shared.bin', bytes: bytesOf(2_500_000, 1) };
/** Two uploaders of one model, and one of another with a file in common. */
const same = [
  shared,
  { path: 'a/one.bin', bytes: bytesOf(1_800_000, 2) },
  { path: 'a/untold.bin', bytes: bytesOf(900_000, 3), sha256: null },
];
const other = [
  { path: 'b/two.bin', bytes: bytesOf(2_200_000, 4) },
  { ...shared, path: 'b/again.bin' },
];
const UPLOADS = [
  ['same@1.0.0', same],
  ['same@1.0.0', same],
  ['other@1.0.0', other],
] as const;

it('loses nothing that it acknowledged to three uploaders, killed at seeded moments', async () => {
  const world = await modelFixture({
    files: { 'a.bin': 'some bytes' },
    env: { WAN_API_ANONYMOUS: 'write', WAN_API_RATE_LIMIT: '1000000' },
  });
  const service = new MortalService(world);
  await service.start();
  const uploaders = UPLOADS.map(([model, parts]) => new Persistent(service, model, parts));
  const acknowledged = (): number => uploaders.reduce((sum, uploader) => sum + uploader.requests, 0);
  let isDone = false;
  const all = Promise.all(uploaders.map((uploader) => uploader.run())).finally(() => {
    isDone = true;
  });
  const random = seededRandom(11);
  let kills = 0;
  while (!isDone && kills < KILLS) {
    // So many requests more, whatever time they take, and then somewhere in the next one.
    const until = acknowledged() + 3 + Math.floor(random() * 15);
    while (!isDone && acknowledged() < until) await sleep(2);
    await sleep(random() * 20);
    if (isDone) break;
    await service.killAndRestart();
    kills++;
  }
  await all;
  await service.stop();
  expect([kills > 2, uploaders.some(({ wentOn }) => wentOn)]).toEqual([true, true]);
  await using orchestrator = await world.orchestrator();
  for (const [model, parts] of UPLOADS) {
    expect((await orchestrator.status(model)).state).toBe('COMPLETE');
    for (const { path, bytes } of parts) expect(readFileSync(join(world.modelsRoot, 'custom', model, path)).equals(bytes), path).toBe(true);
  }
  expect(await checkInvariants(world.modelsRoot)).toEqual([]);
});

class MortalService {
  readonly #world: ModelWorld;
  #serving: RunningService | undefined;

  constructor(world: ModelWorld) {
    this.#world = world;
  }

  /** Undefined: it is dead just now. */
  get url(): string | undefined {
    return this.#serving?.url;
  }

  async start(): Promise<void> {
    this.#serving = await serving(this.#world);
  }

  async killAndRestart(): Promise<void> {
    await this.#end('SIGKILL');
    await this.start();
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    serving?.kill(signal);
    await serving?.ended;
  }
}

/** Goes on until its model is there, whatever becomes of the service; and sees to it that nothing acknowledged is lost. */
class Persistent {
  readonly #service: MortalService;
  readonly #model: string;
  readonly #parts: readonly UploadedPart[];
  readonly #acknowledged: number[];
  #id: string | undefined;
  /** That were answered well. */
  requests = 0;
  /** Whether it found bytes of an earlier service. */
  wentOn = false;

  constructor(service: MortalService, model: string, parts: readonly UploadedPart[]) {
    this.#service = service;
    this.#model = model;
    this.#parts = parts;
    this.#acknowledged = parts.map(() => 0);
  }

  async run(): Promise<void> {
    while (!(await this.#isThere())) await sleep(20);
  }

  async #isThere(): Promise<boolean> {
    const { url } = this.#service;
    if (url === undefined) return false;
    try {
      return await this.#goOn(new Uploader(url));
    } catch (error) {
      // The service died under the request.
      if (error instanceof TypeError && error.message === 'fetch failed') return false;
      if (error instanceof TypeError && error.message === 'terminated') return false;
      throw error;
    }
  }

  async #goOn(client: Uploader): Promise<boolean> {
    this.#id ??= await this.#begin(client);
    if (this.#id === undefined) return this.#isAvailable(client);
    for (const [index, { bytes }] of this.#parts.entries()) {
      const isSent = await this.#send(client, this.#id, index, bytes);
      if (!isSent) return this.#isAvailable(client);
    }
    const { status, json } = await client.complete(this.#id);
    if (status === 200) return true;
    // Its answer to the first request was lost, or the other uploader was first.
    expect(['upload_unknown', 'upload_busy'], JSON.stringify(json)).toContain(json.reason);
    return this.#isAvailable(client);
  }

  /** Undefined where the other uploader has published it. */
  async #begin(client: Uploader): Promise<string | undefined> {
    const { status, json } = await client.begin(this.#model, this.#parts);
    if (status === 409 && json.reason === 'model_exists') return undefined;
    expect(status, JSON.stringify(json)).toBe(201);
    return String(json.id);
  }

  /** False where the upload is over: it was completed. */
  async #send(client: Uploader, id: string, index: number, bytes: Uint8Array): Promise<boolean> {
    const start = await client.offset(id, index);
    if (Number.isNaN(start)) return false;
    const acknowledged = this.#acknowledged[index] ?? 0;
    expect(start, `file ${index} of ${this.#model}`).toBeGreaterThanOrEqual(acknowledged);
    this.wentOn ||= acknowledged > 0 && start < bytes.length;
    for (let offset = start; offset < bytes.length; ) {
      const { status, headers, json } = await client.patch(id, index, offset, bytes.subarray(offset, offset + CHUNK_BYTES));
      if (status === 423 || (status === 409 && json.reason === 'upload_offset')) {
        await sleep(10);
        offset = await client.offset(id, index);
        continue;
      }
      expect(status, JSON.stringify(json)).toBe(204);
      offset = Number(headers.get('upload-offset'));
      this.#acknowledged[index] = offset;
      this.requests++;
    }
    return true;
  }

  async #isAvailable(client: Uploader): Promise<boolean> {
    return (await client.send('GET', `/v1/models/${this.#model}`)).json.status === 'available';
  }
}
