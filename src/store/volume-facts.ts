/** What a volume can do, found out by trying. */

export interface Fact {
  /** `unknown` where it could not be tried: no write access, a full disk. */
  readonly ok: boolean | 'unknown';
  /** The errno, or what was seen instead. */
  readonly detail?: string;
}

export const VOLUME_POWERS = [
  /** Files and folders can be made. */
  'write',
  /** A rename replaces a file in one step. */
  'renameOverFile',
  /** A rename replaces a folder that is not empty: hardly anywhere; `detail` is what it says instead. */
  'renameOverFolder',
  /** Two names are exchanged in one step. */
  'exchange',
  'hardLink',
  'symbolicLink',
  /** A copy shares its blocks until one of the two is written. */
  'reflink',
  'syncFile',
  'syncFolder',
  /** A kernel lock can be taken. */
  'lock',
  /** A second taker is refused. */
  'lockExcludes',
  /** After the unlock the second taker gets it. */
  'unlock',
  /** A file can be made read-only. */
  'readOnlyMode',
  /** `A` and `a` are two files. */
  'caseSensitive',
  /** A name in NFC and the same in NFD are two files. */
  'unicodeSensitive',
  /** Unwritten ranges take no space. */
  'sparse',
  /** Files of 4 GiB and more. */
  'largeFiles',
  /** Names of 255 bytes. */
  'longNames',
] as const;

export type VolumePower = (typeof VOLUME_POWERS)[number];

export interface VolumeFacts {
  /** The folder that was asked about. */
  readonly path: string;
  /** `ext4`, `nfs`, …; absent where the platform does not tell. */
  readonly fileSystem?: string;
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly powers: Readonly<Record<VolumePower, Fact>>;
}

export type LinkStrategy = 'reflink' | 'hardlink' | 'copy';

/** How a blob gets its second name in a snapshot, best first. */
export function linkStrategy({ powers }: VolumeFacts): LinkStrategy {
  if (powers.reflink.ok === true) return 'reflink';
  return powers.hardLink.ok === true ? 'hardlink' : 'copy';
}
