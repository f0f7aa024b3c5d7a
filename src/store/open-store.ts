/** STORE.json and CACHEDIR.TAG: whether this root is a store that we can read, and making it one. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { ModelError } from '../domain/errors.ts';
import { fsError, isErrno } from '../domain/fs-error.ts';
import { makeFolders } from '../util/make-folders.ts';
import type { StoreContext } from './context.ts';
import { makeDirectory } from './durable.ts';
import { readRecord, writeRecord } from './record.ts';
import { readStatKey } from './stat-key.ts';
import { keepSpareFolders } from './trash-folder.ts';

const STORE_VERSION = 1;

export interface StoreRecord {
  readonly format: 'wan-store';
  readonly version: number;
  readonly store_id: string;
  readonly created_at: string;
  /** The id that it is about to get. */
  readonly becoming?: string;
}

/** bford.info/cachedir: backup tools skip the folder that holds this. */
const CACHE_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# Model files that \`wan models ensure\` can bring back. See https://bford.info/cachedir/
`;

/**
 * @returns the store's id, or undefined where the root is no store yet. Changes nothing.
 * @throws ModelError SCHEMA_VERSION_MISMATCH for a store of another version.
 */
export const readStoreId = (context: StoreContext): string | undefined => readStoreRecord(context)?.store_id;

/** As {@link readStoreId}. */
export function readStoreRecord(context: StoreContext): StoreRecord | undefined {
  const path = context.resolver.storeFile();
  const record = readRecord<StoreRecord>(path);
  const version = record?.version ?? versionOf(path);
  if (version === undefined) return undefined;
  if (version !== STORE_VERSION) throw otherVersion(context, version);
  return record;
}

/**
 * Whether this root is a store that we can read, or may become one. Changes nothing.
 * @throws ModelError SCHEMA_VERSION_MISMATCH for a store of another version, INVALID_CONFIG where it must be one and is none
 */
export function checkStore(context: StoreContext): void {
  readStoreId(context);
  // One whose record is torn is a store, and is mended by whoever writes next.
  if (context.requiresStore && readStatKey(context.resolver.storeFile()) === undefined) throw noStore(context);
}

/** Makes the root a store where it is none. Idempotent, safe with any number of processes. */
export async function openStore(context: StoreContext): Promise<string> {
  const id = readStoreId(context);
  if (id !== undefined) return id;
  checkStore(context);
  return createStore(context);
}

async function createStore(context: StoreContext): Promise<string> {
  const { resolver, locks } = context;
  try {
    await makeFolders(resolver.root);
  } catch (error) {
    throw fsError(error, `make the models root ${resolver.root}`);
  }
  const lease = await locks.acquire(resolver.storeLock(), { timeoutMs: context.lockTimeoutMs, doing: 'create the store' });
  try {
    const existing = readStoreId(context);
    if (existing !== undefined) return existing;
    const record: StoreRecord = {
      format: 'wan-store',
      version: STORE_VERSION,
      store_id: context.random.uuid(),
      created_at: new Date(context.clock.now()).toISOString(),
    };
    // Before the record: one that was cut short is written again.
    await writeCacheTag(resolver.cacheTag());
    // While there is room: a lease, and what gives room back, must not need any.
    await makeDirectory(context, resolver.stateDir('leases'));
    await keepSpareFolders(context);
    await writeRecord(context, resolver.storeFile(), record, { durable: true });
    return record.store_id;
  } finally {
    await lease.release();
  }
}

async function writeCacheTag(path: string): Promise<void> {
  try {
    await writeFile(path, CACHE_TAG, { flush: true });
  } catch (error) {
    throw fsError(error, `write ${path}`);
  }
}

/** The version that a damaged or foreign STORE.json claims: a newer format may check its records otherwise. */
function versionOf(path: string): number | undefined {
  try {
    const claimed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const version = (claimed as { version?: unknown } | null)?.version;
    return typeof version === 'number' && version !== STORE_VERSION ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
    throw fsError(error, `read ${path}`);
  }
}

const noStore = ({ resolver: { root } }: StoreContext): ModelError =>
  new ModelError('INVALID_CONFIG', `${root} holds no store, and require_store says that it must`, {
    reason: 'no_store',
    hint: 'is its volume mounted? To make a store there, or where STORE.json is lost (`wan models rebuild`), run once with WAN_REQUIRE_STORE=false',
    details: { key: 'require_store', models_root: root },
  });

function otherVersion(context: StoreContext, found: number): ModelError {
  return new ModelError(
    'SCHEMA_VERSION_MISMATCH',
    `the store ${context.resolver.root} has format version ${found}; this wan-models reads version ${STORE_VERSION}`,
    {
      reason: 'store_version',
      // No program wrote an older one: docs/store-format.md, "Versions".
      hint:
        found > STORE_VERSION
          ? 'use the newer wan-models that made it'
          : 'no wan-models wrote that: move STORE.json away, then run `wan models rebuild`',
      details: { found, supported: [STORE_VERSION] },
    },
  );
}
