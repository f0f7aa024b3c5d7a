/** What a bundle says of itself: models, their files, the manifest and the pins that they need. As hostile as any other input. */
import type { Derived } from '../../domain/derived.ts';
import type { Sha256 } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import { isModelName, parseModelRef } from '../../domain/model-ref.ts';
import { collisionKey, pathFault } from '../../domain/path-rules.ts';
import { type BundleBlob, bundleBytes, INDEX_NAME } from './bundle-layout.ts';
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
}

const SCHEMA = 'wan.bundle/v1';
/** Beside the bundle, or in its folder beside the parts: named after what it signs. */
const SIGNATURE_ENDING = '.sig';
const MAX_WORD = 512;
const MAX_PATH = 4096;

/** Equal indexes give equal bytes; whoever has them has the checksum of all that the bundle holds. */
export function encodeIndex({ models, blobs, manifest, lockfile }: BundleIndex): Buffer {
  const wire = {
    schema: SCHEMA,
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
  if (!Number.isSafeInteger(bundleBytes(bytes.length, index.blobs))) throw badBundle(bundle, 'index_sizes', 'its sizes are absurd');
  return index;
}

export const badBundle = (bundle: string, reason: string, what: string, details: Readonly<Record<string, unknown>> = {}): ModelError =>
  new ModelError('FORMAT_INVALID', `${bundle} is no whole bundle: ${what}`, {
    reason,
    hint: 'copy it again from where it was made, and compare what `wan models bundle inspect` prints on both machines',
    details: { bundle, ...details },
  });

function readIndex(bundle: string, bytes: Buffer): BundleIndex {
  try {
    return indexOf(parseStrict(bytes));
  } catch (error) {
    if (error instanceof ShapeFault) throw badBundle(bundle, 'index_shape', `its index is not one: ${error.message}`);
    throw error;
  }
}

function indexOf(node: Node): BundleIndex {
  const index = node.object('schema', 'signatures', 'models', 'blobs', 'manifest', 'lockfile?');
  index.schema.is(SCHEMA);
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
