/** `--presigned`: signed URLs handed to the built command in a file, at a server that checks signature and time. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allOf, cutAt, FaultServer, seeded } from '../servers/http/fault-server.ts';
import { UrlSigner } from '../servers/http/signed-urls.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const MINUTE = 60_000;
const BYTES = 3_000_000;
const FILES = { 'unet/weights.bin': seeded(BYTES, 1), 'config.json': '{"a":1}' };

interface Place {
  readonly world: ModelWorld;
  readonly server: FaultServer;
  readonly signer: UrlSigner;
  writeMap(map: Readonly<Record<string, unknown>>): void;
}

async function placeWith(prepare?: (place: Pick<Place, 'server' | 'signer'>) => void): Promise<Place> {
  const server = await FaultServer.start({ files: { 'w.bin': FILES['unet/weights.bin'], 'c.json': FILES['config.json'] } });
  onTestFinished(() => server.stop());
  const signer = new UrlSigner();
  prepare?.({ server, signer });
  signer.guard(server);
  const world = await modelFixture({ files: FILES, sources: ['local://nowhere'], env: { WAN_RETRY_ATTEMPTS: '3' } });
  const writeMap: Place['writeMap'] = (map) => writeFileSync(join(world.directory, 'urls.json'), JSON.stringify(map));
  return { world, server, signer, writeMap };
}

const mapOf = ({ server, signer }: Pick<Place, 'server' | 'signer'>): Record<string, string> => ({
  // Case counts in the path only.
  [`${MODEL.toUpperCase()}/unet/weights.bin`]: signer.sign(server.urlOf('w.bin'), MINUTE),
  'config.json': signer.sign(server.urlOf('c.json'), MINUTE),
});

/** Answers with the first bytes of the file, given after a URL was refused; one byte is only a probe. */
function fetchedFromTheStart(server: FaultServer): readonly unknown[] {
  const requests = server.requestsOf('w.bin');
  const refused = requests.findIndex(({ status }) => status === 403);
  return requests.slice(refused).filter(({ status, range }) => status < 300 && (range?.first ?? 0) === 0 && range?.last !== 0);
}

const ensure = ({ world }: Place, ...more: readonly string[]) =>
  world.cli(['models', 'ensure', MODEL, '--presigned', 'urls.json', '--log-level', 'debug', ...more]);

describe('ensure --presigned', () => {
  it('fetches from the URLs of the map, whose signatures nobody sees', async () => {
    const place = await placeWith();
    place.writeMap(mapOf(place));
    const plan = await place.world.cli(['models', 'plan', MODEL, '--presigned', 'urls.json', '--json']);
    expect(plan.json().data).toMatchObject({
      results: [{ files: [{ url: `${place.server.url}/w.bin?…` }, { url: `${place.server.url}/c.json?…` }] }],
    });
    expect(place.server.requests).toEqual([]);
    const { code, stdout, stderr } = await ensure(place, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).data.results).toMatchObject([{ ref: MODEL, ok: true, total_bytes: BYTES + 7, proof: 'manifest-sha256' }]);
    expect(plan.stdout + stdout + stderr).not.toContain('X-Amz');
  });

  it('reads the map again when a URL has ended in the middle of a file', async () => {
    const state: { place?: Place } = {};
    const place = await placeWith(({ server, signer }) => {
      const end = () => {
        signer.passTime(MINUTE);
        state.place?.writeMap(mapOf({ server, signer }));
      };
      server.fault('w.bin', allOf(cutAt(1_500_000), end), { times: 1 });
    });
    state.place = place;
    place.writeMap(mapOf(place));
    const { code, stderr } = await ensure(place);
    expect(stderr).not.toContain('X-Amz');
    expect(code).toBe(0);
    expect(place.signer.refusals).toBeGreaterThan(0);
    expect(fetchedFromTheStart(place.server)).toEqual([]);
  });

  it('ends with status 8 and the next step where the URLs have ended for good', async () => {
    const place = await placeWith();
    place.writeMap(mapOf(place));
    place.signer.passTime(MINUTE);
    const { code, stdout, stderr } = await ensure(place, '--json');
    expect(code).toBe(8);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'expired',
      hint: expect.stringContaining('the file of --presigned'),
    });
    expect(stdout + stderr).not.toContain('X-Amz');
  });

  it.each([
    [
      'a file that the model has not',
      { 'unet/weigths.bin': 'https://h/?s3cret' },
      'presigned_unknown_file',
      'did you mean \\"unet/weights.bin\\"?',
    ],
    ['a value that is no URL', { 'config.json': 's3cret' }, 'presigned_invalid', 'no URL stands for config.json'],
    ['something else than an object', ['https://h/?s3cret'], 'presigned_invalid', 'it is no JSON object'],
  ])('refuses a map with %s', async (_, map, reason, says) => {
    const place = await placeWith();
    place.writeMap(map as Record<string, unknown>);
    const { code, stdout } = await ensure(place, '--json');
    expect([code, JSON.parse(stdout).error.reason]).toEqual([2, reason]);
    expect(stdout).toContain(says);
    expect(stdout).not.toContain('s3cret');
  });

  it('refuses a map that is not there, or no JSON', async () => {
    const place = await placeWith();
    expect(await ensure(place)).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') });
    writeFileSync(join(place.world.directory, 'urls.json'), '{"config.json": "https://h/?s3cret"');
    const { code, stderr } = await ensure(place);
    expect([code, stderr.includes('s3cret')]).toEqual([2, false]);
    expect(stderr).toContain('it is no JSON');
  });
});
