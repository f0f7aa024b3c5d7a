import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256Of } from '../../domain/digest.ts';
import type { FileSpec } from '../../domain/spec.ts';
import { encoderDigest } from './encoder-digest.ts';

const digest = (digits: string) => sha256Of(digits.repeat(32));
const file = (path: string, component: string, sha256 = digest('aa')): FileSpec => ({
  path,
  component,
  sha256,
  sizeBytes: 1,
  proof: 'manifest-sha256',
  optional: false,
  shardIndex: false,
});

const MODEL = [
  file('transformer/a.safetensors', 'transformer'),
  file('tokenizer/spiece.model', 'tokenizer', digest('bb')),
  file('text_encoder/model.safetensors', 'text_encoder', digest('cc')),
];

it('is what sha256sum prints of encoder and tokenizer, hashed', () => {
  const listing = `${digest('cc')}  text_encoder/model.safetensors\n${digest('bb')}  tokenizer/spiece.model\n`;
  expect(encoderDigest(MODEL)).toBe(hash('sha256', listing));
});

it('is the same for models that differ elsewhere, and in whatever order they name their files', () => {
  expect(encoderDigest([...MODEL.slice(1).reverse(), file('vae/v.safetensors', 'vae')])).toBe(encoderDigest(MODEL));
});

it('changes with any byte of the encoder or the tokenizer', () => {
  expect(encoderDigest([...MODEL.slice(0, 2), file('text_encoder/model.safetensors', 'text_encoder', digest('dd'))])).not.toBe(
    encoderDigest(MODEL),
  );
  expect(encoderDigest([...MODEL.slice(2), file('tokenizer/spiece.model', 'tokenizer', digest('dd'))])).not.toBe(encoderDigest(MODEL));
});

it('is unknown without a text encoder, or where a file of it has no sha256', () => {
  expect(encoderDigest(MODEL.slice(0, 2))).toBeUndefined();
  const { sha256: _, ...unproven } = file('text_encoder/b.safetensors', 'text_encoder');
  expect(encoderDigest([...MODEL, unproven])).toBeUndefined();
});
