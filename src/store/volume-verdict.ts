/** What a volume's powers mean for a store on it. */
import { formatBytes } from '../util/format-bytes.ts';
import { isSharedFileSystem, isVolatileFileSystem } from './file-system-name.ts';
import { type LinkStrategy, linkStrategy, type VolumeFacts, type VolumePower } from './volume-facts.ts';

export interface VolumeFinding {
  /** `fail`: do not keep a store here. `warn`: it works, with a loss that `why` names. */
  readonly level: 'ok' | 'warn' | 'fail';
  /** What was looked at, in a few words. */
  readonly what: string;
  readonly why: string;
  readonly hint?: string;
}

interface Need {
  readonly what: string;
  readonly level: 'warn' | 'fail';
  readonly works: string;
  readonly lacks: string;
  readonly hint?: string;
}

const OTHER_VOLUME = 'put MODELS_ROOT on a local volume (ext4, xfs, btrfs, APFS, NTFS)';

const NEEDS: Partial<Readonly<Record<VolumePower, Need>>> = {
  write: {
    what: 'write access',
    level: 'fail',
    works: 'files can be made here',
    lacks: 'nothing can be written here: models that are complete can be used, none can be fetched',
    hint: 'mount the volume writable, or correct owner and mode',
  },
  renameOverFile: {
    what: 'rename',
    level: 'fail',
    works: 'a rename replaces a file in one step',
    lacks: 'nothing can be published in one step: a crash could leave half a model',
    hint: OTHER_VOLUME,
  },
  exchange: {
    what: 'directory exchange',
    level: 'warn',
    works: 'a published model is replaced in one step',
    lacks: 'while a published model is replaced, its directory is absent for an instant',
  },
  syncFile: {
    what: 'fsync of files',
    level: 'fail',
    works: 'what was acknowledged survives power loss',
    lacks: 'a power failure can lose bytes that were acknowledged',
    hint: OTHER_VOLUME,
  },
  syncFolder: {
    what: 'fsync of folders',
    level: 'warn',
    works: 'names survive power loss',
    lacks: 'a power failure right after a publication can undo it',
  },
  lock: {
    what: 'locks',
    level: 'fail',
    works: 'the kernel grants locks here',
    lacks: 'there are no locks here: two commands at once could not tell of each other',
    hint: 'mount NFS as version 4 without nolock, or put MODELS_ROOT on a local volume',
  },
  lockExcludes: {
    what: 'exclusion by locks',
    level: 'warn',
    works: 'one process at a time holds a lock',
    lacks: 'a lock is granted twice: two commands at once fetch the same bytes twice, and no byte goes wrong',
    hint: 'run one command at a time here, or put MODELS_ROOT on a local volume',
  },
  unlock: {
    what: 'unlock',
    level: 'fail',
    works: 'a lock that was released can be taken',
    lacks: 'a lock that was released stays taken: commands would wait in vain',
    hint: OTHER_VOLUME,
  },
  readOnlyMode: {
    what: 'read-only files',
    level: 'warn',
    works: 'blobs are protected from being written',
    lacks: 'modes are not kept here: nothing protects blobs from being edited in place',
  },
  sparse: {
    what: 'sparse files',
    level: 'warn',
    works: 'a download takes space as it grows',
    lacks: 'a download takes its whole space at its start, and writing zeros there takes time',
  },
  largeFiles: {
    what: 'files of 4 GiB and more',
    level: 'fail',
    works: 'they can be kept here',
    lacks: 'they cannot be kept here, and most models have some',
    hint: 'format the volume as exFAT, ext4, APFS or NTFS, or choose another one',
  },
  longNames: {
    what: 'long file names',
    level: 'warn',
    works: 'names of 255 bytes work',
    lacks: 'names of 255 bytes do not work: some models may not fit',
  },
};

const LINKS: Readonly<Record<LinkStrategy, Omit<VolumeFinding, 'what'>>> = {
  reflink: { level: 'ok', why: 'by reflink: models share blocks, and an edited file harms no other' },
  hardlink: { level: 'ok', why: 'by hard link: models share files' },
  copy: {
    level: 'warn',
    why: 'there are neither reflinks nor hard links here: every file takes its space once in the store, and once more in each model that holds it',
    hint: 'put MODELS_ROOT on a volume with hard links (ext4, XFS, btrfs, ZFS, APFS, NTFS); `wan models du` says what the second copies take',
  },
};

const LITTLE_SPACE_BYTES = 1024 ** 3;

/** Every finding, in the order in which a reader needs them; pure. */
export function volumeVerdict(facts: VolumeFacts): readonly VolumeFinding[] {
  return [...needFindings(facts), ...linkFindings(facts), ...nameFindings(facts), ...kindFindings(facts), spaceFinding(facts)];
}

function needFindings(facts: VolumeFacts): VolumeFinding[] {
  return (Object.entries(NEEDS) as [VolumePower, Need][]).flatMap(([power, need]) => {
    const { ok, detail } = facts.powers[power];
    if (ok === 'unknown') return facts.powers.write.ok === true ? [untried(need.what, detail)] : [];
    if (ok) return [{ level: 'ok', what: need.what, why: need.works }];
    const why = detail === undefined ? need.lacks : `${need.lacks} (${detail})`;
    return [{ level: need.level, what: need.what, why, ...(need.hint !== undefined && { hint: need.hint }) }];
  });
}

const untried = (what: string, detail: string | undefined): VolumeFinding => ({
  level: 'warn',
  what,
  why: `could not be tried${detail === undefined ? '' : ` (${detail})`}`,
});

function linkFindings(facts: VolumeFacts): VolumeFinding[] {
  return facts.powers.write.ok === true ? [{ what: 'sharing between models', ...LINKS[linkStrategy(facts)] }] : [];
}

/** Never a fault: manifests whose names differ only so are refused everywhere. */
function nameFindings({ powers }: VolumeFacts): VolumeFinding[] {
  const folded = [powers.caseSensitive.ok === false && 'case', powers.unicodeSensitive.ok === false && 'Unicode form'].filter(Boolean);
  return folded.length === 0
    ? []
    : [{ level: 'ok', what: 'file names', why: `names that differ only in ${folded.join(' or ')} are one here` }];
}

function kindFindings({ fileSystem }: VolumeFacts): VolumeFinding[] {
  const what = `file system ${fileSystem}`;
  if (isVolatileFileSystem(fileSystem)) return [{ level: 'warn', what, why: 'it lies in memory: all models are gone after a restart' }];
  if (fileSystem === 'overlay') {
    const hint = 'mount a volume at MODELS_ROOT';
    return [{ level: 'warn', what, why: 'it is the layer of a container: all models are gone with the container', hint }];
  }
  if (!isSharedFileSystem(fileSystem)) return [];
  return [
    { level: 'warn', what, why: 'whether its locks hold between machines cannot be told from here; if not, bytes may be fetched twice' },
  ];
}

function spaceFinding({ freeBytes, totalBytes }: VolumeFacts): VolumeFinding {
  const why = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}`;
  if (freeBytes >= LITTLE_SPACE_BYTES) return { level: 'ok', what: 'free space', why };
  return { level: 'warn', what: 'free space', why, hint: 'free space with `wan models gc`' };
}
