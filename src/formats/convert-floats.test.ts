import { describe, expect, it } from 'vitest';
import { referenceBits } from '../../test/support/reference-floats.ts';
import { type Conversion, converterFor, type FloatType, floatValue } from './convert-floats.ts';

const floatOf = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0] as number;

function convert(conversion: Conversion, elements: Uint32Array | Uint16Array): { readonly out: Uint16Array; readonly overflowAt: number } {
  const target = new ArrayBuffer(elements.length * 2);
  const source = new ArrayBuffer(elements.byteLength);
  new Uint8Array(source).set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  const overflowAt = converterFor(conversion)(source, target, elements.length);
  return { out: new Uint16Array(target), overflowAt };
}

/** Every exponent with significands around each place where rounding decides, both signs. */
function telling(): Uint32Array {
  const bits: number[] = [];
  for (let exponent = 0; exponent < 255; exponent++) {
    for (let place = 0; place < 23; place++) {
      for (const around of [-1, 0, 1, (1 << place) - 1, 1 << place, (1 << place) + 1]) {
        const significand = ((1 << place) + around) & 0x7fffff;
        bits.push((exponent << 23) | significand, ((exponent << 23) | significand | 0x80000000) >>> 0);
        bits.push((exponent << 23) | (0x7fffff - significand));
      }
    }
  }
  return Uint32Array.from(bits);
}

const isFinite16 = (to: 'BF16' | 'F16', bits: number): boolean => (bits & 0x7fff) < (to === 'BF16' ? 0x7f80 : 0x7c00);

describe('a float32', () => {
  it('becomes the nearest bfloat16, ties to even, at every exponent and every place of the significand', () => {
    const inputs = telling();
    const { out, overflowAt } = convert({ from: 'F32', to: 'BF16' }, inputs);
    expect(overflowAt).toBe(-1);
    const wrong = [...inputs.keys()].filter((index) => out[index] !== referenceBits(floatOf(inputs[index] as number), 'BF16'));
    expect(wrong.map((index) => [inputs[index]?.toString(16), out[index]?.toString(16)])).toEqual([]);
  });

  it('becomes the nearest float16, subnormal ones too', () => {
    const inputs = telling().filter((bits) => isFinite16('F16', referenceBits(floatOf(bits), 'F16')));
    expect(inputs.length).toBeGreaterThan(40_000);
    const { out, overflowAt } = convert({ from: 'F32', to: 'F16' }, inputs);
    expect(overflowAt).toBe(-1);
    const wrong = [...inputs.keys()].filter((index) => out[index] !== referenceBits(floatOf(inputs[index] as number), 'F16'));
    expect(wrong.map((index) => [inputs[index]?.toString(16), out[index]?.toString(16)])).toEqual([]);
  });

  it.each([
    [65_504, 0x7bff],
    [65_519.996, 0x7bff],
    [-65_519.996, 0xfbff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [-(2 ** -25), 0x8000],
    [1.5 * 2 ** -24, 0x0002],
    [2.5 * 2 ** -24, 0x0002],
    [-0, 0x8000],
  ])('%d is the float16 %i', (value, bits) => {
    expect(convert({ from: 'F32', to: 'F16' }, new Uint32Array(Float32Array.of(value).buffer)).out[0]).toBe(bits);
  });

  it.each([65_520, -65_520, 70_000, 3.4e38])('%d is too large for a float16: its place is told', (value) => {
    const bits = new Uint32Array(Float32Array.of(1, 2, value, 3).buffer);
    expect(convert({ from: 'F32', to: 'F16' }, bits).overflowAt).toBe(2);
  });

  it('that is infinite or no number stays so, and is quiet', () => {
    const inputs = Uint32Array.of(0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffbfffff, 0xff80e000);
    expect([...convert({ from: 'F32', to: 'BF16' }, inputs).out]).toEqual([0x7f80, 0xff80, 0x7fc0, 0x7fc0, 0xffff, 0xffc0]);
    expect([...convert({ from: 'F32', to: 'F16' }, inputs).out]).toEqual([0x7c00, 0xfc00, 0x7e00, 0x7e00, 0xffff, 0xfe07]);
  });

  it('above the last bfloat16 rounds to infinity', () => {
    const inputs = Uint32Array.of(0x7f7f7fff, 0x7f7f8000, 0x7f7fffff);
    expect([...convert({ from: 'F32', to: 'BF16' }, inputs).out]).toEqual([0x7f7f, 0x7f80, 0x7f80]);
  });
});

describe('all 65,536', () => {
  const every = Uint16Array.from({ length: 65_536 }, (_, index) => index);
  const numberOf = (type: FloatType, bits: number): number => floatValue(type, Uint16Array.of(bits).buffer, 0);

  it('bfloat16 become the nearest float16, or are too large', () => {
    for (const bits of every) {
      const { out, overflowAt } = convert({ from: 'BF16', to: 'F16' }, Uint16Array.of(bits));
      const value = floatOf(bits * 65_536);
      if (Number.isNaN(value)) expect((out[0] as number) & 0x7e00).toBe(0x7e00);
      else if (Number.isFinite(value) && !isFinite16('F16', referenceBits(value, 'F16'))) expect(overflowAt).toBe(0);
      else if (out[0] !== referenceBits(value, 'F16')) expect([bits, out[0]]).toEqual([bits, referenceBits(value, 'F16')]);
    }
  });

  it('float16 become the nearest bfloat16', () => {
    const { out } = convert({ from: 'F16', to: 'BF16' }, every);
    const half = (bits: number): number => {
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      const magnitude =
        exponent === 31 ? Number.POSITIVE_INFINITY : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
      return bits & 0x8000 ? -magnitude : magnitude;
    };
    const numbers = every.filter((bits) => (bits & 0x7fff) <= 0x7c00);
    expect([...numbers].filter((bits) => out[bits] !== referenceBits(half(bits), 'BF16'))).toEqual([]);
    expect([...numbers].filter((bits) => !Object.is(numberOf('F16', bits), half(bits)))).toEqual([]);
    expect([...every].filter((bits) => (bits & 0x7fff) > 0x7c00 && ((out[bits] as number) & 0x7fc0) !== 0x7fc0)).toEqual([]);
  });
});
