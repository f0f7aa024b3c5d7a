import { expect, it } from 'vitest';
import { Secret } from '../../domain/secret.ts';
import { signRequest } from './sign-request.ts';

/** The example of the S3 documentation ("Authenticating Requests: Using the Authorization Header"), list of a bucket. */
it("makes the signature of Amazon's own example", async () => {
  const signed = await signRequest(
    { method: 'GET', url: new URL('https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J'), headers: {} },
    {
      keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY') },
      region: 'us-east-1',
      date: new Date('2013-05-24T00:00:00Z'),
    },
  );
  expect(signed.authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, ' +
      'Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  );
});

it('puts token and headers of its own under the signature, and leaves the host name to the client', async () => {
  const keys = { accessKeyId: 'A', secretAccessKey: new Secret('B'), sessionToken: new Secret('T0KEN') };
  const request = { method: 'HEAD', url: new URL('http://h:9000/b/k'), headers: { 'x-amz-request-payer': 'requester' } } as const;
  const signed = await signRequest(request, { keys, region: 'eu-west-1', date: new Date(0) });
  expect(signed).toMatchObject({ 'x-amz-security-token': 'T0KEN', 'x-amz-request-payer': 'requester' });
  expect(signed.authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-request-payer;x-amz-security-token,');
  expect(signed).not.toHaveProperty('host');
});
