/** What can be wrong with a tier. */
import { ModelError } from '../domain/errors.ts';
import { formatBytes } from '../util/format-bytes.ts';
import type { NewBlob } from './tier-place.ts';

/** The place is not what holds our models: a volume that is not mounted, a folder that was emptied. */
export const tierAbsent = (name: string, label: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `the tier ${name} is not at ${label}: there is no TIER.json of it`, {
    reason: 'tier_absent',
    retryable: false,
    hint: `mount its volume, or correct [tiers.${name}] in wan.toml; nothing was written or removed there`,
    details: { tier: name, place: label },
  });

/** A cloned project would be given what the user's own configuration sends to a bucket. @param why as `distrustedEndpoint` says it */
export const endpointDistrusted = (name: string, label: string, why: string): ModelError =>
  new ModelError('AUTH_FAIL', `the tier ${name} (${label}) is not spoken to: ${why.split(': ').at(0)}`, {
    reason: 'endpoint_distrusted',
    hint: 'look at that file, then run `wan config trust`; or name the endpoint yourself, in AWS_ENDPOINT_URL or in your own configuration',
    details: { tier: name, place: label },
  });

/** There it would be taken for a family of models. */
export const tierInRoot = (name: string, label: string): ModelError =>
  new ModelError('INVALID_CONFIG', `the tier ${name} is to be in ${label}, which is inside MODELS_ROOT`, {
    reason: 'tier_in_root',
    hint: `put [tiers.${name}] into a folder of its own, on another volume`,
    details: { tier: name, place: label },
  });

export const otherTier = (name: string, label: string): ModelError =>
  new ModelError('SOURCE_UNAVAILABLE', `${label} is another tier than the one that ${name} was so far`, {
    reason: 'tier_other',
    retryable: false,
    hint: `correct [tiers.${name}] in wan.toml, or give the other one a name of its own`,
    details: { tier: name, place: label },
  });

export const tierUnreadable = (name: string, label: string): ModelError =>
  new ModelError('FORMAT_INVALID', `the TIER.json in ${label} cannot be read`, {
    reason: 'tier_unreadable',
    hint: 'restore it from a backup: it says which tier this is',
    details: { tier: name, place: label },
  });

/** What lies here has other bytes than its record says. */
export const otherHere = ({ digest, from }: NewBlob, found: string): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${from} has other bytes than were published: it was not moved`, {
    reason: 'changed_here',
    hint: 'run `wan models verify`, then `wan models ensure`, then move it again',
    details: { expected: digest, found, path: from },
  });

/** What was written there does not come back as it was written. */
export const blobWritten = (place: string, expected: string, found: string): ModelError =>
  new ModelError('CHECKSUM_FAIL', `${place} gives other bytes back than were written: the model stays here`, {
    reason: 'tier_lies',
    hint: 'check the disk or service of this tier',
    details: { expected, found, path: place },
  });

/** Somebody took of it what was proven there a moment ago. */
export const tierTaken = (name: string, label: string): ModelError =>
  new ModelError('CONCURRENT_MODIFICATION', `${label} does not lie whole in the tier ${name} any more: the model stays here`, {
    reason: 'tier_changed',
    hint: 'find who else writes to this tier with the same MODELS_ROOT, then run the same command again',
    details: { tier: name, ref: label },
  });

export const tierFull = (name: string, neededBytes: number, freeBytes: number): ModelError =>
  new ModelError(
    'NO_SPACE',
    `the tier ${name} needs ${formatBytes(neededBytes)}, and has ${formatBytes(freeBytes)}: the model stays here`,
    {
      hint: `make room there, for example with \`wan models tier drop\`, or move to another tier`,
      details: { tier: name, bytes_needed: neededBytes, bytes_available: freeBytes, shortfall: neededBytes - freeBytes },
    },
  );
