import { expect, it } from 'vitest';
import { auditVerdictText } from './audit-text.ts';
import { PLAIN_SCREEN } from './screen.ts';

it('of a log without a line says that it may be gone, not that it is as it was written', () => {
  const nothing = { ok: true, directory: '/m/.state/audit', files: 0, lines: 0, faults: [], mended: 0, tornBytes: 0, unanchored: 0 };
  const text = auditVerdictText(PLAIN_SCREEN, nothing);
  expect(text).toContain('no line is here');
  expect(text).not.toContain('as they were written');
});
