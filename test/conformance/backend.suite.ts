/**
 * What every StorageBackend does, whatever it reads from. A backend's test calls
 *
 *     describeBackend('memory', createHarness, { skip: [{ test: 'lists …', reason: '…' }] });
 *
 * with a harness that can put files where the backend reads them. A test is left out only with a written reason.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isHttpReachable, isLocallyReadable, type OpenedFile, type OpenOptions, type StorageBackend } from '../../src/backends/backend.ts';
import { ModelError } from '../../src/domain/errors.ts';

export interface BackendHarness {
  readonly backend: StorageBackend;
  /** Creates or replaces a file; the validator must change with the bytes. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** How many answers, connections or files the backend holds open; absent where nobody can tell. */
  openCount?(): number;
  stop(): Promise<void>;
}

export interface BackendSuiteOptions {
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const BIG_BYTES = 3_000_000;
const FILES: Readonly<Record<string, Uint8Array>> = {
  'a.txt': Buffer.from('hello world'),
  'empty.bin': Buffer.alloc(0),
  'deep/er/still/model-00001-of-00002.safetensors': Buffer.from('shard'),
  'with space/a + b & c#d%20.txt': Buffer.from('escaped'),
  'モデル/gewicht-ü.bin': Buffer.from('unicode'),
  'big.bin': Buffer.alloc(BIG_BYTES, 'The quick brown fox jumps over 13 lazy dogs. '),
};
const BIG = FILES['big.bin'] ?? Buffer.alloc(0);

export function describeBackend(name: string, createHarness: () => Promise<BackendHarness>, options: BackendSuiteOptions = {}): void {
  const skipped = new Map((options.skip ?? []).map(({ test, reason }) => [test, reason]));
  const test = (title: string, body: () => Promise<void>): void => {
    const reason = skipped.get(title);
    skipped.delete(title);
    if (reason === undefined) it(title, body);
    else it.skip(`${title} (${reason})`, body);
  };

  describe(`${name} as a backend`, () => {
    let harness: BackendHarness;
    let backend: StorageBackend;
    const signal = new AbortController().signal;

    beforeEach(async () => {
      harness = await createHarness();
      backend = harness.backend;
      for (const [path, bytes] of Object.entries(FILES)) await harness.put(path, bytes);
    });
    afterEach(() => harness.stop());

    const open = (path: string, more: Partial<OpenOptions> = {}): Promise<OpenedFile> => backend.open(path, { signal, ...more });
    const read = async (path: string, more: Partial<OpenOptions> = {}): Promise<Buffer> => readBody(await open(path, more));

    test('names itself without a secret', async () => {
      expect(backend.scheme).toMatch(/^[a-z][a-z0-9+.-]*$/);
      expect(backend.label).toMatch(/^[a-z0-9+.-]+:\/\//);
      // After the first part an `@` names a revision or a release.
      expect(backend.label).not.toMatch(/\?|:\/\/[^/]*@/);
    });

    test('tells size and validator of every file', async () => {
      for (const [path, bytes] of Object.entries(FILES)) {
        expect(await backend.stat(path, signal)).toMatchObject({ path, sizeBytes: bytes.length });
      }
      const { validator } = await backend.stat('a.txt', signal);
      expect(validator).toBeTruthy();
      expect((await open('a.txt')).validator).toBe(validator);
    });

    test('lists every file once, nested ones too', async () => {
      const listed = new Map<string, number | undefined>();
      for await (const file of backend.list(signal)) listed.set(file.path, file.sizeBytes);
      expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(Object.entries(FILES).map(([path, bytes]) => [path, bytes.length])));
    });

    test('stops listing when cancelled', async () => {
      await expect(collect(backend.list(AbortSignal.abort()))).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    test('reads whole files', async () => {
      for (const [path, bytes] of Object.entries(FILES)) {
        const file = await open(path);
        expect([file.offset, file.totalBytes]).toEqual([0, bytes.length]);
        expect((await readBody(file)).equals(bytes)).toBe(true);
      }
    });

    test('reads a range in the middle, the last byte, and to the end', async () => {
      const middle = await open('big.bin', { range: { offset: 1_000_003, length: 70_001 } });
      expect([middle.offset, middle.totalBytes]).toEqual([1_000_003, BIG_BYTES]);
      expect((await readBody(middle)).equals(BIG.subarray(1_000_003, 1_070_004))).toBe(true);
      expect(await read('a.txt', { range: { offset: 10, length: 1 } })).toEqual(Buffer.from('d'));
      expect(await read('a.txt', { range: { offset: 6 } })).toEqual(Buffer.from('world'));
    });

    test('ends a range that runs past the end at the end', async () => {
      expect(await read('a.txt', { range: { offset: 6, length: 1000 } })).toEqual(Buffer.from('world'));
    });

    test('gives an empty body from the very end, also of an empty file', async () => {
      const file = await open('a.txt', { range: { offset: 11 } });
      expect([file.offset, file.totalBytes, (await readBody(file)).length]).toEqual([11, 11, 0]);
      expect((await read('empty.bin', { range: { offset: 0, length: 100 } })).length).toBe(0);
    });

    test('refuses a range that starts beyond the end', async () => {
      await expect(open('a.txt', { range: { offset: 12, length: 1 } })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    });

    test('refuses a file that has not the size expected', async () => {
      await expect(open('a.txt', { expectedBytes: 12 })).rejects.toMatchObject({
        code: 'SIZE_MISMATCH',
        details: { expected_bytes: 12, found_bytes: 11 },
      });
      expect((await read('a.txt', { expectedBytes: 11, range: { offset: 6 } })).length).toBe(5);
    });

    test('says not_found for a file that is not there, and that trying again is of no use', async () => {
      const missing = { code: 'SOURCE_UNAVAILABLE', reason: 'not_found', retryable: false };
      await expect(backend.stat('none.bin', signal)).rejects.toMatchObject(missing);
      await expect(open('deep/none.bin')).rejects.toMatchObject(missing);
    });

    test('never leaves its folder', async () => {
      for (const path of ['../a.txt', 'deep/../../a.txt', '/a.txt', 'a.txt\0', './a.txt', '']) {
        await expect(backend.stat(path, signal)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
        await expect(open(path)).rejects.toMatchObject({ code: 'PATH_UNSAFE' });
      }
    });

    test('goes on under the same validator and fails with DRIFT under another', async () => {
      const { validator = '' } = await backend.stat('big.bin', signal);
      expect((await read('big.bin', { validator, range: { offset: BIG_BYTES - 5 } })).length).toBe(5);
      await harness.put('big.bin', Buffer.alloc(BIG_BYTES, 'x'));
      await expect(open('big.bin', { validator, range: { offset: 5 } })).rejects.toMatchObject({
        code: 'DRIFT',
        reason: 'validator_changed',
      });
      await expect(open('big.bin', { validator })).rejects.toMatchObject({ code: 'DRIFT' });
      expect((await backend.stat('big.bin', signal)).validator).not.toBe(validator);
    });

    test('fails with CANCELLED at once when the signal is aborted already', async () => {
      await expect(open('a.txt', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
      await expect(backend.stat('a.txt', AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    });

    test("passes on the signal's own error", async () => {
      const reason = new ModelError('NETWORK_TIMEOUT', 'too slow');
      await expect(open('a.txt', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    test('stops a body in the middle when the signal is aborted', async () => {
      const controller = new AbortController();
      const file = await open('big.bin', { signal: controller.signal });
      const reading = (async () => {
        for await (const _ of file.body) controller.abort();
      })();
      await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
      await expectReleased();
    });

    test('releases what it holds when cancelled: before reading, half-way, and twice', async () => {
      const unread = await open('big.bin');
      unread.cancel();
      unread.cancel();
      const half = await open('big.bin');
      const reader = half.body[Symbol.asyncIterator]();
      expect((await reader.next()).done).toBe(false);
      half.cancel();
      await expectReleased();
    });

    test('releases what it holds when the reader stops', async () => {
      for await (const _ of (await open('big.bin')).body) break;
      await expectReleased();
    });

    test('serves many readers at once', async () => {
      const offsets = Array.from({ length: 12 }, (_, n) => n * 200_000);
      const parts = await Promise.all(offsets.map((offset) => read('big.bin', { range: { offset, length: 200_000 } })));
      for (const [n, part] of parts.entries()) expect(part.equals(BIG.subarray(n * 200_000, n * 200_000 + 200_000))).toBe(true);
    });

    test('gives the same bytes through its other powers', async () => {
      if (isHttpReachable(backend)) {
        const target = await backend.httpTarget('a.txt', signal);
        expect(await (await fetch(target.url, { headers: target.headers })).text()).toBe('hello world');
        expect(await backend.httpTarget('a.txt', signal)).toBe(target);
        backend.dropTarget('a.txt', target);
        expect(await backend.httpTarget('a.txt', signal)).not.toBe(target);
      }
      if (isLocallyReadable(backend)) {
        const { readFile } = await import('node:fs/promises');
        expect(await readFile(backend.localPath('a.txt'), 'utf8')).toBe('hello world');
      }
    });

    test('closes twice without complaint', async () => {
      await backend.close();
      await backend.close();
    });

    it('skips no test that does not exist', () => {
      expect([...skipped.keys()]).toEqual([]);
    });

    async function expectReleased(): Promise<void> {
      if (harness.openCount !== undefined) await expect.poll(() => harness.openCount?.(), { interval: 5 }).toBe(0);
    }
  });
}

export async function readBody(file: OpenedFile): Promise<Buffer> {
  return Buffer.concat(await collect(file.body));
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
