import { expect, it } from 'vitest';
import type { VerifiedFile, VerifyReport } from '../domain/results.ts';
import { verifyFault } from './report-faults.ts';

const file = (path: string, fault?: VerifiedFile['fault']): VerifiedFile => ({
  path,
  sizeBytes: 1,
  proof: 'manifest-sha256',
  ok: fault === undefined,
  ...(fault && { fault }),
});

const report = (...files: VerifiedFile[]): VerifyReport => ({
  ref: { modelId: 'm@1.0.0' },
  variant: 'fp16',
  path: '/models/m',
  ok: false,
  proof: 'manifest-sha256',
  files,
  extraFiles: [],
  formatFaults: [],
  bytesRead: 0,
  durationMs: 0,
});

it.each([
  ['is not here', [file('a', 'missing'), file('b', 'missing')], 'm@1.0.0 is not here', 'wan models ensure m@1.0.0'],
  ['lacks files', [file('a', 'missing'), file('b')], 'm@1.0.0: a is missing', 'wan models repair m@1.0.0'],
  [
    'has wrong bytes',
    [file('a', 'missing'), file('b', 'digest')],
    'm@1.0.0: a, b are not as the manifest says',
    'wan models repair m@1.0.0',
  ],
])('a verification of a model that %s says so, and what to run', (_, files, message, command) => {
  const error = verifyFault(report(...files));
  expect(error).toMatchObject({ code: 'CHECKSUM_FAIL', message, details: { files: files.flatMap(({ ok, path }) => (ok ? [] : [path])) } });
  expect(error?.hint).toContain(command);
});
