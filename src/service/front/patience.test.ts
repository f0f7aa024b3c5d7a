import { describe, expect, it } from 'vitest';
import { isOver } from './patience.ts';

const get = (url: string) => ({ method: 'GET', url });

describe('a request that waits', () => {
  it.each(['/health', '/v1/health/', '/api/health/models', '/api/v1/health/storage?dry_run=true', '/health/models/a%40b?probe=false'])(
    'for health (%s) does so for its budget, and no longer than until it is sure',
    (url) => {
      expect(isOver(get(url), { waitedMs: 1999, silentMs: 60_000 })).toBe(false);
      expect(isOver(get(url), { waitedMs: 2000, silentMs: 400 })).toBe(false);
      expect(isOver(get(url), { waitedMs: 2000, silentMs: 500 })).toBe(true);
      expect(isOver(get(url), { waitedMs: 3000, silentMs: 0 })).toBe(true);
    },
  );

  it('for health may say how long', () => {
    expect(isOver(get('/health/models?dry_run=true&timeout_ms=300'), { waitedMs: 300, silentMs: 500 })).toBe(true);
    expect(isOver(get('/health/models?timeout_ms=9000'), { waitedMs: 8999, silentMs: 9000 })).toBe(false);
  });

  it.each(['/v1/models', '/healthy', '/v1/models/health', '/health/models/a?probe=true', '/?q=/health'])(
    'to read something else (%s) does so until the thread has been silent for five seconds, however long that takes',
    (url) => {
      expect(isOver(get(url), { waitedMs: 600_000, silentMs: 4900 })).toBe(false);
      expect(isOver({ method: 'HEAD', url }, { waitedMs: 5000, silentMs: 5000 })).toBe(true);
    },
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('to change something (%s) is told late rather than wrong', (method) => {
    expect(isOver({ method, url: '/health' }, { waitedMs: 29_000, silentMs: 29_000 })).toBe(false);
    expect(isOver({ method, url: '/v1/gc' }, { waitedMs: 30_000, silentMs: 30_000 })).toBe(true);
  });
});
