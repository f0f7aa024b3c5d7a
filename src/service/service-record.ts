/** Lines of the log that are about the service itself, and no call. */
import { newCorrelationId } from '../observability/correlation-id.ts';
import type { LogRecord } from '../observability/log-record.ts';

export const serviceRecord = (level: LogRecord['level'], event: LogRecord['event'], message: string): LogRecord => ({
  ...{ timestamp: new Date().toISOString(), level, message, correlation_id: newCorrelationId(), event },
});
