/** Bytes -> lockfile, or everything that is wrong with them, with line and column as in the manifest. Bounded as the manifest is. */
import { ProblemList, type Report } from './draft-problem.ts';
import { entryDigest, type Lockfile } from './lockfile.ts';
import { lockfileInvalid } from './lockfile-problem.ts';
import { LOCK_SCHEMAS, LOCKFILE_VERSION } from './lockfile-schema.ts';
import type { ManifestFile } from './manifest-file.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import { readManifestSyntax } from './manifest-syntax.ts';
import { checkCollisions } from './rules/collision-rules.ts';
import { checkFile } from './rules/file-rules.ts';
import { placedFiles } from './rules/model-rules.ts';
import { childNodes, nodesAt, type RawNode, type RawTable } from './rules/raw-table.ts';
import { reportShape } from './shape-problems.ts';
import { filesOfVariant } from './variant-files.ts';

export interface ReadLockfile {
  readonly lockfile: Lockfile;
  /** Entries whose digest is not that of what they say. */
  readonly edited: readonly EditedEntry[];
}

export interface EditedEntry {
  readonly kind: 'models' | 'components';
  readonly id: string;
  readonly problem: ManifestProblem;
}

/** @throws ModelError LOCKFILE_STALE with all problems */
export function readLockfile(file: ManifestFile): ReadLockfile {
  const examined = examineLockfile(file);
  if ('lockfile' in examined) return examined;
  throw lockfileInvalid(file.path, examined.problems);
}

export function examineLockfile(file: ManifestFile): ReadLockfile | { readonly problems: readonly ManifestProblem[] } {
  const { text, tree, problems: syntaxProblems } = readManifestSyntax(file.path, file.bytes, 'lockfile');
  if (tree === undefined || syntaxProblems.length > 0) return { problems: syntaxProblems };
  const list = new ProblemList();
  const version = otherVersion(tree);
  if (version !== undefined) reportVersion(version, list.report);
  else checkEntries(tree, list);
  const parsed = list.isEmpty ? parseTree(tree, list.report) : undefined;
  if (parsed === undefined) return { problems: list.placed(file.path, text) };
  return { lockfile: parsed, edited: editedEntries(parsed, file.path, text) };
}

function otherVersion({ lockfile_version: version }: RawTable): bigint | undefined {
  return typeof version === 'bigint' && version !== BigInt(LOCKFILE_VERSION) ? version : undefined;
}

function reportVersion(version: bigint, report: Report): void {
  const message = `lockfile_version is ${version}; this program reads ${LOCKFILE_VERSION}`;
  report({ code: 'schema_version_mismatch', path: ['lockfile_version'], message, hint: 'install a wan-models that reads this version' });
}

/** What a lockfile says of paths and digests is as hostile as what a manifest says. */
function checkEntries(tree: RawTable, { report }: ProblemList): void {
  const root: RawNode = { table: tree, path: [] };
  for (const kind of ['components', 'models']) {
    for (const { node } of childNodes(root, kind)) {
      for (const file of nodesAt(node, 'files')) checkFile(file, report);
      checkVariants(node, report);
    }
  }
}

/** More than any model has; each is looked at on its own. */
const MAX_VARIANTS = 256;

/** A directory never holds two files of one name; those of two variants are in two directories. */
function checkVariants(node: RawNode, report: Report): void {
  const files = placedFiles(node);
  const variants = new Set(['', ...files.flatMap((file) => file.variants ?? [])]);
  if (variants.size > MAX_VARIANTS)
    report({ code: 'manifest_too_large', path: node.path, message: `the entry has files of more than ${MAX_VARIANTS} variants` });
  else for (const variant of variants) checkCollisions(filesOfVariant(variant, files, []), report);
}

function parseTree(tree: RawTable, report: Report): Lockfile | undefined {
  const result = LOCK_SCHEMAS.lockfile.safeParse(tree);
  if (!result.success) {
    reportShape({ schema: LOCK_SCHEMAS.lockfile, value: tree, at: [] }, result.error.issues, report);
    return undefined;
  }
  const { models = {}, components = {} } = result.data;
  return { models: new Map(Object.entries(models)), components: new Map(Object.entries(components)) };
}

function editedEntries(lockfile: Lockfile, file: string, text: string): EditedEntry[] {
  const edited = (['components', 'models'] as const).flatMap((kind) =>
    [...lockfile[kind]].filter(([, entry]) => entryDigest(entry) !== entry.digest).map(([id]) => ({ kind, id })),
  );
  return edited.map(({ kind, id }) => {
    const list = new ProblemList();
    list.report({
      code: 'edited_by_hand',
      path: [kind, id],
      at: 'key',
      message: `the entry ${JSON.stringify(id)} is not as it was written: it was edited, or merged wrongly`,
      hint: 'take it back with git, or pin it anew: `wan models lock`',
    });
    return { kind, id, problem: list.placed(file, text)[0] as ManifestProblem };
  });
}
