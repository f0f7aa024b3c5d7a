/** Document of /audit. */
import { auditLine } from '../../documents/audit.ts';
import { linePage } from './line-page.ts';

export const auditPage = linePage(auditLine);
