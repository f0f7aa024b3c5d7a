/** What was done to the store, by whoever did it; and what the service that is looked at says of its work. */
import type { AuditLine, LogLine } from '../api/wire.ts';
import { LineLog } from './line-log.ts';

export const auditLog = new LineLog<AuditLine>('/audit');
export const serviceLog = new LineLog<LogLine>('/logs');
