import { isModelError, ModelError } from '../../domain/errors.ts';
import type { EntryFile } from '../../domain/registry-entry.ts';
import { filesFault } from '../../registry/entries/files-fault.ts';
import { urlFault } from '../../registry/entries/url-fault.ts';
import type { Orchestration } from '../orchestration.ts';

/**
 * Of files that a caller says where to fetch: what can be judged before anything is asked for. Where a name leads is judged with each connection.
 * @throws ModelError INVALID_INPUT with reason entry_invalid or address_forbidden
 */
export async function refuseUrls(work: Orchestration, files: readonly Required<EntryFile>[]): Promise<void> {
  if (files.length === 0) return;
  const fault = filesFault(files.map(({ path }) => path));
  if (fault !== undefined) throw invalid(`files.${fault.at}.path`, fault.message);
  const guard = await work.guard();
  for (const [at, { url }] of files.entries()) {
    const message = urlFault(url);
    if (message !== undefined) throw invalid(`files.${at}.url`, message);
    requireAllowed(() => guard.check(new URL(url), true), `files.${at}.url`);
  }
}

function requireAllowed(check: () => void, where: string): void {
  try {
    check();
  } catch (error) {
    if (!isModelError(error) || error.reason !== 'address_forbidden') throw error;
    const { message, hint, details } = error;
    throw new ModelError('INVALID_INPUT', `${where}: ${message}`, { reason: 'address_forbidden', hint, details });
  }
}

const invalid = (where: string, message: string): ModelError =>
  new ModelError('INVALID_INPUT', `${where}: ${message}`, { reason: 'entry_invalid', details: { problems: [{ where, message }] } });
