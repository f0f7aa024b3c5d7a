import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LockHolder } from '../domain/events.ts';
import { decodeHolder, encodeHolder, RECORD_BYTES } from './holder-record.ts';

const holder: LockHolder = {
  pid: 4121,
  host: 'gpu-7',
  bootId: '7fd35691-631b-4895-b90f-6ab8779e7a7c',
  since: '2026-01-01T00:00:00.000Z',
  doing: 'ensure t2v-A14B@2.2.0',
  doneBytes: 1,
  totalBytes: 2 ** 52,
};

describe('the record of a holder', () => {
  it('has a fixed width and reads back', () => {
    expect(encodeHolder(holder).length).toBe(RECORD_BYTES);
    expect(decodeHolder(encodeHolder(holder))).toEqual(holder);
  });

  it('keeps its width whatever the work is called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000, unit: 'binary' }), (doing) => {
        const bytes = encodeHolder({ ...holder, doing });
        expect(bytes.length).toBe(RECORD_BYTES);
        expect(decodeHolder(bytes)?.pid).toBe(4121);
      }),
    );
  });

  it('torn between two writes at any byte, it is the old one, the new one or none', () => {
    const [old, young] = [encodeHolder(holder), encodeHolder({ ...holder, doneBytes: 2 })];
    for (let cut = 0; cut <= RECORD_BYTES; cut++) {
      const read = decodeHolder(Buffer.concat([young.subarray(0, cut), old.subarray(cut)]));
      expect([undefined, 1, 2]).toContain(read?.doneBytes);
    }
  });

  it('a flipped bit or a missing end makes it no record', () => {
    const bytes = encodeHolder(holder);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    expect(decodeHolder(bytes)).toBeUndefined();
    expect(decodeHolder(encodeHolder(holder).subarray(0, RECORD_BYTES - 1))).toBeUndefined();
  });
});
