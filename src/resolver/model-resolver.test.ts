import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collisionKey } from '../domain/path-rules.ts';
import { ModelResolver } from './model-resolver.ts';
import { posixPlatform, win32Platform } from './platform.ts';

const posix = new ModelResolver({ modelsRoot: '/data/models', platform: posixPlatform });
const win32 = new ModelResolver({ modelsRoot: 'D:\\models', platform: win32Platform });
const REF = { modelId: 't2v-A14B@2.2.0' };
const DIGEST = 'ab'.repeat(32);
const UUID = '0b1d2c3e-0000-4000-8000-000000000000';

describe('the root', () => {
  it.each([undefined, '', '   '])('%j is INVALID_CONFIG with the line to paste', (modelsRoot) => {
    const make = (platform: typeof posixPlatform) => () => new ModelResolver({ modelsRoot, platform });
    expect(make(posixPlatform)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', exitCode: 2, hint: 'export MODELS_ROOT=/data/models' }) as Error,
    );
    expect(make(win32Platform)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/\$env:MODELS_ROOT = .*setx MODELS_ROOT/) }) as Error,
    );
  });

  it('is absolute, whatever was given', () => {
    const at = (modelsRoot: string) => new ModelResolver({ modelsRoot, cwd: '/home/x', platform: posixPlatform }).root;
    expect([at('models'), at('./a/../models/'), at('/m//n/'), at('/')]).toEqual(['/home/x/models', '/home/x/models', '/m/n', '/']);
    const relative = new ModelResolver({ modelsRoot: 'models', cwd: 'C:\\work', platform: win32Platform });
    expect(relative.root).toBe('C:\\work\\models');
  });

  it('is no Windows path elsewhere; the hint has the name that WSL gives it', () => {
    expect(() => new ModelResolver({ modelsRoot: 'D:\\models', platform: posixPlatform })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', hint: expect.stringContaining('MODELS_ROOT=/mnt/d/models') as string }) as Error,
    );
  });

  it('may be a network share, and hold any Unicode', () => {
    const share = new ModelResolver({ modelsRoot: '\\\\server\\share\\models', platform: win32Platform });
    expect(share.modelDir('wan22', REF)).toBe('\\\\server\\share\\models\\wan22\\t2v-A14B@2.2.0');
    expect(share.relative(share.modelDir('wan22', REF))).toBe('wan22/t2v-A14B@2.2.0');
    expect(new ModelResolver({ modelsRoot: '/données/モデル', platform: posixPlatform }).storeFile()).toBe('/données/モデル/STORE.json');
  });
});

describe('names in the store', () => {
  it('are those of the store format', () => {
    expect({
      model: posix.modelDir('wan22', REF),
      variant: posix.modelDir('wan22', { ...REF, variant: 'bf16' }),
      overlay: posix.modelDir('wan22', { ...REF, overlay: 'lightning' }),
      file: posix.modelFile(posix.modelDir('wan22', REF), 'vae/config.json'),
      record: posix.modelFile(posix.modelDir('wan22', REF), '.verified.json'),
      blob: posix.blobPath(DIGEST),
      encoded: posix.encodedBlobPath('zstd', DIGEST),
      partial: posix.partialDir(DIGEST),
      map: posix.partialFile(`u-${DIGEST}`, UUID, 'map'),
      staging: posix.stagingDir('wan22', { ...REF, variant: 'bf16' }, UUID),
      temp: posix.recordTemp(UUID),
      ledger: posix.stateFile('ledger', DIGEST),
      pieces: posix.stateFile('pieces', DIGEST),
      access: posix.stateFile('access', posix.refName('wan22', REF)),
      trash: posix.trashDir(UUID),
      bad: posix.quarantineFile(`${DIGEST}.${UUID}`),
      tag: posix.cacheTag(),
    }).toEqual({
      model: '/data/models/wan22/t2v-A14B@2.2.0',
      variant: '/data/models/wan22/t2v-A14B@2.2.0@bf16',
      overlay: '/data/models/wan22/t2v-A14B@2.2.0@+lightning',
      file: '/data/models/wan22/t2v-A14B@2.2.0/vae/config.json',
      record: '/data/models/wan22/t2v-A14B@2.2.0/.verified.json',
      blob: `/data/models/.blobs/sha256/ab/${DIGEST}`,
      encoded: `/data/models/.blobs/zstd/ab/${DIGEST}`,
      partial: `/data/models/.tmp/${DIGEST}`,
      map: `/data/models/.tmp/u-${DIGEST}/${UUID}.map`,
      staging: `/data/models/.tmp/t2v-A14B@2.2.0@bf16.${UUID}.partial`,
      temp: `/data/models/.tmp/${UUID}.rec`,
      ledger: `/data/models/.state/ledger/ab/${DIGEST}`,
      pieces: `/data/models/.state/pieces/${DIGEST}`,
      access: '/data/models/.state/access/wan22@t2v-!a14!b@2.2.0',
      trash: `/data/models/.trash/${UUID}`,
      bad: `/data/models/.quarantine/${DIGEST}.${UUID}`,
      tag: '/data/models/CACHEDIR.TAG',
    });
  });

  it('of locks are relative to the folder of locks, the same on every platform', () => {
    expect(posix.lockDir).toBe('/data/models/.locks');
    expect(posix.modelLock('wan22', { ...REF, variant: 'bf16' })).toEqual({
      name: 'model t2v-A14B@2.2.0@bf16',
      path: 'model/wan22/t2v-!a14!b@2.2.0@bf16.lock',
    });
    expect(posix.blobLock(DIGEST).path).toBe(`blob/ab/${DIGEST}.lock`);
    expect(posix.verifyLock('wan22', REF).path).toBe('verify/wan22/t2v-!a14!b@2.2.0.lock');
    expect([posix.stateLock().path, posix.storeLock().path]).toEqual(['state.lock', 'store.lock']);
    expect(win32.modelLock('wan22', REF)).toEqual(posix.modelLock('wan22', REF));
  });

  it('two instances agree', () => {
    const other = new ModelResolver({ modelsRoot: '/data/models/', platform: posixPlatform });
    expect(other.modelDir('wan22', REF)).toBe(posix.modelDir('wan22', REF));
  });

  it('use the separators of the platform, while what is told uses "/"', () => {
    const file = win32.modelFile(win32.modelDir('wan22', REF), 'vae/config.json');
    expect(file).toBe('D:\\models\\wan22\\t2v-A14B@2.2.0\\vae\\config.json');
    expect(win32.relative(file)).toBe('wan22/t2v-A14B@2.2.0/vae/config.json');
  });

  it('no two references share a folder, nor a lock on a volume that folds case', () => {
    const name = fc.stringMatching(/^[a-cA-C][a-cA-C._-]{0,3}[a-c]$/);
    const version = fc.constantFrom('1.0.0', '1.0.0-a', '1.0.0+A');
    const ref = fc.record({ name, version, variant: fc.option(name, { nil: undefined }), overlay: fc.option(name, { nil: undefined }) });
    const canonical = ref.map(({ name: base, version: number, variant, overlay }) => ({
      modelId: `${base}@${number}`,
      ...(variant && { variant }),
      ...(overlay && { overlay }),
    }));
    fc.assert(
      fc.property(canonical, canonical, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(posix.modelDir('wan22', a) === posix.modelDir('wan22', b)).toBe(same);
        expect(collisionKey(posix.modelLock('wan22', a).path) === collisionKey(posix.modelLock('wan22', b).path)).toBe(same);
      }),
    );
  });
});

describe('hostile names', () => {
  it.each(['../x', '/etc/passwd', 'C:\\x', 'a\\..\\b', '\\\\server\\share', 'a\0b', 'CON', 'a/aux.txt', 'a.', '', '.Verified.json'])(
    'the model file %j is refused',
    (path) => {
      for (const resolver of [posix, win32]) {
        expect(() => resolver.modelFile(resolver.root, path)).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }) as Error);
      }
    },
  );

  it.each([
    { modelId: '../x@1.0.0' },
    { modelId: 'x' },
    { modelId: 'x@1.0.0@y' },
    { modelId: 'x@../..' },
    { modelId: 'x@1.0.0', variant: '..' },
    { modelId: 'x@1.0.0', overlay: 'a/b' },
    { modelId: 'x@1.0.0', variant: '' },
  ])('the reference %j is refused', (ref) => {
    expect(() => posix.modelDir('wan22', ref)).toThrow(expect.objectContaining({ code: 'INVALID_MODEL_ID' }) as Error);
    expect(() => posix.modelLock('wan22', ref)).toThrow();
  });

  it.each(['..', 'a/b', '.state', 'components', 'Components', 'con', 'a.', ''])('the family %j is refused', (family) => {
    expect(() => posix.modelDir(family, REF)).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }) as Error);
  });

  it('a model named like a device, or ending in a dot, has no folder that Windows could make', () => {
    expect(() => posix.modelDir('wan22', { modelId: 'aux.v@1.0.0' })).toThrow(
      expect.objectContaining({ reason: 'path_reserved' }) as Error,
    );
    expect(() => posix.modelDir('wan22', { modelId: 'x@1.0.0', variant: 'v.' })).toThrow(
      expect.objectContaining({ reason: 'path_trailing' }) as Error,
    );
  });

  it('keys and uuids that are none are bugs of ours', () => {
    expect(() => posix.blobPath('../x')).toThrow('not a digest');
    expect(() => posix.partialDir('u-../..')).toThrow('not a digest');
    expect(() => posix.trashDir('../x')).toThrow('not a uuid');
  });
});

describe('below the root or not', () => {
  it('is told by the path, not by its first letters', () => {
    expect(posix.contains('/data/models/a')).toBe(true);
    expect(posix.contains('/data/models')).toBe(true);
    expect(posix.contains('/data/models2/a')).toBe(false);
    expect(posix.contains('/data/models/..x')).toBe(true);
    expect(win32.contains('d:\\MODELS\\a')).toBe(true);
    expect(win32.contains('E:\\models\\a')).toBe(false);
    expect(() => posix.relative('/etc')).toThrow('not below the root');
  });
});
