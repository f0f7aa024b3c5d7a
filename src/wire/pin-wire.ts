import type { pinResult, pinsData, unpinResult } from '../documents/pins.ts';
import type { PinReport, UnpinResult } from '../domain/holds.ts';
import type { Wire } from './wire.ts';

export const pinWire = ({ label, name, state, pin, path, present }: PinReport): Wire<typeof pinsData>['pins'][number] => ({
  ref: label,
  family: name.slice(0, name.indexOf('@')),
  state,
  ...(pin !== undefined && {
    pinned_at: pin.pinnedAt,
    ...(pin.until !== undefined && { until: pin.until }),
    ...(pin.reason !== undefined && { reason: pin.reason }),
    by: pin.by,
  }),
  path,
  present,
});

export const pinResultWire = (report: PinReport): Wire<typeof pinResult> => ({ ...pinWire(report), ok: true });

export const unpinWire = ({ label, path, unpinned }: UnpinResult): Wire<typeof unpinResult> => ({ ref: label, ok: true, path, unpinned });
