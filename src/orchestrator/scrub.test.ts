import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { seeded, sha256Hex } from '../../test/servers/http/fault-server.ts';
import { documentOf } from '../../test/support/document.ts';
import { flipBit } from '../../test/support/flip-bit.ts';
import { MODEL, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';

const MIB = 1024 * 1024;
const OTHER = 'i2v-tiny@2.2.0';
const contents = [1, 2, 3, 4].map((seed) => seeded(6 * MIB, seed));
const files = Object.fromEntries(contents.map((content, index) => [`f${index}.bin`, content]));

async function storeOfFour() {
  const world = await modelFixture({ models: { [MODEL]: { files }, [OTHER]: { files: { 'x.bin': contents[0] ?? '' } } } });
  const orchestrator = await world.orchestrator();
  for (const id of [MODEL, OTHER]) await orchestrator.ensure(id);
  const blob = (index: number): string => {
    const digest = sha256Hex(contents[index] ?? seeded(0, 0));
    return join(world.modelsRoot, '.blobs', 'sha256', digest.slice(0, 2), digest);
  };
  return { world, orchestrator, root: world.modelsRoot, blob };
}

/** When each blob was last read, by its digest. */
function provenAt(root: string): Map<string, string> {
  const ledger = join(root, '.state', 'ledger');
  const records = readdirSync(ledger).flatMap((shard) => readdirSync(join(ledger, shard)).map((name) => join(ledger, shard, name)));
  return new Map(records.map((path) => [path, (JSON.parse(readFileSync(path, 'utf8')) as { proven_at: string }).proven_at]));
}

describe('scrub', () => {
  it('reads every blob once, proves it anew, and leaves the models complete', async () => {
    const { orchestrator, root } = await storeOfFour();
    const before = provenAt(root);
    await sleep(5);
    expect(await orchestrator.scrub()).toMatchObject({ ok: true, isResumed: false, blobCount: 4, rightCount: 4, bytesRead: 24 * MIB });
    for (const [path, at] of provenAt(root)) expect(at > (before.get(path) ?? ''), path).toBe(true);
    for (const id of [MODEL, OTHER]) expect((await orchestrator.status(id)).state).toBe('COMPLETE');
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('names each bad blob with its models, shows it in status, and touches no byte; repair mends it', async () => {
    const { world, orchestrator, root, blob } = await storeOfFour();
    flipBit(blob(0), 5);
    const bad = readFileSync(blob(0));
    const ran = await world.cli(['models', 'scrub', '--json']);
    expect(ran.code).toBe(5);
    expect(documentOf(ran.stdout)).toMatchObject({
      error: { code: 'CHECKSUM_FAIL', hint: `mend with \`wan models repair ${OTHER} ${MODEL}\`` },
      data: { blob_count: 4, right_count: 3, corrupt: [{ digest: sha256Hex(contents[0] ?? seeded(0, 0)), models: [OTHER, MODEL] }] },
    });
    expect((await world.cli(['models', 'scrub'])).stdout).toContain('holds other bytes');
    expect(readFileSync(blob(0)).equals(bad)).toBe(true);
    expect(existsSync(join(root, '.quarantine'))).toBe(false);
    expect((await orchestrator.status(OTHER)).state).toBe('CORRUPT');
    expect(await orchestrator.repair(MODEL)).toMatchObject({ ok: true });
    expect(await orchestrator.scrub()).toMatchObject({ ok: true, rightCount: 4 });
    expect(await checkInvariants(root)).toEqual([]);
  });

  it('reads only what nobody has read for so long; a link is no reading', async () => {
    const { world, orchestrator, root } = await storeOfFour();
    expect(await orchestrator.scrub({ maxAgeMs: 60_000 })).toMatchObject({ rightCount: 0, skippedCount: 4, bytesRead: 0 });
    const before = provenAt(root);
    await world.write({ 'third@1.0.0': { files } });
    await (await world.orchestrator()).ensure('third@1.0.0');
    expect(provenAt(root)).toEqual(before);
    await sleep(20);
    expect(await orchestrator.scrub({ maxAgeMs: 1 })).toMatchObject({ rightCount: 4, skippedCount: 0 });
  });

  it('reads each blob in exactly one of all parts', async () => {
    const { orchestrator } = await storeOfFour();
    const reports = [];
    for (const part of [1, 2, 3]) reports.push(await orchestrator.scrub({ subset: { part, of: 3 } }));
    expect(reports.reduce((sum, { rightCount }) => sum + rightCount, 0)).toBe(4);
  });

  it('is alone: a second one at once is told so', async () => {
    const { orchestrator } = await storeOfFour();
    const both = await Promise.allSettled([orchestrator.scrub(), orchestrator.scrub()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'LOCK_TIMEOUT', reason: 'scrub_running' } });
  });

  it('that is killed midway goes on where it was: what it read is not read again, what it found is told', async () => {
    const { world, orchestrator, root, blob } = await storeOfFour();
    const before = provenAt(root);
    const [oldest] = [...before].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([path]) => path);
    const first = [0, 1, 2, 3].find((index) => oldest?.endsWith(sha256Hex(contents[index] ?? seeded(0, 0)))) ?? 0;
    flipBit(blob(first), 5);
    const { child, ended } = world.start(['models', 'scrub', '--limit-rate', '5M']);
    // The unproven one comes first, and is bad; then comes one that is good.
    while (!existsSync(join(root, '.state', 'corrupt')) || [...provenAt(root)].every(([path, at]) => before.get(path) === at))
      await sleep(20);
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const report = await orchestrator.scrub();
    expect(report).toMatchObject({
      ok: false,
      isResumed: true,
      blobCount: 4,
      corrupt: [{ digest: sha256Hex(contents[first] ?? seeded(0, 0)) }],
    });
    expect(report.skippedCount).toBeGreaterThanOrEqual(1);
    expect(report.skippedCount + report.rightCount).toBe(3);
    expect(report.bytesRead).toBe(report.rightCount * 6 * MIB);
    expect(await orchestrator.scrub()).toMatchObject({ isResumed: false, rightCount: 3 });
    await orchestrator.repair(MODEL);
    expect(await checkInvariants(root)).toEqual([]);
  });
});
