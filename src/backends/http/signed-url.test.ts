import { describe, expect, it, onTestFinished } from 'vitest';
import { FaultServer, status } from '../../../test/servers/http/fault-server.ts';
import { createUrlBackend } from './http-backend.ts';
import { HttpClient } from './http-client.ts';
import { expiredError, signedUntilMs } from './signed-url.ts';

const END = Date.parse('2026-11-23T21:35:00Z');
const FORMS = [
  'https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261123T213000Z&X-Amz-Expires=300&X-Amz-Signature=s3cret',
  'https://storage.googleapis.com/b/k?X-Goog-Date=20261123T213000Z&X-Goog-Expires=300&X-Goog-Signature=s3cret',
  'https://a.blob.core.windows.net/c/k?sp=r&se=2026-11-23T21%3A35%3A00Z&sig=s3cret',
  `https://d.cloudfront.net/k?Expires=${END / 1000}&Signature=s3cret&Key-Pair-Id=K`,
];

describe('the end of a signed URL', () => {
  it.each(FORMS)('is read from %s', (url) => {
    expect(signedUntilMs(new URL(url))).toBe(END);
  });

  it.each([
    'https://h/k',
    'https://h/k?token=x',
    'https://h/k?X-Amz-Date=soon&X-Amz-Expires=300',
    'https://h/k?X-Amz-Date=20261123T213000Z',
    'https://h/k?Expires=Thu',
  ])('is not told by %s', (url) => {
    expect(signedUntilMs(new URL(url))).toBeUndefined();
  });

  it.each(FORMS)('explains a refusal after it, without the signature: %s', (text) => {
    const url = new URL(text);
    const error = expiredError({ url, status: 403, headers: {}, label: 'https://h/k?…', nowMs: END });
    expect(error).toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'expired',
      message: 'https://h/k?…: the signed URL ended at 2026-11-23T21:35:00.000Z',
    });
    expect(JSON.stringify(error)).not.toContain('s3cret');
    const refused = { url, status: 403, headers: {}, label: 'x' };
    expect(expiredError({ ...refused, nowMs: END - 1 })).toBeUndefined();
    expect(expiredError({ ...refused, status: 503, nowMs: END })).toBeUndefined();
  });

  it('is known by the clock of the server, be ours right or wrong', () => {
    const refused = { url: new URL(FORMS[0] ?? ''), status: 403, label: 'x' };
    const at = (ms: number) => ({ date: new Date(ms).toUTCString() });
    expect(expiredError({ ...refused, headers: at(END - 1000), nowMs: END + 10_800_000 })).toBeUndefined();
    expect(expiredError({ ...refused, headers: at(END + 1000), nowMs: END - 10_800_000 })).toMatchObject({ reason: 'expired' });
  });
});

describe('a file at a signed URL', () => {
  it('that has ended is told as such, though its server only says no', async () => {
    const server = await FaultServer.start({ files: { 'a.bin': 'a' } });
    onTestFinished(() => server.stop());
    const client = new HttpClient();
    onTestFinished(() => client.close());
    server.fault('a.bin', status(403, { body: 'no' }));
    const signal = new AbortController().signal;
    const stat = (lifetime: string) =>
      createUrlBackend(
        `${server.urlOf('a.bin')}?X-Amz-Date=20260101T000000Z&X-Amz-Expires=${lifetime}&X-Amz-Signature=s3cret`,
        client,
      ).stat('', signal);
    await expect(stat('300')).rejects.toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'expired',
      details: { ended_at: '2026-01-01T00:05:00.000Z' },
    });
    await expect(stat('999999999')).rejects.toMatchObject({
      code: 'AUTH_FAIL',
      reason: 'credentials_missing',
      hint: expect.stringContaining('ask for a new one'),
    });
    await expect(createUrlBackend(server.urlOf('a.bin'), client).stat('', signal)).rejects.toMatchObject({
      hint: expect.stringContaining('a plain URL carries none'),
    });
  });
});
