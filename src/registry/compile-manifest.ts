/** The cold path: TOML bytes -> compiled manifest, or everything that is wrong with them. Imports the parser and zod. */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { sha256Of } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import { weakestProof } from '../domain/proof.ts';
import type { ModelSummary } from '../domain/spec.ts';
import { hasOpenPart, type SpecInput, variantFiles } from './build-spec.ts';
import { BodyWriter, CompiledManifest, type ManifestHead, type Slice } from './compiled-manifest.ts';
import { ProblemList, type Report } from './draft-problem.ts';
import { ownerOfComponent, ownersOfModel } from './lock-owners.ts';
import { LockViews } from './lock-views.ts';
import type { ManifestFile } from './manifest-file.ts';
import { type ManifestProblem, manifestInvalid } from './manifest-problem.ts';
import { type ManifestComponent, type ManifestModel, SCHEMA_VERSION, SCHEMAS } from './manifest-schema.ts';
import { readManifestSyntax } from './manifest-syntax.ts';
import { mountedPlaces } from './mounted-places.ts';
import { checkManifest } from './rules/manifest-rules.ts';
import { entriesAt, isTable, type RawTable } from './rules/raw-table.ts';
import { reportShape } from './shape-problems.ts';
import { DEFAULT_FAMILY, ONLY_VARIANT } from './variant-files.ts';

export type Examination =
  | { readonly compiled: CompiledManifest }
  | { readonly problems: readonly ManifestProblem[]; readonly foundVersion?: bigint };

/** @throws ModelError MANIFEST_INVALID with all problems, SCHEMA_VERSION_MISMATCH, LOCKFILE_STALE for a lockfile that cannot be read */
export function compileManifest(file: ManifestFile, lock?: ManifestFile): CompiledManifest {
  const examined = examineManifest(file, lock);
  if ('compiled' in examined) return examined.compiled;
  throw examined.foundVersion === undefined
    ? manifestInvalid(file.path, examined.problems)
    : versionMismatch(file.path, examined.foundVersion);
}

/** @throws ModelError LOCKFILE_STALE for a lockfile that cannot be read */
export function examineManifest(file: ManifestFile, lock?: ManifestFile): Examination {
  const { text, tree, problems: syntaxProblems } = readManifestSyntax(file.path, file.bytes);
  if (tree === undefined) return { problems: syntaxProblems };
  const list = new ProblemList();
  const version = otherVersion(tree);
  if (version !== undefined) {
    list.report({ code: 'schema_version_mismatch', path: ['schema_version'], message: mismatchText(version), hint: otherReader(version) });
    return { problems: list.placed(file.path, text), foundVersion: version };
  }
  checkManifest(tree, list);
  const compiled = compileTree({ tree, file, lock }, list);
  if (list.isEmpty && syntaxProblems.length === 0) return { compiled };
  return { problems: withSyntax(syntaxProblems, list.placed(file.path, text)) };
}

/** A line that could not be read leaves gaps: what is missing then is not said to be missing. */
function withSyntax(syntax: readonly ManifestProblem[], found: readonly ManifestProblem[]): ManifestProblem[] {
  if (syntax.length === 0) return [...found];
  const problems = [...syntax, ...found.filter(({ code }) => code !== 'missing_key' && code !== 'no_sources')];
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

function otherVersion({ schema_version: version }: RawTable): bigint | undefined {
  return typeof version === 'bigint' && version !== BigInt(SCHEMA_VERSION) ? version : undefined;
}

const otherReader = (version: bigint): string =>
  `install a wan-models that reads version ${version}, or write the manifest as version ${SCHEMA_VERSION} has it (docs/manifest.md)`;
const mismatchText = (version: bigint): string => `schema_version is ${version}; this program reads ${SCHEMA_VERSION}`;

function versionMismatch(path: string, version: bigint): ModelError {
  const found = BigInt.asIntN(53, version) === version ? Number(version) : String(version);
  return new ModelError('SCHEMA_VERSION_MISMATCH', `${path}: ${mismatchText(version)}`, {
    hint: otherReader(version),
    details: { manifest_path: path, found, supported: [SCHEMA_VERSION] },
  });
}

interface Sources {
  readonly tree: RawTable;
  readonly file: ManifestFile;
  readonly lock: ManifestFile | undefined;
}

/** Model by model, so that only one is held twice. The result means something only where nothing was reported. */
function compileTree({ tree, file, lock }: Sources, problems: ProblemList): CompiledManifest {
  const { report } = problems;
  const bodies = new BodyWriter();
  const views = new LockViews(lock, bodies);
  checkShell(tree, report);
  const components = parseAll<ManifestComponent>(tree, 'components', SCHEMAS.component, report);
  const places = mountedPlaces(entriesAt(tree, 'models').map(([, raw]) => raw));
  for (const [id, component] of components) views.add(ownerOfComponent(id, component, places.get(id)));
  const componentSlices = Object.fromEntries([...components].map(([id, component]) => [id, bodies.add(component)]));
  const models: ModelSummary[] = [];
  const modelSlices: Slice[] = [];
  for (const [id, raw] of entriesAt(tree, 'models')) {
    if (problems.isFull) break;
    const model = parseOne<ManifestModel>({ schema: SCHEMAS.model, value: raw, at: ['models', id] }, report);
    if (model === undefined) continue;
    if (!problems.isEmpty) continue;
    views.add(ownersOfModel(id, model));
    models.push(summarize(id, model, { components, views }));
    modelSlices.push(bodies.add(model));
  }
  const head: ManifestHead = { schemaVersion: SCHEMA_VERSION, models, modelSlices, componentSlices, ...views.head() };
  return new CompiledManifest(sha256Of(hash('sha256', file.bytes, 'hex')), head, bodies.finish());
}

/** The document without its models and components, which are parsed one by one; what is no table stays for the schema to refuse. */
function checkShell(tree: RawTable, report: Report): void {
  const emptied = (value: unknown) =>
    isTable(value) ? Object.fromEntries(Object.entries(value).filter(([, inner]) => !isTable(inner))) : value;
  const value = {
    ...tree,
    ...('models' in tree && { models: emptied(tree.models) }),
    ...('components' in tree && { components: emptied(tree.components) }),
  };
  parseOne({ schema: SCHEMAS.manifest, value, at: [] }, report);
}

function parseAll<Parsed>(tree: RawTable, key: string, schema: z.ZodType, report: Report): Map<string, Parsed> {
  const parsed = new Map<string, Parsed>();
  for (const [id, value] of entriesAt(tree, key)) {
    const one = parseOne<Parsed>({ schema, value, at: [key, id] }, report);
    if (one !== undefined) parsed.set(id, one);
  }
  return parsed;
}

function parseOne<Parsed>(document: { schema: z.ZodType; value: unknown; at: readonly string[] }, report: Report): Parsed | undefined {
  const result = document.schema.safeParse(document.value);
  if (result.success) return result.data as Parsed;
  reportShape(document, result.error.issues, report);
  return undefined;
}

interface Known {
  readonly components: ReadonlyMap<string, ManifestComponent>;
  readonly views: LockViews;
}

function summarize(modelId: string, model: ManifestModel, { components, views }: Known): ModelSummary {
  const variants = model.variants ?? [ONLY_VARIANT];
  const defaultVariant = model.default_variant ?? variants[0] ?? ONLY_VARIANT;
  const input: SpecInput = {
    modelId,
    model,
    variant: defaultVariant,
    component: (id) => components.get(id),
    overlays: [],
    lock: (key) => views.get(key),
  };
  const files = variantFiles(input);
  const proof = hasOpenPart(input) ? undefined : weakestProof(files.map((file) => file.proof));
  const overlays = Object.keys(model.overlays ?? {});
  return {
    modelId,
    family: model.family ?? DEFAULT_FAMILY,
    ...(model.type !== undefined && { type: model.type }),
    description: model.description ?? '',
    variants,
    defaultVariant,
    fileCount: files.length,
    totalBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    ...(proof !== undefined && { proof }),
    ...(overlays.length > 0 && { overlays }),
    ...(model.tags !== undefined && { tags: model.tags }),
  };
}
