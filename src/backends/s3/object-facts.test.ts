import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { objectFacts } from './object-facts.ts';

const SHA256 = hash('sha256', 'hello', 'base64');
const facts = (headers: Record<string, string>) =>
  objectFacts('a.bin', { 'content-length': '5', etag: '"5d41402abc4b2a76b9719d911017c592"', ...headers });

it('takes a plain sha256 for that of the whole object', () => {
  expect(facts({ 'x-amz-checksum-sha256': SHA256 })).toEqual({
    path: 'a.bin',
    sizeBytes: 5,
    validator: '"5d41402abc4b2a76b9719d911017c592"',
    sha256: hash('sha256', 'hello'),
  });
  expect(facts({ 'x-amz-checksum-sha256': SHA256, 'x-amz-checksum-type': 'FULL_OBJECT' })).toHaveProperty('sha256');
});

it.each([
  ['of parts by its number', { 'x-amz-checksum-sha256': `${SHA256}-2` }],
  ['of parts by its type', { 'x-amz-checksum-sha256': SHA256, 'x-amz-checksum-type': 'COMPOSITE' }],
  ['of parts by its ETag', { 'x-amz-checksum-sha256': SHA256, etag: '"5d41402abc4b2a76b9719d911017c592-3"' }],
  ['no base64 of 32 bytes', { 'x-amz-checksum-sha256': 'aGVsbG8=' }],
  ['of another kind', { 'x-amz-checksum-crc32': 'NhCmhg==' }],
  ['only an MD5', {}],
] as const)('takes no checksum that is %s', (_, headers) => {
  expect(facts(headers)).not.toHaveProperty('sha256');
});

it.each([
  ['nothing of its encryption', {}],
  ["the service's own key", { 'x-amz-server-side-encryption': 'AES256' }],
  ['a checksum of another kind', { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=', 'x-amz-checksum-type': 'FULL_OBJECT' }],
] as const)('takes the ETag for the MD5 of an object that says %s', (_, headers) => {
  expect(facts(headers)).toHaveProperty('md5', '5d41402abc4b2a76b9719d911017c592');
});

it.each([
  ['parts', { etag: '"5d41402abc4b2a76b9719d911017c592-3"' }],
  ['parts with composite checksums', { 'x-amz-checksum-type': 'COMPOSITE' }],
  ['KMS', { 'x-amz-server-side-encryption': 'aws:kms' }],
  ['KMS twice', { 'x-amz-server-side-encryption': 'aws:kms:dsse' }],
  ["the customer's key", { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
  ['a directory bucket', { 'x-amz-storage-class': 'EXPRESS_ONEZONE' }],
  ['weak comparison', { etag: 'W/"5d41402abc4b2a76b9719d911017c592"' }],
  ['another form', { etag: '"abc"' }],
  ['a better checksum', { 'x-amz-checksum-sha256': SHA256 }],
] as const)('takes no ETag for an MD5 where there is %s', (_, headers) => {
  expect(facts(headers)).not.toHaveProperty('md5');
});
