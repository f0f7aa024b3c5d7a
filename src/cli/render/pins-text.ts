import type { PinReport, PinState, UnpinResult } from '../../domain/holds.ts';
import { minuteOf } from '../../util/minute-of.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { judged, mark, type Verdict } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'PINNED' },
  { title: 'UNTIL' },
  { title: 'HERE' },
  { title: 'BY' },
  { title: 'REASON', flows: true },
];

const VERDICTS: Readonly<Record<PinState, Verdict>> = { active: 'good', expired: 'none', unreadable: 'soft' };

export function pinsText(screen: Screen, pins: readonly PinReport[]): string {
  if (pins.length === 0) return 'no model is pinned';
  return table(
    screen,
    COLUMNS,
    pins.map((pin) => row(screen, pin)),
  );
}

function row(screen: Screen, { label, state, pin, present }: PinReport): readonly string[] {
  const until = pin === undefined ? '' : pin.until === undefined ? 'no end' : minuteOf(pin.until);
  return [
    mark(screen, VERDICTS[state]),
    label,
    pin === undefined ? 'unreadable record: counts' : minuteOf(pin.pinnedAt),
    state === 'expired' ? judged(screen, 'none', `${until} (expired)`) : until,
    present ? 'yes' : 'no',
    pin?.by ?? '',
    pin?.reason ?? '',
  ];
}

export const pinText = (screen: Screen, tried: readonly Tried<PinReport>[]): string =>
  valuesOf(tried)
    .map(({ label, pin, present }) => {
      const until = pin?.until === undefined ? '' : ` until ${minuteOf(pin.until)}`;
      return `${mark(screen, 'good')} pinned ${label}${until}${present ? '' : ' (it is not here yet)'}`;
    })
    .join('\n');

export const unpinText = (screen: Screen, tried: readonly Tried<UnpinResult>[]): string =>
  valuesOf(tried)
    .map(({ label, unpinned }) =>
      unpinned ? `${mark(screen, 'good')} unpinned ${label}` : `${mark(screen, 'none')} ${label} was not pinned`,
    )
    .join('\n');
