/**
 * The file system behind a `statfs` type number of Linux. Numbers: linux/magic.h, statfs(2), and for those out of
 * the kernel tree (zfs, lustre, gpfs, beegfs) their own headers.
 */
const NAMES: Readonly<Record<number, string>> = {
  61267: 'ext4',
  2435016766: 'btrfs',
  1481003842: 'xfs',
  801189825: 'zfs',
  3393526350: 'bcachefs',
  4076150800: 'f2fs',
  16914836: 'tmpfs',
  2240043254: 'ramfs',
  2035054128: 'overlay',
  61791: 'ecryptfs',
  19780: 'vfat',
  538032816: 'exfat',
  1397118030: 'ntfs',
  1936094318: 'ntfs3',
  18475: 'hfsplus',
  38496: 'iso9660',
  1936814952: 'squashfs',
  1702057286: 'fuse',
  26985: 'nfs',
  4283649346: 'cifs',
  4266872130: 'smb3',
  16914839: '9p',
  2020557398: 'vboxsf',
  12805120: 'ceph',
  198183888: 'lustre',
  1196443219: 'gpfs',
  428016422: 'beegfs',
  1397113167: 'afs',
};

/** @param type as the kernel gives it; some architectures sign-extend it */
export const fileSystemName = (type: bigint): string | undefined => NAMES[Number(BigInt.asUintN(32, type))];

/** Shared between machines: what one machine proves about locks says nothing of the others. */
const SHARED = new Set(['nfs', 'cifs', 'smb3', '9p', 'vboxsf', 'ceph', 'lustre', 'gpfs', 'beegfs', 'afs', 'fuse']);
export const isSharedFileSystem = (name: string | undefined): boolean => name !== undefined && SHARED.has(name);

/** In memory: empty after a restart. */
export const isVolatileFileSystem = (name: string | undefined): boolean => name === 'tmpfs' || name === 'ramfs';
