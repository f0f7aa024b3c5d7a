import { describe, expect, it } from 'vitest';
import { s3Error } from './s3-error.ts';

interface Said {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly anonymous?: boolean;
  readonly keysFrom?: string;
}

const NOW = Date.parse('2026-11-23T12:00:00Z');
const refused = (status: number, { body = '', headers = {}, anonymous = false, keysFrom }: Said = {}) =>
  s3Error(
    {
      status,
      headers,
      label: 'https://h/b/k',
      bodyStart: body,
      credentialed: true,
      signed: false,
      nowMs: NOW,
      url: new URL('https://h/b/k'),
    },
    { region: 'us-east-1', anonymous, keysFrom },
  );
const error = (code: string, more = '') => ({
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>words</Message>${more}</Error>`,
});

describe('what S3 refuses', () => {
  it.each([
    [403, 'AccessDenied', 'AUTH_FAIL', 'access_denied', false],
    [403, 'InvalidAccessKeyId', 'AUTH_FAIL', 'key_unknown', false],
    [403, 'SignatureDoesNotMatch', 'AUTH_FAIL', 'signature_wrong', false],
    [400, 'ExpiredToken', 'AUTH_FAIL', 'token_expired', false],
    [403, 'TokenRefreshRequired', 'AUTH_FAIL', 'token_expired', false],
    [400, 'InvalidToken', 'AUTH_FAIL', 'token_invalid', false],
    [403, 'InvalidTokenId', 'AUTH_FAIL', 'token_invalid', false],
    [403, 'RequestTimeTooSkewed', 'AUTH_FAIL', 'clock_skewed', false],
    [403, 'AccountProblem', 'AUTH_FAIL', 'account_problem', false],
    [403, 'InvalidObjectState', 'SOURCE_UNAVAILABLE', 'archived', false],
    [404, 'NoSuchKey', 'SOURCE_UNAVAILABLE', 'not_found', false],
    [404, 'NoSuchVersion', 'SOURCE_UNAVAILABLE', 'not_found', false],
    [404, 'NoSuchBucket', 'SOURCE_UNAVAILABLE', 'bucket_not_found', false],
    [503, 'SlowDown', 'RATE_LIMIT', 'slow_down', true],
    [503, 'ServiceUnavailable', 'RATE_LIMIT', 'slow_down', true],
    [509, 'BandwidthLimitExceeded', 'RATE_LIMIT', 'slow_down', true],
    [400, 'RequestTimeout', 'NETWORK_TIMEOUT', 'request_timeout', true],
    [301, 'PermanentRedirect', 'SOURCE_UNAVAILABLE', 'region_wrong', false],
    [400, 'IllegalLocationConstraintException', 'SOURCE_UNAVAILABLE', 'region_wrong', false],
  ])('%i %s is %s, %s', (status, s3Code, code, reason, retryable) => {
    const found = refused(status, error(s3Code));
    expect(found).toMatchObject({ code, reason, retryable, details: { http_status: status, s3_code: s3Code } });
    expect(found?.message).toContain(`${s3Code}: words`);
    expect(found?.hint).not.toBe('');
  });

  it('names the region that it should have been, from a header or the body', () => {
    const hint = 'set s3_region = "eu-west-3" (or AWS_REGION=eu-west-3)';
    const details = { region: 'eu-west-3' };
    const wrong = { reason: 'region_wrong', hint, details: expect.objectContaining(details) };
    expect(refused(400, error('AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>'))).toMatchObject(wrong);
    expect(refused(301, { headers: { 'x-amz-bucket-region': 'eu-west-3' } })).toMatchObject(wrong);
    // The region of every other refusal says nothing.
    expect(refused(404, { ...error('NoSuchKey'), headers: { 'x-amz-bucket-region': 'eu-west-3' } })).toMatchObject({ reason: 'not_found' });
    expect(refused(403, { ...error('AccessDenied'), headers: { 'x-amz-bucket-region': 'eu-west-3' } })).toMatchObject({
      reason: 'access_denied',
    });
  });

  it.each(['evil.example/x', 'eu-west-3.evil.example', 'EU', 'a:1', '\u001b[31m', 'x@evil.example', 'r'.repeat(64)])(
    'learns no region that would be another host, nor prints it: %j',
    (told) => {
      const inBody = refused(400, error('AuthorizationHeaderMalformed', `<Region>${told}</Region>`));
      const inHeader = refused(301, { headers: { 'x-amz-bucket-region': told } });
      expect(inBody).toMatchObject({ reason: 'region_wrong' });
      for (const found of [inBody, inHeader]) {
        expect(found?.details ?? {}).not.toHaveProperty('region');
        expect(JSON.stringify(found?.toJSON() ?? '')).not.toContain(JSON.stringify(told).slice(1, -1));
      }
    },
  );

  it('says by how much the clock is wrong, and which way', () => {
    const ahead = refused(403, { ...error('RequestTimeTooSkewed'), headers: { date: 'Mon, 23 Nov 2026 09:00:00 GMT' } });
    expect(ahead?.message).toContain("this machine's clock is 3 h ahead");
    expect(ahead?.details.clock_skew_ms).toBe(-3 * 3_600_000);
    const behind = refused(403, error('RequestTimeTooSkewed', '<ServerTime>2026-11-23T12:20:00Z</ServerTime>'));
    expect(behind?.message).toContain("this machine's clock is 20 min behind");
    expect(refused(403, error('RequestTimeTooSkewed'))?.details).not.toHaveProperty('clock_skew_ms');
  });

  it('says whose keys were refused', () => {
    const signed = { ...error('SignatureDoesNotMatch'), keysFrom: 'AWS profile team' };
    expect(refused(403, signed)?.message).toContain('cannot be read with the keys of AWS profile team');
    expect(refused(404, { ...error('NoSuchKey'), keysFrom: 'AWS profile team' })?.message).not.toContain('team');
  });

  it('knows a version that no object can have', () => {
    const body = '<Error><Code>InvalidArgument</Code><Message>Invalid version id specified</Message></Error>';
    expect(refused(400, { body })).toMatchObject({ reason: 'not_found', hint: expect.stringContaining('versionId') });
  });

  it('sends whoever is anonymous to get credentials', () => {
    expect(refused(403, { ...error('AccessDenied'), anonymous: true })?.hint).toContain('s3_anonymous');
  });

  it('keeps how long to wait, and takes a bare 503 for what it mostly is', () => {
    expect(refused(503, { headers: { 'retry-after': '2' } })).toMatchObject({ code: 'RATE_LIMIT', details: { retry_after_ms: 2000 } });
  });

  it('leaves to the status what has no meaning of its own', () => {
    expect(refused(500, error('InternalError'))).toBeUndefined();
    expect(refused(418)).toBeUndefined();
    expect(refused(404)).toBeUndefined();
  });

  it('shows of the body only code and message, and nothing in them that looks like a key', () => {
    const found = refused(403, error('InvalidAccessKeyId', '<AWSAccessKeyId>AKIASECRETSECRET1234</AWSAccessKeyId>'));
    expect(JSON.stringify(found)).not.toContain('AKIASECRET');
  });
});
