import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { INPUT_BYTES } from '../util/sha256/sha256-layout.ts';
import { makeReadBuffer } from './frontier-hash.ts';
import { JointHashing } from './joint-hashing.ts';
import { JointPathHash } from './joint-path-hash.ts';
import type { HashResult } from './lane-protocol.ts';
import type { PathHashJob } from './path-file.ts';
import { PathHash, type PathHashEvents } from './path-hash.ts';
import { TokenBucket } from './token-bucket.ts';
import { LEAF_BYTES } from './transfer.ts';

const MB = 1024 * 1024;

type Make = (job: PathHashJob, events: PathHashEvents) => Pick<PathHash, 'cancel'>;

/** One lane a test. */
const LANES: readonly (readonly [string, () => Make])[] = [
  [
    'alone',
    () => {
      const options = { readBuffer: makeReadBuffer(), limit: new TokenBucket() };
      return (job, events) => new PathHash(job, { ...options, ...events });
    },
  ],
  [
    'side by side',
    () => {
      const joint = new JointHashing();
      return (job, events) => new JointPathHash(job, { joint, ...events });
    },
  ],
];

class Hashing {
  readonly progress = new SharedArrayBuffer(8);
  readonly results: HashResult[] = [];
  readonly errors: unknown[] = [];
  readonly #hash: Pick<PathHash, 'cancel'>;

  constructor(make: Make, job: Omit<PathHashJob, 'progress' | 'leaves'> & { readonly leaves?: boolean }) {
    this.#hash = make(
      { leaves: false, ...job, progress: this.progress },
      { onDone: (result) => this.results.push(result), onError: (error) => this.errors.push(error) },
    );
  }

  get doneBytes(): number {
    return Number(Atomics.load(new BigInt64Array(this.progress), 0));
  }

  cancel(): void {
    this.#hash.cancel();
  }

  async ended(): Promise<this> {
    await expect.poll(() => this.results.length + this.errors.length, { timeout: 60_000 }).toBe(1);
    return this;
  }

  async digest(): Promise<string | undefined> {
    return (await this.ended()).results[0]?.sha256;
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await tempDir(), 'file');
  writeFileSync(path, bytes);
  return path;
}

async function untilBegun(hashing: Hashing): Promise<void> {
  while (hashing.doneBytes === 0) await turn();
}

/** Of this process, of files in folders for tests. */
function openFiles(): string[] {
  const names = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return 'gone';
    }
  });
  return names.filter((name) => name.includes('wan-test-'));
}

describe.each(LANES)('complete files of one lane, each hashed %s', (_, laneOf) => {
  it('are right whatever their number, their sizes and the parts that are wanted', async () => {
    const edge = fc.constantFrom(0, 1, 63, 64, 65, INPUT_BYTES - 1, INPUT_BYTES, INPUT_BYTES + 1, 2 * INPUT_BYTES + 64);
    const size = fc.oneof(edge, fc.nat(3 * INPUT_BYTES));
    const part = fc.record({ size, offset: fc.option(size, { nil: undefined }), length: fc.option(size, { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 6 }), async (parts) => {
        const make = laneOf();
        const contents = parts.map((each) => randomBytes(each.size));
        const paths = await Promise.all(contents.map(fileOf));
        const hashings = parts.map(
          ({ offset, length }, at) =>
            new Hashing(make, { path: paths[at] ?? '', ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) }),
        );
        const wanted = contents.map((bytes, at) => {
          const { offset = 0, length = bytes.length } = parts[at] ?? {};
          return bytes.subarray(offset, offset + length);
        });
        expect(await Promise.all(hashings.map((hashing) => hashing.digest()))).toEqual(wanted.map(sha256));
        expect(hashings.map(({ doneBytes }) => doneBytes)).toEqual(wanted.map(({ length }) => length));
      }),
      { numRuns: 20 },
    );
  });

  it('have their leaves', async () => {
    const make = laneOf();
    const contents = [LEAF_BYTES - 1, LEAF_BYTES, LEAF_BYTES + 5, 100].map((size) => randomBytes(size));
    const paths = await Promise.all(contents.map(fileOf));
    // Too short for whole steps: whatever is hashed beside it has its leaves elsewhere than at the ends of steps from then on.
    const part = new Hashing(make, { path: paths[0] ?? '', length: 192 });
    const hashings = await Promise.all(paths.map((path) => new Hashing(make, { path, leaves: true }).ended()));
    expect(await part.digest()).toBe(sha256(contents[0]?.subarray(0, 192) ?? Buffer.alloc(0)));
    const leavesOf = (bytes: Buffer) =>
      [bytes.subarray(0, LEAF_BYTES), bytes.subarray(LEAF_BYTES)].flatMap((leaf) => (leaf.length > 0 ? [sha256(leaf)] : [])).join('');
    expect(hashings.map(({ results }) => results[0]?.sha256)).toEqual(contents.map(sha256));
    expect(hashings.map(({ results }) => Buffer.from(results[0]?.leaves ?? []).toString('hex'))).toEqual(contents.map(leavesOf));
  });

  it('are hashed to where they end, though they become shorter or longer meanwhile', async () => {
    const make = laneOf();
    const contents = [0, 1, 2, 3].map(() => randomBytes(12 * MB));
    const paths = await Promise.all(contents.map(fileOf));
    const hashings = paths.map((path) => new Hashing(make, { path }));
    const [shorter = '', longer = ''] = paths;
    await Promise.all(hashings.slice(0, 2).map(untilBegun));
    expect(hashings[0]?.doneBytes).toBeLessThan(11 * MB);
    truncateSync(shorter, 11 * MB + 7);
    appendFileSync(longer, 'more');
    const now = paths.map((path) => sha256(readFileSync(path)));
    expect(now.slice(0, 2)).not.toEqual(contents.slice(0, 2).map(sha256));
    expect(await Promise.all(hashings.map((hashing) => hashing.digest()))).toEqual(now);
  });

  it('are read through descriptors that stay open', async () => {
    const make = laneOf();
    const bytes = randomBytes(MB + 1);
    const fd = openSync(await fileOf(bytes), 'r');
    onTestFinished(() => closeSync(fd));
    const hashings = [0, 1].map(() => new Hashing(make, { path: fd }));
    expect(await Promise.all(hashings.map((hashing) => hashing.digest()))).toEqual([sha256(bytes), sha256(bytes)]);
    expect(readFileSync(fd).equals(bytes)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('fail alone, and leave nothing open', async () => {
    const make = laneOf();
    const contents = [0, 1].map(() => randomBytes(4 * MB + 3));
    const paths = await Promise.all(contents.map(fileOf));
    // Nothing is mapped at the first page of a process: its memory cannot be read there.
    const unreadable = new Hashing(make, { path: '/proc/self/mem' });
    const missing = new Hashing(make, { path: join(paths[0] ?? '', '..', 'none') });
    const hashings = paths.map((path) => new Hashing(make, { path }));
    expect(await Promise.all(hashings.map((hashing) => hashing.digest()))).toEqual(contents.map(sha256));
    expect((await unreadable.ended()).errors).toEqual([expect.objectContaining({ code: 'EIO' })]);
    expect((await missing.ended()).errors).toEqual([expect.objectContaining({ code: 'ENOENT' })]);
    expect([unreadable.results, missing.results]).toEqual([[], []]);
    expect(openFiles()).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('go on where others are cancelled, before they began or at work', async () => {
    const make = laneOf();
    const contents = [0, 1, 2, 3].map(() => randomBytes(12 * MB));
    const paths = await Promise.all(contents.map(fileOf));
    const [early, late, ...others] = paths.map((path) => new Hashing(make, { path }));
    early?.cancel();
    if (late !== undefined) await untilBegun(late);
    late?.cancel();
    expect(openFiles()).toEqual(expect.not.arrayContaining(paths.slice(0, 2)));
    expect(await Promise.all(others.map((hashing) => hashing.digest()))).toEqual(contents.slice(2).map(sha256));
    expect([early, late].map((hashing) => [hashing?.results, hashing?.errors])).toEqual(Array(2).fill([[], []]));
    expect(late?.doneBytes).toBeLessThan(12 * MB);
    expect(openFiles()).toEqual([]);
  });
});
