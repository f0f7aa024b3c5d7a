import type { auditVerifyData } from '../documents/audit.ts';
import type { AuditVerdict } from '../domain/audit.ts';
import type { Wire } from './wire.ts';

export const auditVerdictWire = ({ ok: _, tornBytes, ...verdict }: AuditVerdict): Wire<typeof auditVerifyData> => ({
  ...verdict,
  torn_bytes: tornBytes,
});
