/**
 * MODELS_ROOT and a name -> the absolute path of everything that the store keeps. The only place where paths below the root
 * are put together; docs/store-format.md shows the result. Pure: touches no disk, and two instances agree.
 */
import { ModelError } from '../domain/errors.ts';
import { type CanonicalRef, formatRef, isModelName, isModelVersion, isOverlayList, isVariantName } from '../domain/model-ref.ts';
import { collisionKey, pathFault, VERIFIED_RECORD_NAME } from '../domain/path-rules.ts';
import { fingerprint } from '../util/fingerprint.ts';
import { fileNameOf } from './file-name.ts';
import { pathIssues } from './path-constraints.ts';
import { type PathIssue, type Platform, platformOf } from './platform.ts';
import { fromWindowsPath } from './wsl.ts';

/** Kinds of records under `.state`. */
export const STATE_KINDS = [
  'ledger',
  'spare',
  'intents',
  'pins',
  'leases',
  'access',
  'reservations',
  'pieces',
  'publish',
  'jobs',
  'job-progress',
  'schedules',
  'metrics',
  'audit',
  'events',
  'webhooks',
  'deliveries',
  'manifests',
  'corrupt',
  'forced',
  'absent',
  'hosts',
  'rates',
  'listings',
  'derived',
  'cold',
  'tiers',
  'verify',
  'scrub',
  'smoke',
  'registry',
  'uploads',
  'idempotency',
] as const;

export type StateKind = (typeof STATE_KINDS)[number];

/** A lock as people are told of it, and its file relative to {@link ModelResolver.lockDir}. */
export interface LockPath {
  readonly name: string;
  readonly path: string;
}

export interface ModelResolverOptions {
  /** Absolute, or relative to `cwd`. */
  readonly modelsRoot: string | undefined;
  readonly cwd?: string;
  readonly platform?: Platform;
}

const COMPONENTS = 'components';
/** Records that there is one of for each blob lie in 256 folders. */
const SHARDED: ReadonlySet<StateKind> = new Set(['ledger']);
const KEY = /^(?:[0-9a-f]{64}|[ud]-[0-9a-f]{1,64})$/;
const UUID = /^[0-9a-f][0-9a-f-]{7,63}$/;

export class ModelResolver {
  readonly root: string;
  readonly platform: Platform;

  /** @throws ModelError INVALID_CONFIG without a root */
  constructor({ modelsRoot, cwd = process.cwd(), platform = platformOf(process.platform) }: ModelResolverOptions) {
    if (!modelsRoot?.trim()) throw noRoot(platform);
    if (modelsRoot.includes('\0')) throw new ModelError('INVALID_CONFIG', 'MODELS_ROOT holds a NUL character');
    if (platform.name === 'posix' && /^[A-Za-z]:[\\/]/.test(modelsRoot)) throw windowsRoot(modelsRoot, platform);
    this.platform = platform;
    this.root = platform.resolve(cwd, modelsRoot);
  }

  /** `{family}/{model_id}[@{variant}][@+{overlay}]`, `variant` being there only where it is not the default one. */
  modelDir(family: string, ref: CanonicalRef): string {
    return this.#join(familyName(family), refText(ref));
  }

  /**
   * @param directory absolute and normalised, as every directory that a resolver names
   * @param path relative, `/`-separated, as in the manifest; or the name of the store's own record there
   * @throws ModelError PATH_UNSAFE, PATH_TOO_LONG
   */
  modelFile(directory: string, path: string): string {
    const fault = path === VERIFIED_RECORD_NAME ? undefined : pathFault(path);
    if (fault) throw unsafe(path, fault.message, fault.reason);
    const file = joinPlain(directory, path, this.platform.separator);
    const issue = this.validatePathConstraints(file).find(({ level }) => level === 'error');
    if (issue) throw refused(issue);
    return file;
  }

  /** Holds the 256 folders of blobs. */
  get blobsDir(): string {
    return this.#join('.blobs', 'sha256');
  }

  /** Whether a name under `.tmp` is that of a folder of partials. */
  isKey(name: string): boolean {
    return KEY.test(name);
  }

  blobPath(digest: string): string {
    return this.#join('.blobs', 'sha256', ...shard(keyName(digest)));
  }

  /** An encoded blob is named by the digest of its plaintext. */
  encodedBlobPath(kind: 'zstd' | 'age', digest: string): string {
    return this.#join('.blobs', kind, ...shard(keyName(digest)));
  }

  /** @param key a digest, `u-{hex}` of a URL and validator where no digest is known, or `d-{hex}` of a derivation */
  partialDir(key: string): string {
    return this.#join('.tmp', keyName(key));
  }

  /** The data of a partial, or the map of its pieces. */
  partialFile(key: string, uuid: string, kind: 'part' | 'map'): string {
    return this.#join('.tmp', keyName(key), `${uuidName(uuid)}.${kind}`);
  }

  stagingDir(family: string, ref: CanonicalRef, uuid: string): string {
    familyName(family);
    return this.#join('.tmp', `${refText(ref)}.${uuidName(uuid)}.partial`);
  }

  recordTemp(uuid: string): string {
    return this.#join('.tmp', `${uuidName(uuid)}.rec`);
  }

  get tmpDir(): string {
    return this.#join('.tmp');
  }

  get lockDir(): string {
    return this.#join('.locks');
  }

  modelLock(family: string, ref: CanonicalRef): LockPath {
    return { name: `model ${formatRef(ref)}`, path: `model/${refFileName(family, ref)}.lock` };
  }

  /** Held while a verification runs. */
  verifyLock(family: string, ref: CanonicalRef): LockPath {
    return { name: `verification of ${formatRef(ref)}`, path: `verify/${refFileName(family, ref)}.lock` };
  }

  /** Held by the one scrub of a store. */
  scrubLock(): LockPath {
    return { name: 'the scrub', path: 'scrub.lock' };
  }

  blobLock(key: string): LockPath {
    return { name: `blob ${keyName(key).slice(0, 14)}`, path: `blob/${shard(key).join('/')}.lock` };
  }

  stateLock(): LockPath {
    return { name: 'the store state', path: 'state.lock' };
  }

  /** One of the places for files in transfer. @param place from 1 */
  slotLock(place: number): LockPath {
    return { name: `download place ${place}`, path: `slots/${place}.lock` };
  }

  /** Held by whoever takes the next place that becomes free. */
  slotTurnLock(): LockPath {
    return { name: 'the next free download place', path: 'slots/turn.lock' };
  }

  /** Held by whoever waits for the turn. */
  slotLineLock(): LockPath {
    return { name: 'the line for download places', path: 'slots/line.lock' };
  }

  /** Held while manifest and lockfile are read, and written anew. @param path of the manifest */
  manifestLock(path: string): LockPath {
    return { name: `the manifest ${path}`, path: `manifest/${fingerprint(Buffer.from(path))}.lock` };
  }

  /** Held by whoever writes to what a name means, or makes a tier there. @param name as configured */
  tierLock(name: string): LockPath {
    return { name: `the tier ${name}`, path: `tier/${fileNameOf(name)}.lock` };
  }

  /** Held by whoever writes to a tier, or takes something out of it. @param id as its TIER.json has it: longer than any name */
  tierIdLock(id: string): LockPath {
    return { name: `the tier ${id}`, path: `tier/${fileNameOf(id)}.lock` };
  }

  /** What other services note of models, and models that no manifest has: where nothing else is configured. */
  get registryFile(): string {
    return this.#join('.state', 'registry', 'models.json');
  }

  /** Held while the registry is read, and written anew. @param path of it */
  registryLock(path: string): LockPath {
    return { name: `the registry ${path}`, path: `registry/${fingerprint(Buffer.from(path))}.lock` };
  }

  /** Held for moments by whoever reads uploads to write them anew. */
  uploadsLock(): LockPath {
    return { name: 'the uploads', path: 'uploads.lock' };
  }

  /** Held by whoever adds up what processes counted. */
  metricsLock(): LockPath {
    return { name: 'the counters', path: 'metrics.lock' };
  }

  /** Held for moments by whoever notes what happened. */
  eventsLock(): LockPath {
    return { name: 'the events', path: 'events.lock' };
  }

  /** Held for moments by whoever reads records of webhooks to write them anew. */
  webhooksLock(): LockPath {
    return { name: 'the webhooks', path: 'webhooks/records.lock' };
  }

  /** Held by the one process of a root that sends to webhooks. */
  webhookSenderLock(): LockPath {
    return { name: 'the sender of webhooks', path: 'webhooks/sender.lock' };
  }

  /** Held for moments by whoever reads jobs to write them anew. */
  jobsLock(): LockPath {
    return { name: 'the job queue', path: 'jobs/queue.lock' };
  }

  /** Held by the one process that runs the jobs of a root. */
  runnerLock(): LockPath {
    return { name: 'the runner of jobs', path: 'jobs/runner.lock' };
  }

  storeLock(): LockPath {
    return { name: 'the store', path: 'store.lock' };
  }

  stateDir(kind: StateKind): string {
    return this.#join('.state', kind);
  }

  /** @param name any text (a digest, a uuid, a reference): made safe, reversible by `textOfFileName` */
  stateFile(kind: StateKind, name: string): string {
    const file = fileNameOf(name);
    return this.#join('.state', kind, ...(SHARDED.has(kind) ? shard(file) : [file]));
  }

  /** The name of a model's records under `.state`, for {@link stateFile}. */
  refName(family: string, ref: CanonicalRef): string {
    return `${familyName(family)}@${refText(ref)}`;
  }

  trashDir(uuid?: string): string {
    return uuid === undefined ? this.#join('.trash') : this.#join('.trash', uuidName(uuid));
  }

  get quarantineDir(): string {
    return this.#join('.quarantine');
  }

  quarantineFile(name: string): string {
    return this.#join('.quarantine', fileNameOf(name));
  }

  storeFile(): string {
    return this.#join('STORE.json');
  }

  cacheTag(): string {
    return this.#join('CACHEDIR.TAG');
  }

  /** The path below the root, `/`-separated: what records, events and people are given. */
  relative(path: string): string {
    const below = this.#below(path);
    if (below === undefined) throw new Error(`not below the root ${this.root}: ${path}`);
    return below.split(this.platform.separator).join('/');
  }

  contains(path: string): boolean {
    return this.#below(path) !== undefined;
  }

  /** What the platform has against an absolute path: errors, then warnings. */
  validatePathConstraints(path: string): PathIssue[] {
    return pathIssues(path, this.platform);
  }

  #below(path: string): string | undefined {
    const { relative, isAbsolute, separator } = this.platform;
    const below = relative(this.root, path);
    return below === '..' || below.startsWith(`..${separator}`) || isAbsolute(below) ? undefined : below;
  }

  #join(...names: string[]): string {
    return joinPlain(this.root, names.join('/'), this.platform.separator);
  }
}

/** Neither part has anything to normalise, and to look for it at every character takes longer than all that `ensure` asks of a file. */
function joinPlain(directory: string, path: string, separator: string): string {
  const end = directory.endsWith(separator) ? '' : separator;
  return directory + end + (separator === '/' ? path : path.replaceAll('/', separator));
}

/** First two digits apart, so that no folder grows beyond what file systems list quickly. */
function shard(key: string): [string, string] {
  return [key.replace(/^[ud]-/, '').slice(0, 2), key];
}

function keyName(key: string): string {
  if (!KEY.test(key)) throw new Error(`not a digest or partial key: ${key.slice(0, 80)}`);
  return key;
}

function uuidName(uuid: string): string {
  if (!UUID.test(uuid)) throw new Error(`not a uuid: ${uuid.slice(0, 80)}`);
  return uuid;
}

function familyName(family: string): string {
  if (!isModelName(family)) throw unsafe(family, 'is not a family name (letters, digits, ".", "_" and "-")', 'family_name');
  if (collisionKey(family) === COMPONENTS) throw unsafe(family, 'is the folder of shared components, not a family', 'family_name');
  return safeName(family);
}

/** The reference as a folder name; checked again here, because it becomes part of a path. */
function refText(ref: CanonicalRef): string {
  const [name = '', version = '', ...rest] = ref.modelId.split('@');
  const good =
    isModelName(name) &&
    isModelVersion(version) &&
    rest.length === 0 &&
    (ref.variant === undefined || isVariantName(ref.variant)) &&
    (ref.overlay === undefined || isOverlayList(ref.overlay));
  if (!good) throw new ModelError('INVALID_MODEL_ID', `${JSON.stringify(formatRef(ref))} is not a canonical model id`);
  return safeName(formatRef(ref));
}

function safeName(name: string): string {
  const fault = pathFault(name);
  if (fault) throw unsafe(name, fault.message, fault.reason);
  return name;
}

const refFileName = (family: string, ref: CanonicalRef): string => `${fileNameOf(familyName(family))}/${fileNameOf(refText(ref))}`;

const unsafe = (path: string, message: string, reason: string): ModelError =>
  new ModelError(reason === 'path_too_long' ? 'PATH_TOO_LONG' : 'PATH_UNSAFE', `${JSON.stringify(path)} ${message}`, {
    reason,
    details: { path },
  });

const refused = ({ reason, message, hint }: PathIssue): ModelError =>
  new ModelError(/too_long/.test(reason) ? 'PATH_TOO_LONG' : 'PATH_UNSAFE', message, { reason, ...(hint !== undefined && { hint }) });

/** Taken as a relative path it would make a folder of this odd name; under WSL the drive has a name of its own. */
function windowsRoot(modelsRoot: string, platform: Platform): ModelError {
  return new ModelError('INVALID_CONFIG', `MODELS_ROOT is ${modelsRoot}, a Windows path, and this is not Windows`, {
    reason: 'models_root_windows',
    hint: `under WSL: ${platform.exportLine('MODELS_ROOT', fromWindowsPath(modelsRoot) ?? '/mnt/d/models')}`,
  });
}

function noRoot(platform: Platform): ModelError {
  const example = platform.name === 'win32' ? 'D:\\models' : '/data/models';
  return new ModelError('INVALID_CONFIG', 'MODELS_ROOT is not set: it names the folder that holds all models', {
    reason: 'models_root_missing',
    hint: platform.exportLine('MODELS_ROOT', example),
  });
}
