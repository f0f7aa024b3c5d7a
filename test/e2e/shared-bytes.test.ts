/** Three models that share a text encoder, on every kind of volume: what `du` says is what the file system says. */
import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { seeded } from '../servers/http/fault-server.ts';
import { describeOnVolume, loopVolume, run, type VolumeKind } from '../support/loop-volume.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const MIB = 1024 * 1024;
const [ENCODER, TRANSFORMER] = [16 * MIB, 6 * MIB];
const MODELS = ['one@1.0.0', 'two@1.0.0', 'three@1.0.0'] as const;
const UNIQUE_BYTES = ENCODER + 3 * TRANSFORMER;
const NAMED_BYTES = 3 * (ENCODER + TRANSFORMER);
/** Records and folders, and what a file system keeps for itself. */
const LITTLE = 0.5 * MIB;
const FOR_ITSELF = 3 * MIB;

interface Sum {
  readonly apparent_bytes: number;
  readonly allocated_bytes: number;
  readonly disk_bytes: number;
}

interface Du {
  readonly total: Sum;
  readonly classes: readonly (Sum & { readonly class: string })[];
  readonly models: readonly (Sum & { readonly ref: string; readonly unique_bytes: number })[];
  readonly sharing: { readonly hard_linked_bytes: number; readonly reflinked_bytes: number; readonly copied_bytes: number };
}

async function worldOn(kind: VolumeKind): Promise<ModelWorld> {
  const encoder = seeded(ENCODER, 1);
  const models = Object.fromEntries(
    MODELS.map((id, index) => [
      id,
      { files: { 'text_encoder/model.safetensors': encoder, 'transformer/model.safetensors': seeded(TRANSFORMER, 2 + index) } },
    ]),
  );
  return modelFixture({ models, root: join(await loopVolume(kind), 'models') });
}

const du = async (world: ModelWorld): Promise<Du> => (await world.cli(['models', 'du', '--json'])).json<{ data: Du }>().data;
const classBytes = ({ classes }: Du, ...names: readonly string[]): number =>
  classes.filter((one) => names.includes(one.class)).reduce((sum, { disk_bytes }) => sum + disk_bytes, 0);

/** After all is written out: some file systems decide only then. */
function usedBytes(root: string): number {
  run('sync', ['-f', join(root, '..')]);
  const { blocks, bfree, bsize } = statfsSync(join(root, '..'));
  return (blocks - bfree) * bsize;
}

/** `du` of the system, of each inode once. */
const systemDu = (root: string): number => Number(run('du', ['-s', '-B1', root]).split('\t')[0]);

/** Distinct blocks of all files of a MiB and more, as FIEMAP has them. */
function distinctBytes(root: string): number {
  const taken = new Set<number>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(path).size < MIB) continue;
    for (const [, from, to] of run('filefrag', ['-v', '-b4096', path]).matchAll(/^\s*\d+:\s+\d+\.\.\s*\d+:\s+(\d+)\.\.\s*(\d+):/gm)) {
      for (let block = Number(from); block <= Number(to); block++) taken.add(block);
    }
  }
  return taken.size * 4096;
}

/** xfs gives the blocks of an unlinked inode back in the background. */
const FREED_LATER = { timeout: 10_000, interval: 200 };

const near = (found: number, expected: number, by: number): void => {
  expect(Math.abs(found - expected), `${found} is near ${expected}`).toBeLessThanOrEqual(by);
};

function sharesOn(kind: VolumeKind, sharing: (facts: Du['sharing']) => void, secondFilesBytes: number): void {
  const title = `three models that share a text encoder, on ${kind}`;
  describeOnVolume(kind, title, () => {
    it(`${kind}: du adds up to what the file system says; shared bytes stay until the last model goes`, async () => {
      const world = await worldOn(kind);
      const root = world.modelsRoot;
      const before = usedBytes(root);
      expect((await world.cli(['models', 'ensure', '--all'])).code).toBe(0);
      const full = usedBytes(root);
      const said = await du(world);
      expect(said.total.allocated_bytes).toBe(systemDu(root));
      for (const key of ['apparent_bytes', 'allocated_bytes', 'disk_bytes'] as const) {
        expect(
          said.classes.reduce((sum, one) => sum + one[key], 0),
          key,
        ).toBe(said.total[key]);
      }
      near(said.total.disk_bytes, UNIQUE_BYTES + secondFilesBytes, LITTLE);
      near(full - before, said.total.disk_bytes, FOR_ITSELF);
      if (kind !== 'vfat' && kind !== 'exfat') near(distinctBytes(root), classBytes(said, 'live', 'shared'), LITTLE);
      sharing(said.sharing);
      for (const model of said.models) near(model.unique_bytes, TRANSFORMER + secondFilesBytes / 3, LITTLE);

      const [first, ...others] = MODELS;
      const removed = (await world.cli(['models', 'rm', first, '--json'])).json<{ data: { results: unknown[] } }>().data;
      expect(removed.results).toMatchObject([{ reclaimed_bytes: TRANSFORMER + secondFilesBytes / 3 }]);
      const unique = said.models.find(({ ref }) => ref === first)?.unique_bytes ?? 0;
      await expect.poll(() => Math.abs(full - usedBytes(root) - unique), FREED_LATER).toBeLessThanOrEqual(FOR_ITSELF);
      const less = await du(world);
      near(classBytes(less, 'shared'), ENCODER, LITTLE);
      expect((await world.cli(['models', 'check', ...others])).code).toBe(0);

      expect((await world.cli(['models', 'rm', ...others])).code).toBe(0);
      const none = await du(world);
      expect(classBytes(none, 'live', 'shared', 'orphan', 'trash', 'partial')).toBe(0);
      expect(none.models).toEqual([]);
      await expect.poll(() => Math.abs(usedBytes(root) - before), FREED_LATER).toBeLessThanOrEqual(FOR_ITSELF);
      expect(await checkInvariants(root)).toEqual([]);
    });
  });
}

const free = ({ copied_bytes }: Du['sharing']): void => expect(copied_bytes).toBe(0);
const linked = (sharing: Du['sharing']): void => {
  free(sharing);
  expect(sharing.hard_linked_bytes).toBe(NAMED_BYTES);
};
const reflinked = (sharing: Du['sharing']): void => {
  free(sharing);
  near(sharing.reflinked_bytes, NAMED_BYTES, LITTLE);
};

sharesOn('ext4', linked, 0);
sharesOn('btrfs', reflinked, 0);
sharesOn('xfs', reflinked, 0);
for (const kind of ['vfat', 'exfat'] as const) sharesOn(kind, ({ copied_bytes }) => expect(copied_bytes).toBe(NAMED_BYTES), NAMED_BYTES);

describeOnVolume('exfat', 'space on a volume without links and reflinks', () => {
  it('is warned of by doctor, with the way out', async () => {
    const world = await worldOn('exfat');
    const ran = await world.cli(['doctor', '--root', join(world.modelsRoot, '..'), '--json']);
    const { checks } = ran.json<{ data: { checks: { name: string; verdict: string; message: string; hint?: string }[] } }>().data;
    expect(checks.find(({ name }) => name === 'sharing between models')).toMatchObject({
      verdict: 'warn',
      message: expect.stringContaining('every file takes its space once in the store, and once more in each model that holds it'),
      hint: expect.stringContaining('wan models du'),
    });
  });

  it('second copies are planned for, and refused with NO_SPACE before a byte moves where they do not fit', async () => {
    const world = await worldOn('exfat');
    const [first, second] = MODELS;
    const bytes = ENCODER + TRANSFORMER;
    expect((await world.cli(['models', 'ensure', first])).code).toBe(0);
    const plan = (await world.cli(['models', 'plan', second, '--json'])).json<{ data: { space: Record<string, number> } }>().data.space;
    expect(plan).toMatchObject({ write_bytes: TRANSFORMER + bytes, second_copy_bytes: bytes });
    const { bavail, bsize } = statfsSync(world.modelsRoot);
    const enoughWithoutCopies = { WAN_SAFETY_MARGIN: String(bavail * bsize - TRANSFORMER - bytes / 2) };
    const ran = await world.cli(['models', 'ensure', second, '--json'], enoughWithoutCopies);
    const { code, details } = ran.json().error;
    expect([code, details?.second_copies]).toEqual(['NO_SPACE', bytes]);
    near(Number(details?.shortfall), bytes / 2, LITTLE);
    expect((await world.cli(['models', 'du', '--json'])).json<{ data: Du }>().data.models).toHaveLength(1);
  });
});
