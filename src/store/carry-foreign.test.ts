import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL, type ModelWorld, modelFixture } from '../../test/support/model-fixture.ts';
import { checkInvariants } from '../compose.ts';

/** A model of which a part is here: to make it complete is to put another directory in its place. */
async function partly(): Promise<{ readonly world: ModelWorld; readonly directory: string; readonly complete: () => Promise<string> }> {
  const world = await modelFixture({ files: { 'a.bin': 'a', 'vae/b.bin': 'b' } });
  const orchestrator = await world.orchestrator();
  const directory = await orchestrator.ensure(MODEL, { exclude: ['vae/*'] });
  return { world, directory, complete: () => orchestrator.ensure(MODEL) };
}

describe('what people laid into a model', () => {
  it('stays there when the model is published anew, whatever its name', async () => {
    const { world, directory, complete } = await partly();
    const names = ['notes.txt', 'run 12:30.log', 'ends with a dot.', 'back\\slash', 'aux', 'zero\u200dwidth', 'two\nlines', 'out:puts/x/y'];
    for (const name of names) {
      mkdirSync(join(directory, name, '..'), { recursive: true });
      writeFileSync(join(directory, name), name);
    }
    symlinkSync('notes.txt', join(directory, 'link'));
    await complete();
    expect(existsSync(join(directory, 'vae', 'b.bin')), 'it was published anew').toBe(true);
    for (const name of names) expect(readFileSync(join(directory, name), 'utf8')).toBe(name);
    expect(readlinkSync(join(directory, 'link'))).toBe('notes.txt');
    expect(readdirSync(join(world.modelsRoot, '.tmp'))).toEqual([]);
    expect(await checkInvariants(world.modelsRoot)).toEqual([{ invariant: 7, path: `wan22/${MODEL}/link`, what: 'is a symbolic link' }]);
  });

  it.runIf(process.platform === 'linux')('keeps the model as it is where it cannot be taken along', async () => {
    const { directory, complete } = await partly();
    const name = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x67, 0xf6, 0xdf])]);
    writeFileSync(name, 'latin-1');
    await expect(complete()).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'foreign_in_the_way' });
    expect(readFileSync(name, 'utf8')).toBe('latin-1');
  });

  it.runIf(process.platform === 'linux')('is a folder with a name that is no UTF-8: it keeps the model, and stops nobody', async () => {
    const { world, directory, complete } = await partly();
    const folder = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0x67, 0xf6, 0xdf])]);
    mkdirSync(folder);
    writeFileSync(Buffer.concat([folder, Buffer.from('/mine')]), 'mine');
    const orchestrator = await world.orchestrator();
    const { items } = await orchestrator.planGc({ olderThanMs: 0 });
    expect(items.find(({ what }) => what === MODEL)).toMatchObject({ action: 'keep', reason: 'foreign' });
    expect((await orchestrator.verifyIntegrity(MODEL)).extraFiles).toEqual(['g\ufffd\ufffd']);
    await expect(complete()).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'foreign_in_the_way' });
    expect(readFileSync(Buffer.concat([folder, Buffer.from('/mine')]), 'utf8')).toBe('mine');
  });

  it.runIf(process.platform === 'linux')('is a folder too deep to be named: it keeps the model, and stops nobody', async () => {
    const { world, directory } = await partly();
    const chain = join(...Array.from({ length: 12 }, () => 'd'.repeat(200)));
    const [upper, lower] = [join(directory, chain), join(world.directory, 'lower')];
    mkdirSync(upper, { recursive: true });
    mkdirSync(join(lower, chain), { recursive: true });
    renameSync(lower, join(upper, 'lower'));
    try {
      const { items } = await (await world.orchestrator()).planGc({ olderThanMs: 0 });
      expect(items.find(({ what }) => what === MODEL)).toMatchObject({ action: 'keep', reason: 'foreign' });
    } finally {
      renameSync(join(upper, 'lower'), lower);
    }
  });

  it('is told by its place where it stands in the way', async () => {
    const { directory, complete } = await partly();
    mkdirSync(join(directory, 'vae', 'b.bin'), { recursive: true });
    writeFileSync(join(directory, 'vae', 'b.bin', 'mine'), 'mine');
    await expect(complete()).rejects.toMatchObject({ code: 'PATH_UNSAFE', details: { path: join(directory, 'vae', 'b.bin') } });
    expect(readFileSync(join(directory, 'vae', 'b.bin', 'mine'), 'utf8')).toBe('mine');
  });
});

describe('a file where a folder of a model belongs', () => {
  it.each([
    ['the model', () => [MODEL]],
    ['a component', () => [MODEL, 'vae']],
  ])('is told, and stays: in the place of %s', async (_, names) => {
    const world = await modelFixture({ files: { 'a.bin': 'a', 'vae/deep/b.bin': 'b' } });
    const orchestrator = await world.orchestrator();
    const path = join(world.modelsRoot, 'wan22', ...names());
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'mine');
    for (const call of ['ensure', 'status'] as const)
      await expect(orchestrator[call](MODEL)).rejects.toMatchObject({ code: 'PATH_UNSAFE', reason: 'not_a_directory', details: { path } });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});
