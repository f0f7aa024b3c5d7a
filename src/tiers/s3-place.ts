/** A tier under a prefix in a bucket. Blobs lie there as they are; that they are right is what the service's own sums say, else they are read back. */
import type { FileSource } from '../backends/backend.ts';
import type { HttpClient } from '../backends/http/http-client.ts';
import type { S3Access } from '../backends/s3/s3-access.ts';
import { createS3FileBackend } from '../backends/s3/s3-backend.ts';
import { S3Bucket } from '../backends/s3/s3-bucket.ts';
import { keyOf, parseS3Prefix, type S3Location } from '../backends/s3/s3-location.ts';
import { S3Objects } from '../backends/s3/s3-objects.ts';
import { S3Requests } from '../backends/s3/s3-requests.ts';
import { S3Uploads } from '../backends/s3/s3-uploads.ts';
import { isModelError } from '../domain/errors.ts';
import type { TieredBlob, TierFault } from '../domain/tiers.ts';
import type { Clock, Random } from '../domain/world.ts';
import { hashOf } from './hash-stream.ts';
import { expectedSum, upload } from './s3-upload.ts';
import { blobWritten } from './tier-errors.ts';
import { blobKey, type NewBlob, type TierCall, type TierPlace } from './tier-place.ts';

export interface S3PlaceOptions {
  readonly url: string;
  readonly access: S3Access;
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly memoryBudgetBytes: number;
}

/** An upload that nobody ended for so long has nobody. */
const DEAD_UPLOAD_MS = 24 * 3600_000;
const MAX_BREAKS = 4;
const WRITE_HINT =
  'allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket, s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts and s3:AbortMultipartUpload for these credentials';

export class S3Place implements TierPlace {
  readonly label: string;
  readonly #options: S3PlaceOptions;
  readonly #location: S3Location;
  readonly #objects: S3Objects;
  readonly #uploads: S3Uploads;

  constructor(options: S3PlaceOptions) {
    this.label = options.url;
    this.#options = options;
    this.#location = parseS3Prefix(options.url);
    const requests = new S3Requests(new S3Bucket(this.#location.bucket, options.access, options.client), options);
    this.#objects = new S3Objects(requests);
    this.#uploads = new S3Uploads(requests);
  }

  readText(key: string, signal: AbortSignal): Promise<string | undefined> {
    return allowed(() => this.#objects.read(this.#key(key), signal));
  }

  writeText(key: string, text: string, options: { readonly isNew?: boolean; readonly signal: AbortSignal }): Promise<boolean> {
    return allowed(async () => {
      // Not every service knows of conditions.
      if (options.isNew === true && (await this.#objects.look(this.#key(key), options.signal)) !== undefined) return false;
      return this.#objects.put(this.#key(key), Buffer.from(text), options);
    });
  }

  remove(key: string, signal: AbortSignal): Promise<void> {
    return allowed(() => this.#objects.remove(this.#key(key), signal));
  }

  keysUnder(prefix: string, signal: AbortSignal): Promise<string[]> {
    return allowed(async () => {
      const keys = await this.#objects.keys(this.#key(prefix), signal);
      return keys.map((key) => key.slice(this.#key('').length));
    });
  }

  async formsOf({ digest, sizeBytes }: Pick<TieredBlob, 'digest' | 'sizeBytes'>, signal: AbortSignal): Promise<TieredBlob[]> {
    const stored = await allowed(() => this.#objects.look(this.#key(blobKey({ digest, form: 'plain' })), signal));
    return stored?.sizeBytes === sizeBytes ? [{ digest, sizeBytes, form: 'plain', storedBytes: sizeBytes }] : [];
  }

  async writeBlob(blob: NewBlob, call: TierCall): Promise<TieredBlob> {
    const { digest, sizeBytes } = blob;
    const stored: TieredBlob = { digest, sizeBytes, form: 'plain', storedBytes: sizeBytes };
    const key = this.#key(blobKey(stored));
    const { memoryBudgetBytes } = this.#options;
    return allowed(async () => {
      const checksum = await upload({ objects: this.#objects, uploads: this.#uploads }, { blob, key, memoryBudgetBytes, call });
      const there = await this.#objects.look(key, call.signal);
      if (there?.sizeBytes === sizeBytes && there.checksum === checksum) call.onBytes?.(sizeBytes);
      // Without a sum of the service's own, what is there is read.
      else if (there?.checksum !== undefined || (await this.#isOther(stored, call))) {
        throw blobWritten(this.placeOf(stored), checksum, there?.checksum ?? 'other bytes');
      }
      return stored;
    });
  }

  async faultOf(blob: TieredBlob, { from, ...call }: TierCall & { readonly from?: string }): Promise<TierFault['fault'] | undefined> {
    const there = await allowed(() => this.#objects.look(this.#key(blobKey(blob)), call.signal));
    if (there === undefined) return 'missing';
    if (there.sizeBytes !== blob.storedBytes) return 'size';
    if (from !== undefined && there.checksum !== undefined) {
      const expected = await expectedSum({ from, sizeBytes: blob.sizeBytes }, call);
      if (expected.sha256 === blob.digest && expected.checksum === there.checksum) return undefined;
    }
    try {
      return (await this.#isOther(blob, call)) ? 'digest' : undefined;
    } catch (error) {
      if (call.signal.aborted) throw error;
      return 'unreadable';
    }
  }

  placeOf(blob: Pick<TieredBlob, 'digest' | 'form'>): string {
    return `${this.label}/${blobKey(blob)}`;
  }

  async removeBlob(blob: Pick<TieredBlob, 'digest' | 'form'>, signal: AbortSignal): Promise<void> {
    if (blob.form === 'plain') await this.remove(blobKey(blob), signal);
  }

  source(blob: TieredBlob): FileSource {
    const { access, client } = this.#options;
    return { backend: createS3FileBackend(this.placeOf(blob), access, client), path: '' };
  }

  async make(): Promise<void> {}

  /** Uploads that were cut short cost money, and are seen by nobody. */
  async prepare(_ownerId: string, signal: AbortSignal): Promise<void> {
    await allowed(async () => {
      for (const { key, id, begunMs } of await this.#uploads.open(this.#key('sha256/'), signal)) {
        if (this.#options.clock.now() - begunMs > DEAD_UPLOAD_MS) await this.#uploads.abort(key, id, signal);
      }
    });
  }

  freeBytes(): undefined {
    return undefined;
  }

  #key(key: string): string {
    return keyOf(this.#location, key);
  }

  async #isOther(blob: TieredBlob, call: TierCall): Promise<boolean> {
    const { sha256 } = await hashOf(this.#bytesOf(blob, call));
    return sha256 !== blob.digest;
  }

  /** A body that breaks is opened anew where it broke: what it was begun from is asked for, and nothing else taken. */
  async *#bytesOf(blob: TieredBlob, { signal, onBytes }: TierCall): AsyncGenerator<Uint8Array> {
    const { backend, path } = this.source(blob);
    const { validator } = await backend.stat(path, signal);
    let [offset, breaks] = [0, 0];
    while (offset < blob.sizeBytes) {
      try {
        const opened = await backend.open(path, {
          range: { offset },
          expectedBytes: blob.sizeBytes,
          signal,
          ...(validator && { validator }),
        });
        for await (const chunk of opened.body) {
          offset += chunk.length;
          breaks = 0;
          onBytes?.(chunk.length);
          yield chunk;
        }
      } catch (error) {
        if (!isModelError(error) || !error.retryable || signal.aborted || ++breaks > MAX_BREAKS) throw error;
      }
    }
  }
}

/** Writing needs more than reading: what is refused says so. */
async function allowed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isModelError(error, 'AUTH_FAIL') || error.reason !== 'access_denied') throw error;
    throw error.with({ hint: WRITE_HINT });
  }
}
