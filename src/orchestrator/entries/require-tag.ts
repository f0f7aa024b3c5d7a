import { ModelError } from '../../domain/errors.ts';
import type { RegistryEntry } from '../../domain/registry-entry.ts';
import { revisionTag } from '../../registry/entries/revision-tag.ts';

/** @param expected of what the caller has seen; absent: whatever is noted will do @throws ModelError CONCURRENT_MODIFICATION, precondition_failed */
export function requireTag(modelId: string, known: RegistryEntry | undefined, expected: readonly string[] | undefined): void {
  const tag = revisionTag(known);
  if (expected === undefined || expected.includes(tag)) return;
  throw new ModelError('CONCURRENT_MODIFICATION', `${modelId} was changed since it was looked at`, {
    reason: 'precondition_failed',
    hint: 'look at it again, and send the change with the ETag that it has now',
    details: { model: modelId, revision: tag },
  });
}
