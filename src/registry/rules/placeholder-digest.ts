/** Digests that are well formed but cannot be those of a model file: typed by hand, or the hash of a stand-in text. */
import { hash } from 'node:crypto';
import type { Sha256 } from '../../domain/digest.ts';

const WORDS =
  'a b c abc ABC abc123 test testing test1 foo bar baz foobar FOOBAR hello world hello-world hello_world placeholder dummy fake todo TODO tbd TBD none null nil undefined example sample default data file model weights config sha256 hash checksum digest empty string secret password changeme xxx XXX qwerty asdf lorem ipsum true false {} [] null';

const DIGITS = 64;

/** Digest -> length of the text that it belongs to. A file of just that size may really hold it. */
let standIns: ReadonlyMap<string, number> | undefined;

/** Why the digest is taken for a placeholder; `undefined` for one that may be real. */
export function placeholderReason(digest: Sha256, sizeBytes: number): string | undefined {
  standIns ??= standInDigests();
  const length = standIns.get(digest);
  if (length !== undefined && length !== sizeBytes)
    return length === 0 ? 'is the sha256 of an empty file' : `is the sha256 of a text of ${length} characters`;
  const digits = digitsOf(digest);
  if (isPeriodic(digits)) return 'repeats itself';
  return isLadder(digits) || isLadder(digits.reverse()) ? 'counts up or down' : undefined;
}

function standInDigests(): Map<string, number> {
  const texts = ['', ...WORDS.split(' '), 'hello world', 'Hello World', 'Hello, World!', 'hello, world'];
  for (let number = 0; number < 100; number++) texts.push(String(number));
  for (let code = 0x20; code < 0x7f; code++) texts.push(String.fromCharCode(code));
  texts.push(
    '000',
    '100',
    '111',
    '123',
    '321',
    '456',
    '666',
    '789',
    '999',
    '0000',
    '1000',
    '1111',
    '1234',
    '12345',
    '123456',
    '1234567',
    '12345678',
    '123456789',
    '1234567890',
  );
  const digests = new Map<string, number>();
  for (const text of texts) for (const whole of [text, `${text}\n`]) digests.set(hash('sha256', whole, 'hex'), whole.length);
  return digests;
}

/** One unit over and over: all zeros, deadbeef…, the first half twice. */
function isPeriodic(digits: Uint8Array): boolean {
  for (let period = 1; period <= DIGITS / 2; period++) if (everyStep(digits, period, 0, (before, after) => before === after)) return true;
  return false;
}

/** Four steps of five go to the next digit, at random one of five does: 0123…, or 1a2b3c… in every second place. */
function isLadder(digits: Uint8Array): boolean {
  const misses = DIGITS / 5;
  return everyStep(digits, 1, misses, isNext) || everyStep(digits, 2, misses, isNext);
}

/** Whether all steps over `stride` digits but at most `misses` are of the kind. */
function everyStep(digits: Uint8Array, stride: number, misses: number, kind: (before: number, after: number) => boolean): boolean {
  let left = misses;
  for (let index = stride; index < DIGITS; index++)
    if (!kind(digits[index - stride] as number, digits[index] as number) && --left < 0) return false;
  return true;
}

/** Equal, one higher, or a turn of the alphabets that people count in: 9 -> 0, f -> 0, f -> a. */
function isNext(before: number, after: number): boolean {
  const step = after - before;
  return step === 0 || step === 1 || (after === 0 && (before === 9 || before === 15)) || (after === 10 && before === 15);
}

function digitsOf(digest: string): Uint8Array {
  const digits = new Uint8Array(DIGITS);
  for (let index = 0; index < DIGITS; index++) {
    const code = digest.charCodeAt(index);
    digits[index] = code < 0x3a ? code - 0x30 : code - 0x57;
  }
  return digits;
}
