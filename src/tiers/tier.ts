/** A tier that was found to be the right one: what lies in it, who counts on that, and what nobody counts on any more. */
import { isModelError } from '../domain/errors.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import type { TieredBlob, TierSettings } from '../domain/tiers.ts';
import { fileNameOf } from '../resolver/file-name.ts';
import type { StoreContext } from '../store/context.ts';
import { decodeRecord, encodeRecord } from '../store/record.ts';
import { type ColdRecord, coldFromWire, coldToWire, type WireColdRecord } from '../store/tier-records.ts';
import { awaitCleanings, stopOwnCleanings, withCleaning } from './cleanings.ts';
import type { TierPlace } from './tier-place.ts';

/** `moving`: not all of it is there yet; `whole`: every byte was proven there; `dropping`: it is being taken out. */
export type Registered = 'moving' | 'whole' | 'dropping';

export interface Registration {
  readonly key: string;
  readonly state: Registered;
  readonly record: ColdRecord;
}

interface Cleared {
  /** In the tier. */
  readonly reclaimedBytes: number;
  /** False: something was left for a later try. */
  readonly isDone: boolean;
}

export interface TierOptions {
  readonly settings: TierSettings;
  readonly place: TierPlace;
  readonly store: StoreContext;
  /** Of the root at work. */
  readonly storeId: string;
  /** Of the tier. */
  readonly id: string;
}

const MODELS = 'models';

export class Tier {
  readonly settings: TierSettings;
  readonly place: TierPlace;
  readonly id: string;
  readonly #options: TierOptions;
  readonly #store: StoreContext;
  readonly #storeId: string;

  constructor(options: TierOptions) {
    const { settings, place, store, storeId, id } = options;
    this.#options = options;
    this.settings = settings;
    this.place = place;
    this.id = id;
    this.#store = store;
    this.#storeId = storeId;
  }

  /** The same, for a root with this id. */
  as(storeId: string): Tier {
    return new Tier({ ...this.#options, storeId });
  }

  /**
   * Says in the tier what this root counts on there. After that nobody clears it away, in any process of any machine: one that
   * was at it is waited for. Call under the tier's lock.
   * @throws ModelError LOCK_TIMEOUT
   */
  async register(record: ColdRecord, state: Registered, signal: AbortSignal): Promise<void> {
    const text = `${encodeRecord({ state, ...coldToWire(record) })}\n`;
    await this.place.writeText(this.#keyOf(record.family, record.snapshot.ref), text, { signal });
    if (state === 'moving') await awaitCleanings(this.place, { store: this.#store, storeId: this.#storeId, signal });
  }

  async unregister({ family, snapshot }: ColdRecord, signal: AbortSignal): Promise<void> {
    await this.place.remove(this.#keyOf(family, snapshot.ref), signal);
  }

  /**
   * Takes out what nobody else counts on. Whoever took the name meanwhile keeps it: a lock may be one that locks nobody out.
   * Call under the tier's lock, with nothing here that believes in it. @returns bytes given back in the tier
   */
  async takeOut(record: ColdRecord, signal: AbortSignal): Promise<number> {
    await this.register(record, 'dropping', signal);
    const { reclaimedBytes, isDone } = await this.clear(record.blobs, signal);
    // Else whoever opens the tier next goes on.
    if (isDone && (await this.#registrationOf(record, signal))?.state === 'dropping') await this.unregister(record, signal);
    return reclaimedBytes;
  }

  /** Whether this root counts on it here as whole, and every blob lies here as recorded; whoever clears for this root is stopped before. */
  async isCountedOn(record: ColdRecord, signal: AbortSignal): Promise<boolean> {
    await stopOwnCleanings(this.place, { store: this.#store, storeId: this.#storeId, signal });
    return (await this.#registrationOf(record, signal))?.state === 'whole' && (await this.hasAll(record, signal));
  }

  /** By name and size. */
  async hasAll({ blobs }: ColdRecord, signal: AbortSignal): Promise<boolean> {
    for (const blob of blobs) {
      const forms = await this.place.formsOf(blob, signal);
      if (!forms.some(({ form, storedBytes }) => form === blob.form && storedBytes === blob.storedBytes)) return false;
    }
    return true;
  }

  /** Of this root; those that cannot be read are left out. */
  async ownRegistrations(signal: AbortSignal): Promise<Registration[]> {
    const found = await this.#read(await this.place.keysUnder(`${MODELS}/${this.#storeId}`, signal), signal);
    return found.flatMap((one) => one ?? []);
  }

  /**
   * Removes those of the blobs that nobody counts on, in any root. Call under the tier's lock.
   * Nothing is removed where somebody's record cannot be read.
   */
  async clear(blobs: readonly TieredBlob[], signal: AbortSignal): Promise<Cleared> {
    return withCleaning(this.place, { store: this.#store, storeId: this.#storeId, signal }, async (mayGoOn) => {
      const all = await this.#read(await this.place.keysUnder(MODELS, signal), signal);
      if (all.some((one) => one === undefined)) return { reclaimedBytes: 0, isDone: false };
      const counted = new Set(
        all.flatMap((one) => (one?.state === 'dropping' ? [] : (one?.record.blobs ?? []))).map(({ digest }) => digest),
      );
      let reclaimedBytes = 0;
      for (const blob of blobs) {
        if (counted.has(blob.digest)) continue;
        const stored = await this.place.formsOf(blob, signal);
        if (!(await mayGoOn())) return { reclaimedBytes, isDone: false };
        // As it lies there, and as it may have been written before compression was switched on or off.
        for (const form of ['plain', 'zstd'] as const) await this.place.removeBlob({ digest: blob.digest, form }, signal);
        for (const { storedBytes } of stored) reclaimedBytes += storedBytes;
      }
      return { reclaimedBytes, isDone: true };
    });
  }

  async #read(keys: readonly string[], signal: AbortSignal): Promise<(Registration | undefined)[]> {
    const found: (Registration | undefined)[] = [];
    for (const key of keys) {
      const text = await this.place.readText(key, signal);
      // Gone meanwhile: its owner counts on nothing.
      if (text !== undefined) found.push(registrationOf(this.#store, key, text));
    }
    return found;
  }

  async #registrationOf({ family, snapshot }: ColdRecord, signal: AbortSignal): Promise<Registration | undefined> {
    const [found] = await this.#read([this.#keyOf(family, snapshot.ref)], signal);
    return found;
  }

  #keyOf(family: string, ref: CanonicalRef): string {
    return `${MODELS}/${this.#storeId}/${fileNameOf(this.#store.resolver.refName(family, ref))}`;
  }
}

function registrationOf(context: StoreContext, key: string, text: string): Registration | undefined {
  const wire = decodeRecord<WireColdRecord & { readonly state: Registered }>(text);
  const record = wire && recordOf(context, wire);
  return record && { key, state: wire.state, record };
}

/** Undefined too for what somebody made up: its check may be right, and then it has no model's name, or not all that belongs to one. */
function recordOf({ resolver }: StoreContext, wire: WireColdRecord): ColdRecord | undefined {
  try {
    const record = coldFromWire(wire);
    if (record !== undefined) resolver.refName(record.family, record.snapshot.ref);
    return record;
  } catch (error) {
    if (error instanceof TypeError || isModelError(error)) return undefined;
    throw error;
  }
}
