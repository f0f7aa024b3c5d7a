import { describe, expect, it } from 'vitest';
import { fileSystemName } from './file-system-name.ts';
import { type Fact, linkStrategy, VOLUME_POWERS, type VolumeFacts, type VolumePower } from './volume-facts.ts';
import { volumeVerdict } from './volume-verdict.ts';

const GIB = 1024 ** 3;

function facts(changes: Partial<Record<VolumePower, Fact>> = {}, rest: Partial<VolumeFacts> = {}): VolumeFacts {
  const able = Object.fromEntries(VOLUME_POWERS.map((power) => [power, { ok: power !== 'renameOverFolder' }]));
  const powers = { ...able, ...changes } as Record<VolumePower, Fact>;
  return { path: '/data/models', fileSystem: 'ext4', freeBytes: 50 * GIB, totalBytes: 100 * GIB, powers, ...rest };
}

const levels = (volume: VolumeFacts) =>
  volumeVerdict(volume)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, what }) => `${level} ${what}`);

const NO: Fact = { ok: false, detail: 'ENOTSUP' };

describe('how a blob gets its second name', () => {
  it('is the best way that the volume has', () => {
    expect(linkStrategy(facts())).toBe('reflink');
    expect(linkStrategy(facts({ reflink: NO }))).toBe('hardlink');
    expect(linkStrategy(facts({ reflink: NO, hardLink: NO }))).toBe('copy');
    expect(linkStrategy(facts({ reflink: NO, hardLink: NO, symbolicLink: NO }))).toBe('copy');
    expect(linkStrategy(facts({ reflink: { ok: 'unknown' }, hardLink: { ok: true } }))).toBe('hardlink');
  });
});

describe('the verdict on a volume', () => {
  it('has nothing against one that can do everything', () => {
    expect(levels(facts())).toEqual([]);
  });

  it.each<[VolumePower, string]>([
    ['renameOverFile', 'fail rename'],
    ['syncFile', 'fail fsync of files'],
    ['syncFolder', 'warn fsync of folders'],
    ['lock', 'fail locks'],
    ['lockExcludes', 'warn exclusion by locks'],
    ['unlock', 'fail unlock'],
    ['exchange', 'warn directory exchange'],
    ['sparse', 'warn sparse files'],
    ['largeFiles', 'fail files of 4 GiB and more'],
    ['longNames', 'warn long file names'],
    ['readOnlyMode', 'warn read-only files'],
  ])('without %s: %s, with what the system said', (power, finding) => {
    const volume = facts({ [power]: NO });
    expect(levels(volume)).toEqual([finding]);
    expect(volumeVerdict(volume).find(({ level }) => level !== 'ok')?.why).toContain('ENOTSUP');
  });

  it('a volume that cannot be written fails once, not twelve times', () => {
    const unknown: Fact = { ok: 'unknown' };
    const all = Object.fromEntries(VOLUME_POWERS.map((power) => [power, unknown]));
    expect(levels(facts({ ...all, write: { ok: false, detail: 'EROFS' } }))).toEqual(['fail write access']);
  });

  it('what could not be tried on a volume that can be written is said', () => {
    expect(levels(facts({ sparse: { ok: 'unknown', detail: 'ENOSPC' } }))).toEqual(['warn sparse files']);
  });

  it('links that cost space are told', () => {
    expect(levels(facts({ reflink: NO }))).toEqual([]);
    expect(levels(facts({ reflink: NO, hardLink: NO }))).toEqual(['warn sharing between models']);
  });

  it('folded names are mentioned, not blamed', () => {
    const found = volumeVerdict(facts({ caseSensitive: NO, unicodeSensitive: NO })).find(({ what }) => what === 'file names');
    expect(found).toEqual({ level: 'ok', what: 'file names', why: 'names that differ only in case or Unicode form are one here' });
  });

  it.each([
    ['tmpfs', 'warn file system tmpfs'],
    ['overlay', 'warn file system overlay'],
    ['nfs', 'warn file system nfs'],
    ['lustre', 'warn file system lustre'],
  ])('on %s: %s', (fileSystem, finding) => {
    expect(levels(facts({}, { fileSystem }))).toEqual([finding]);
  });

  it('little free space is told', () => {
    expect(levels(facts({}, { freeBytes: GIB / 2 }))).toEqual(['warn free space']);
  });
});

describe('the name of a file system', () => {
  it('comes from the number of the kernel, sign-extended or not', () => {
    expect([fileSystemName(0xef53n), fileSystemName(0x6969n), fileSystemName(0x794c7630n)]).toEqual(['ext4', 'nfs', 'overlay']);
    expect(fileSystemName(BigInt.asIntN(32, 0x9123683en))).toBe('btrfs');
    expect(fileSystemName(1n)).toBeUndefined();
  });
});
