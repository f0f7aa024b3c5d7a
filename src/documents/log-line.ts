/** One line of the log with `log_format = "json"`. Further fields are of the kind of event. */
import { z } from 'zod';
import { bytes, errorCode } from './envelope.ts';

export const logLine = z.looseObject({
  timestamp: z.iso.datetime({ precision: 3 }),
  level: z.enum(['ERROR', 'WARN', 'INFO', 'DEBUG']),
  message: z.string().min(1),
  correlation_id: z.string().min(1).meta({ description: 'the same in all that one request or command causes, jobs included' }),
  event: z
    .string()
    .regex(/^[a-z]+\.?[a-z]*$/)
    .meta({ description: 'the kind of event, a stable word' }),
  model_id: z.string().min(1).optional().meta({ description: 'name@version, or what the line is about instead' }),
  variant: z.string().optional().meta({ description: 'the one that is meant, also where it is the default one' }),
  source: z.string().min(1).optional().meta({ description: 'redacted URL; of several, separated by commas' }),
  duration_seconds: z.number().min(0).optional(),
  bytes_downloaded: bytes.optional(),
  files_downloaded: z.int().min(0).optional(),
  error_code: errorCode.optional(),
});
