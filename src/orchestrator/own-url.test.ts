/** Signed URLs of single files, at a server that checks signature and time. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { allOf, cutAt, FaultServer, seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { UrlSigner } from '../../test/servers/http/signed-urls.ts';
import { MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import type { Sha256 } from '../domain/digest.ts';
import type { ModelEvent } from '../domain/events.ts';
import type { UrlRequest } from './api.ts';

const MINUTE = 60_000;
const BYTES = 3_000_000;
/** A source that has nothing. */
const NOWHERE = 'local://nowhere';
const FILE = 'unet/weights.bin';

interface SignedPlace {
  readonly world: ModelWorld;
  readonly server: FaultServer;
  readonly signer: UrlSigner;
  readonly requests: UrlRequest[];
  readonly events: ModelEvent[];
  sign(): string;
}

/** A model whose only file is behind signed URLs, and in `sources`. @param prepare arms faults that come before the guard */
async function signedPlace(
  sources: readonly string[],
  prepare?: (place: { server: FaultServer; signer: UrlSigner }) => void,
): Promise<SignedPlace> {
  const server = await FaultServer.start({ files: { 'w.bin': seeded(BYTES, 1) } });
  onTestFinished(() => server.stop());
  const signer = new UrlSigner();
  prepare?.({ server, signer });
  signer.guard(server);
  const world = await modelFixture({ files: { [FILE]: seeded(BYTES, 1) }, sources, env: { WAN_RETRY_ATTEMPTS: '3' } });
  return { world, server, signer, requests: [], events: [], sign: () => signer.sign(server.urlOf('w.bin'), MINUTE) };
}

async function ensure(place: SignedPlace, answer: (request: UrlRequest) => string | undefined) {
  await using orchestrator = await place.world.orchestrator();
  return await orchestrator.ensureDetailed(MODEL, {
    onEvent: (event) => void place.events.push(event),
    resolveUrl: (request) => {
      place.requests.push(request);
      return Promise.resolve(answer(request));
    },
  });
}

/** Answers with the first bytes of the file, given after a URL was refused; one byte is only a probe. */
function fetchedFromTheStart(server: FaultServer): readonly unknown[] {
  const requests = server.requestsOf('w.bin');
  const refused = requests.findIndex(({ status }) => status === 403);
  return requests.slice(refused).filter(({ status, range }) => status < 300 && (range?.first ?? 0) === 0 && range?.last !== 0);
}

describe('a URL that is handed out for a file', () => {
  it('is asked for once and used before every source, its signature told to nobody', async () => {
    const place = await signedPlace(['http']);
    const result = await ensure(place, place.sign);
    expect(result.fetchedBytes).toBeGreaterThanOrEqual(BYTES);
    expect(place.requests).toMatchObject([{ model: MODEL, path: FILE, hasEnded: false }]);
    expect(place.world.server().requests).toEqual([]);
    expect(JSON.stringify([place.events, result])).not.toContain('X-Amz');
    expect(JSON.stringify(place.events)).toContain(`${place.server.url}/w.bin?…`);
  });

  it('is asked for again when it has ended in the middle, and what was held is not fetched again', async () => {
    const place = await signedPlace([NOWHERE], ({ server, signer }) => {
      server.fault(
        'w.bin',
        allOf(cutAt(1_500_000), () => signer.passTime(MINUTE)),
        { times: 1 },
      );
    });
    await ensure(place, place.sign);
    expect(place.requests.map(({ hasEnded }) => hasEnded)).toEqual([false, true]);
    expect(place.signer.refusals).toBeGreaterThan(0);
    expect(fetchedFromTheStart(place.server)).toEqual([]);
  });

  it('that has ended and is not renewed says so, and what to do', async () => {
    const place = await signedPlace([NOWHERE]);
    const url = place.sign();
    place.signer.passTime(MINUTE);
    const error = await ensure(place, () => url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTH_FAIL', reason: 'expired', hint: expect.stringContaining('--presigned'), exitCode: 8 });
    expect(JSON.stringify([error, place.events])).not.toContain('X-Amz');
  });

  it('is not needed for every file: the sources have the others, and have it where handing out fails', async () => {
    const place = await signedPlace(['local']);
    expect((await ensure(place, () => undefined)).fetchedBytes).toBe(BYTES);
    const other = await signedPlace(['local']);
    const result = await ensure(other, () => {
      throw new Error(`the signer is away: ${other.sign()}`);
    });
    expect(result.fetchedBytes).toBe(BYTES);
    const failed = other.events.filter(({ type }) => type === 'source.failed');
    expect(failed).toMatchObject([
      { file: FILE, error: { reason: 'resolve_url_failed', message: expect.stringContaining('the signer is away') } },
    ]);
    expect(JSON.stringify(other.events)).not.toContain('X-Amz');
  });

  it('is shown by a plan, redacted, and not asked for offline', async () => {
    const place = await signedPlace(['local']);
    await using orchestrator = await place.world.orchestrator();
    const resolveUrl = () => Promise.resolve(place.sign());
    const plan = await orchestrator.plan(MODEL, { resolveUrl });
    expect(plan.files).toMatchObject([{ path: FILE, url: `${place.server.url}/w.bin?…` }]);
    expect((await orchestrator.plan(MODEL, { resolveUrl, offline: true })).files[0]).not.toHaveProperty('url');
    expect(place.server.requests).toEqual([]);
  });
});

describe('the URL of a model that somebody registered', () => {
  it('is planned, and told, as it was written', async () => {
    const source = await FaultServer.start({ files: { 'w.bin': seeded(100, 1) } });
    onTestFinished(() => source.stop());
    const world = await modelFixture({ files: { [FILE]: 'x' }, env: { WAN_ALLOWED_INTERNAL_HOSTS: '127.0.0.1' } });
    await using orchestrator = await world.orchestrator();
    const url = source.urlOf('w.bin');
    const file = { path: 'w.bin', url, sizeBytes: 100, sha256: sha256Hex(seeded(100, 1)) as Sha256 };
    await orchestrator.register({ modelId: 'theirs@1.0.0', fields: { type: 'llm' }, files: [file] });
    expect((await orchestrator.plan('theirs@1.0.0')).files).toMatchObject([{ path: 'w.bin', url }]);
  });
});
