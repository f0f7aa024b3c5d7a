/** Document and question of /logs. */
import { z } from 'zod';
import { logLine } from '../../documents/log-line.ts';
import { linePage, lineQuery } from './line-page.ts';

export const shownLogLine = logLine.extend({ seq: z.int().min(1) });

export const logQuery = lineQuery.extend({
  level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('debug')
    .meta({ description: 'the least severe one; what `log_level` leaves out is not there' }),
});

export const logPage = linePage(shownLogLine).extend({
  epoch: z.string().meta({ description: 'of this run of the service: another one begins with line 1 again' }),
});
