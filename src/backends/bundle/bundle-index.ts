/** What a bundle says of itself: models, their files, the manifest, pins and registry entries that they need. As hostile as any other input. */
import type { Derived } from '../../domain/derived.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { isModelName, parseModelRef } from '../../domain/model-ref.ts';
import { collisionKey, pathFault } from '../../domain/path-rules.ts';
import type { Entries } from '../../domain/registry-entry.ts';
import { badBundle } from './bad-bundle.ts';
import { type BundleBlob, bundleBytes, INDEX_NAME } from './bundle-layout.ts';
import { checkEntries, decodeEntries, encodeEntries, MAX_ENTRIES_TEXT } from './carried-entries.ts';
import { type Node, parseStrict, ShapeFault } from './strict-json.ts';

export interface BundleFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Sha256;
  /** Of a file that was made from others: from which, and how. */
  readonly derived?: Derived;
}

export interface BundleModel {
  /** `name@version[@variant][@+overlay]` */
  readonly ref: string;
  readonly family: string;
  readonly files: readonly BundleFile[];
}

export interface BundleIndex {
  /** Ordered by reference. */
  readonly models: readonly BundleModel[];
  /** Every file's bytes once, ordered by digest. */
  readonly blobs: readonly BundleBlob[];
  /** TOML of these models and the components that they mount. */
  readonly manifest: string;
  /** What is pinned of them; absent where nothing is. */
  readonly lockfile?: string;
  /** Of those models that no manifest has; absent where there is none. */
  readonly entries?: Entries;
}

const SCHEMA = 'wan.bundle/v1';
/** With models of the registry: who knows but the first version is told so by the name. */
const SCHEMA_WITH_ENTRIES = 'wan.bundle/v2';
/** Beside the bundle, or in its folder beside the parts: named after what it signs. */
const SIGNATURE_ENDING = '.sig';
const MAX_WORD = 512;
const MAX_PATH = 4096;

/** Equal indexes give equal bytes; whoever has them has the checksum of all that the bundle holds. */
export function encodeIndex({ models, blobs, manifest, lockfile, entries }: BundleIndex): Buffer {
  const wire = {
    schema: entries === undefined ? SCHEMA : SCHEMA_WITH_ENTRIES,
    signatures: { over: INDEX_NAME, beside: SIGNATURE_ENDING },
    models: models.map(({ ref, family, files }) => ({
      ref,
      family,
      files: files.map(({ path, sizeBytes, sha256: digest, derived }) => ({
        path,
        size: sizeBytes,
        sha256: digest,
        ...(derived && { derived: { from: [...derived.from], dtype: derived.dtype, deriver: derived.deriver } }),
      })),
    })),
    blobs: blobs.map(({ sha256: digest, sizeBytes }) => ({ sha256: digest, size: sizeBytes })),
    manifest,
    ...(lockfile !== undefined && { lockfile }),
    ...(entries !== undefined && { registry: encodeEntries(entries) }),
  };
  return Buffer.from(`${JSON.stringify(wire, null, 1)}\n`);
}

/** @throws ModelError FORMAT_INVALID, PATH_UNSAFE */
export function decodeIndex(bundle: string, bytes: Buffer): BundleIndex {
  const index = readIndex(bundle, bytes);
  // One text for one meaning: no key twice, no other order, nothing that another reader might see otherwise.
  if (!encodeIndex(index).equals(bytes)) throw badBundle(bundle, 'index_form', 'its index is not in the form that indexes have');
  for (const model of index.models) checkModel(bundle, model);
  checkBlobs(bundle, index);
  if (index.entries !== undefined) checkEntries(bundle, index.models, index.entries);
  if (!Number.isSafeInteger(bundleBytes(bytes.length, index.blobs))) throw badBundle(bundle, 'index_sizes', 'its sizes are absurd');
  return index;
}

function readIndex(bundle: string, bytes: Buffer): BundleIndex {
  try {
    const node = parseStrict(bytes);
    requireKnown(bundle, node.member('schema').text(MAX_WORD));
    return indexOf(bundle, node);
  } catch (error) {
    if (error instanceof ShapeFault) throw badBundle(bundle, 'index_shape', `its index is not one: ${error.message}`);
    throw error;
  }
}

/** Said before anything else of it is read: another version may look otherwise. */
function requireKnown(bundle: string, schema: string): void {
  if (schema === SCHEMA || schema === SCHEMA_WITH_ENTRIES || !/^wan\.bundle\/v\d+$/.test(schema)) return;
  throw new ModelError('SCHEMA_VERSION_MISMATCH', `${bundle} is of ${schema}; this program reads ${SCHEMA} and ${SCHEMA_WITH_ENTRIES}`, {
    hint: 'install a wan-models that reads this version; nothing was changed',
    details: { bundle, schema },
  });
}

function indexOf(bundle: string, node: Node): BundleIndex {
  const index = node.object('schema', 'signatures', 'models', 'blobs', 'manifest', 'lockfile?', 'registry?');
  index.schema.is(index.registry === undefined ? SCHEMA : SCHEMA_WITH_ENTRIES);
  const { over, beside } = index.signatures.object('over', 'beside');
  over.is(INDEX_NAME);
  beside.is(SIGNATURE_ENDING);
  return {
    models: index.models.list(modelOf, { min: 1 }),
    blobs: index.blobs.list((blob) => {
      const { sha256, size } = blob.object('sha256', 'size');
      return { sha256: sha256.sha256(), sizeBytes: size.size() };
    }),
    manifest: index.manifest.text(),
    ...(index.lockfile && { lockfile: index.lockfile.text() }),
    ...(index.registry && { entries: decodeEntries(bundle, index.registry.text(MAX_ENTRIES_TEXT)) }),
  };
}

function modelOf(node: Node): BundleModel {
  const { ref, family, files } = node.object('ref', 'family', 'files');
  return { ref: ref.text(MAX_WORD), family: family.text(MAX_WORD), files: files.list(fileOf) };
}

function fileOf(node: Node): BundleFile {
  const { path, size, sha256, derived } = node.object('path', 'size', 'sha256', 'derived?');
  const file = { path: path.text(MAX_PATH), sizeBytes: size.size(), sha256: sha256.sha256() };
  if (derived === undefined) return file;
  const { from, dtype, deriver } = derived.object('from', 'dtype', 'deriver');
  const inputs = from.list((one) => one.sha256(), { min: 1 });
  return { ...file, derived: { from: inputs, dtype: dtype.text(MAX_WORD), deriver: deriver.text(MAX_WORD) } };
}

function checkModel(bundle: string, { ref, family, files }: BundleModel): void {
  parseModelRef(ref);
  if (!isModelName(family)) throw badBundle(bundle, 'index_names', `${JSON.stringify(family)} is no family`);
  const seen = new Set<string>();
  for (const { path } of files) {
    const fault = pathFault(path);
    if (fault !== undefined)
      throw new ModelError('PATH_UNSAFE', `${bundle} names the file ${JSON.stringify(path)}, which ${fault.message}`, {
        reason: fault.reason,
        hint: 'do not use this bundle: no path like this comes out of `wan models bundle create`',
        details: { bundle, path },
      });
    if (seen.has(collisionKey(path))) throw badBundle(bundle, 'index_names', `${JSON.stringify(path)} is there twice in ${ref}`);
    seen.add(collisionKey(path));
  }
}

/** Each once and of use, and of the size that every file with its digest has. */
function checkBlobs(bundle: string, { models, blobs }: BundleIndex): void {
  const sizes = new Map<string, number>();
  let last = '';
  for (const { sha256: digest, sizeBytes } of blobs) {
    if (digest <= last) throw badBundle(bundle, 'index_order', 'its blobs are not in order');
    last = digest;
    sizes.set(digest, sizeBytes);
  }
  const used = new Set<string>();
  for (const { path, sha256: digest, sizeBytes } of models.flatMap(({ files }) => files)) {
    if (sizes.get(digest) !== sizeBytes) throw badBundle(bundle, 'index_sizes', `${path} has no blob of its size`);
    used.add(digest);
  }
  if (used.size !== sizes.size) throw badBundle(bundle, 'index_unused', 'it holds bytes that no model has');
}
