import { describe, expect, it } from 'vitest';
import { statusError } from './status-error.ts';

const failed = (status: number, more: { headers?: Record<string, string>; body?: string; credentialed?: boolean; signed?: boolean } = {}) =>
  statusError(
    { status, headers: more.headers ?? {} },
    { label: 'https://h/a', bodyStart: more.body ?? '', credentialed: more.credentialed ?? false, signed: more.signed ?? false, nowMs: 0 },
  );

describe('a status that is no answer', () => {
  it.each([
    [401, 'AUTH_FAIL', 'credentials_missing', false],
    [403, 'AUTH_FAIL', 'credentials_missing', false],
    [404, 'SOURCE_UNAVAILABLE', 'not_found', false],
    [410, 'SOURCE_UNAVAILABLE', 'not_found', false],
    [407, 'SOURCE_UNAVAILABLE', 'proxy_auth', false],
    [408, 'NETWORK_TIMEOUT', 'request_timeout', true],
    [429, 'RATE_LIMIT', undefined, true],
    [400, 'SOURCE_UNAVAILABLE', 'status_unexpected', false],
    [204, 'SOURCE_UNAVAILABLE', 'status_unexpected', false],
    [304, 'SOURCE_UNAVAILABLE', 'status_unexpected', false],
    [500, 'SOURCE_UNAVAILABLE', 'server_error', true],
    [501, 'SOURCE_UNAVAILABLE', 'status_unexpected', false],
    [502, 'SOURCE_UNAVAILABLE', 'server_error', true],
    [503, 'SOURCE_UNAVAILABLE', 'server_error', true],
    [504, 'SOURCE_UNAVAILABLE', 'server_error', true],
  ])('%i is %s, %s', (status, code, reason, retryable) => {
    expect(failed(status)).toMatchObject({ code, reason, retryable, details: { http_status: status } });
  });

  it('tells refused credentials from missing ones', () => {
    expect(failed(401, { credentialed: true })).toMatchObject({ reason: 'credentials_refused' });
  });

  it.each([
    '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
    '<Code>ExpiredToken</Code>',
    'Signature not valid in the specified time frame',
  ])('on a signed URL is an expiry where the body says %s', (body) => {
    expect(failed(403, { signed: true, body })).toMatchObject({ code: 'AUTH_FAIL', reason: 'expired' });
    expect(failed(403, { body })).toMatchObject({ reason: 'credentials_missing' });
  });

  it('tells the SlowDown of S3 from a server that is down', () => {
    const body = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
    expect(failed(503, { body, headers: { 'retry-after': '3' } })).toMatchObject({
      code: 'RATE_LIMIT',
      reason: 'slow_down',
      details: { retry_after_ms: 3000 },
    });
  });

  it('passes on how long to wait, and what was said', () => {
    expect(failed(429, { headers: { 'retry-after': '7' } }).details).toEqual({ http_status: 429, retry_after_ms: 7000 });
    expect(failed(503, { headers: { 'retry-after': 'later' } }).details).toEqual({ http_status: 503 });
    const usedUp = { headers: { ratelimit: '"api";r=0;t=55' } };
    for (const status of [429, 503]) expect(failed(status, usedUp).details).toEqual({ http_status: status, retry_after_ms: 56_000 });
    expect(failed(404, usedUp).details).toEqual({ http_status: 404 });
    expect(failed(403, { body: '<html>\n<h1>403 Forbidden</h1></html>' }).message).toBe(
      'https://h/a answered with status 403: 403 Forbidden',
    );
    expect(failed(500, { body: 'backend\n\n down' }).message).toBe('https://h/a answered with status 500: backend down');
  });
});
