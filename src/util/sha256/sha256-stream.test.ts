import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, INPUT_BYTES, LANES, Sha256Engine } from './sha256-engine.ts';
import { Sha256Stream } from './sha256-stream.ts';

const engine = new Sha256Engine();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Hashes so much of each at once, then the rest of each alone. */
function together(messages: readonly Buffer[], lengthBytes: number): Sha256Stream[] {
  const streams = messages.map(() => Sha256Stream.begin(engine));
  messages.forEach((message, lane) => void engine.inputs[lane]?.set(message.subarray(0, lengthBytes)));
  Sha256Stream.together(engine, streams, lengthBytes);
  streams.forEach((stream, lane) => void stream.update(messages[lane]?.subarray(lengthBytes) ?? Buffer.alloc(0)));
  return streams;
}

const digest = (stream: Sha256Stream): string => stream.digest().toString('hex');

describe('a sha256 that can be hashed beside others', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('gives the digests that NIST publishes', (message, expected) => {
    const bytes = Buffer.from(message);
    const alone = Sha256Stream.begin(engine);
    alone.update(bytes);
    expect(digest(alone)).toBe(expected);
    const whole = Math.min(INPUT_BYTES, bytes.length - (bytes.length % BLOCK_BYTES));
    expect(together([bytes, bytes, bytes, bytes], whole).map(digest)).toEqual(Array(LANES).fill(expected));
  });

  it('is right at every length around the edges of blocks and of the padding, in every lane', () => {
    for (let length = 0; length <= 4 * BLOCK_BYTES + 1; length++) {
      const messages = Array.from({ length: LANES }, (_, lane) => randomBytes(length + lane));
      expect(together(messages, length - (length % BLOCK_BYTES)).map(digest)).toEqual(messages.map(sha256));
    }
  });

  it.each([1, 2, 3, LANES])('keeps the streams of %i lanes apart, in whatever order they take them', (count) => {
    const messages = Array.from({ length: count }, () => randomBytes(INPUT_BYTES));
    expect(together(messages, INPUT_BYTES).map(digest)).toEqual(messages.map(sha256));
    expect(together(messages.toReversed(), INPUT_BYTES).map(digest)).toEqual(messages.toReversed().map(sha256));
  });

  it('refuses to hash less than a block together, or beside one that has begun a block', () => {
    const begun = Sha256Stream.begin(engine);
    begun.update(Buffer.from('x'));
    expect(() => Sha256Stream.together(engine, [Sha256Stream.begin(engine)], 1)).toThrow('whole blocks');
    expect(() => Sha256Stream.together(engine, [begun], BLOCK_BYTES)).toThrow('whole blocks');
  });
});

/** What can be done to a stream; `who` and `also` choose among those there are. */
const step = fc.oneof(
  fc.record({ act: fc.constant('alone' as const), who: fc.nat(), length: fc.oneof(fc.nat(300), fc.nat(INPUT_BYTES + 100)) }),
  fc.record({ act: fc.constant('align' as const), who: fc.nat() }),
  fc.record({ act: fc.constant('together' as const), who: fc.nat(), blocks: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ act: fc.constant('together' as const), who: fc.nat(), blocks: fc.constant(INPUT_BYTES / BLOCK_BYTES) }),
  fc.record({ act: fc.constant('copy' as const), who: fc.nat(), onto: fc.nat() }),
  fc.record({ act: fc.constant('digest' as const), who: fc.nat() }),
);

describe('any order of acts on any number of streams', () => {
  it('gives what node gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
        const streams = Array.from({ length: count }, () => ({ stream: Sha256Stream.begin(engine), hash: createHash('sha256') }));
        const nth = (index: number) => streams[index % count] ?? { stream: Sha256Stream.begin(engine), hash: createHash('sha256') };
        const alone = (who: number, length: number) => {
          const bytes = randomBytes(length);
          nth(who).stream.update(bytes);
          nth(who).hash.update(bytes);
        };
        for (const each of steps) {
          if (each.act === 'alone') alone(each.who, each.length);
          if (each.act === 'align') alone(each.who, nth(each.who).stream.missingBytes);
          if (each.act === 'copy') streams[each.onto % count] = { stream: nth(each.who).stream.copy(), hash: nth(each.who).hash.copy() };
          if (each.act === 'digest') expect(digest(nth(each.who).stream)).toBe(nth(each.who).hash.copy().digest('hex'));
          if (each.act !== 'together') continue;
          // From a different one on each time, so that a stream is in another lane.
          const turned = [...streams.slice(each.who % count), ...streams.slice(0, each.who % count)];
          const chosen = turned.filter(({ stream }) => stream.missingBytes === 0).slice(0, LANES);
          const length = each.blocks * BLOCK_BYTES;
          chosen.forEach(({ hash }, lane) => {
            const bytes = randomBytes(length);
            engine.inputs[lane]?.set(bytes);
            hash.update(bytes);
          });
          if (chosen.length > 0) {
            Sha256Stream.together(
              engine,
              chosen.map(({ stream }) => stream),
              length,
            );
          }
        }
        for (const { stream, hash } of streams) expect(digest(stream)).toBe(hash.digest('hex'));
      }),
      { numRuns: 150 },
    );
  });
});
