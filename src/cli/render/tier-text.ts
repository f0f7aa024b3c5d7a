import { formatRef } from '../../domain/model-ref.ts';
import { FAST_TIER, type NewTierId, type TieredModel, type TierMove, type TierReport, type TierState } from '../../domain/tiers.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { formatDuration } from '../../util/format-duration.ts';
import { minuteOf } from '../../util/minute-of.ts';
import { hasFailed, type Tried } from '../../wire/tried.ts';
import { judged, mark, paint } from './paint.ts';
import type { Screen } from './screen.ts';
import { type Column, table } from './table.ts';

const TIERS: readonly Column[] = [
  { title: 'TIER' },
  { title: 'MODELS', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'STORED', align: 'right' },
  { title: 'FREE', align: 'right' },
  { title: 'POLICY' },
  { title: 'PLACE' },
];

const MODELS: readonly Column[] = [
  { title: '' },
  { title: 'MODEL' },
  { title: 'WHERE' },
  { title: 'SIZE', align: 'right' },
  { title: 'STORED', align: 'right' },
  { title: 'LAST USE' },
  { title: 'POLICY', flows: true },
];

const NO_TIER =
  'no tier is configured: write [tiers.NAME] into wan.toml (docs/tiers.md); of an untrusted project it counts after `wan config trust`';

export function tierStatusText(screen: Screen, report: TierReport): string {
  const { tiers, models } = report;
  if (tiers.length === 0 && models.every(({ tier }) => tier === undefined)) return NO_TIER;
  const isMoving = models.some(({ wouldMove }) => wouldMove !== undefined);
  return [
    table(screen, TIERS, tiers.map(tierRow)),
    ...tiers.flatMap((tier) => problemLines(screen, tier)),
    ...(models.length === 0
      ? []
      : [
          '',
          table(
            screen,
            MODELS,
            models.map((model) => modelRow(screen, model)),
          ),
        ]),
    ...models.flatMap((model) => [...faultLines(screen, model), ...unverifiedLines(screen, model)]),
    ...(report.verifiedBytes === undefined ? [] : ['', `${formatBytes(report.verifiedBytes)} read in the tiers`]),
    ...(isMoving ? ['', '`wan models tier move --policy` does what the policy says'] : []),
  ].join('\n');
}

export const newIdText = (screen: Screen, { storeId, before, counted, missing }: NewTierId): string =>
  [
    `${mark(screen, 'good')} this root is ${storeId} in its tiers now, and was ${before}`,
    `it counts there on ${counted.length === 0 ? 'nothing' : counted.map(formatRef).join(', ')}`,
    ...missing.map(
      (ref) => `${mark(screen, 'bad')} ${formatRef(ref)} does not lie whole in its tier any more: wan models ensure ${formatRef(ref)}`,
    ),
  ].join('\n');

const tierRow = (tier: TierState): readonly string[] => [
  tier.name,
  String(tier.modelCount),
  formatBytes(tier.totalBytes),
  storedText(tier.totalBytes, tier.storedBytes),
  tier.freeBytes === undefined ? '' : formatBytes(tier.freeBytes),
  tier.idleMs === undefined
    ? ''
    : `unused for ${formatDuration(tier.idleMs)}${tier.minSizeBytes === 0 ? '' : `, from ${formatBytes(tier.minSizeBytes)}`}`,
  `${tier.place}${tier.compress ? ' (zstd)' : ''}`,
];

function problemLines(screen: Screen, { problem, isOnSameVolume, compress, name }: TierState): string[] {
  return [
    ...(problem === undefined ? [] : [`${mark(screen, 'bad')} ${problem}`]),
    ...(isOnSameVolume === true && !compress
      ? [`${mark(screen, 'soft')} ${name} lies on the volume of MODELS_ROOT: moves give no room back`]
      : []),
  ];
}

const modelRow = (screen: Screen, model: TieredModel): readonly string[] => {
  const verdict = (model.faults?.length ?? 0) > 0 || model.notVerified !== undefined ? 'bad' : model.isHere ? 'good' : 'none';
  const where = [...(model.isHere ? [FAST_TIER] : []), ...(model.tier === undefined ? [] : [model.tier])].join(' + ');
  return [
    mark(screen, verdict),
    formatRef(model.ref),
    model.isOutdated ? `${where} (outdated)` : where,
    formatBytes(model.totalBytes),
    model.storedBytes === undefined ? '' : storedText(model.totalBytes, model.storedBytes),
    model.lastUsedAt === undefined ? '' : minuteOf(model.lastUsedAt),
    model.wouldMove === undefined ? '' : `to ${model.wouldMove.to}: ${model.wouldMove.because}`,
  ];
};

const unverifiedLines = (screen: Screen, { ref, tier, notVerified }: TieredModel): string[] =>
  notVerified === undefined ? [] : [`${mark(screen, 'bad')} ${formatRef(ref)} was not verified in ${tier}: ${notVerified}`];

const faultLines = (screen: Screen, { ref, faults = [] }: TieredModel): string[] =>
  faults.map(({ place, fault }) => `${mark(screen, 'bad')} ${formatRef(ref)}: ${place} ${judged(screen, 'bad', fault)}`);

export function tierMovesText(screen: Screen, tried: readonly Tried<TierMove>[]): string {
  if (tried.length === 0) return 'the policy moves nothing now';
  return tried.flatMap((one) => (hasFailed(one) ? [] : moveLines(screen, one.value))).join('\n');
}

function moveLines(screen: Screen, move: TierMove): string[] {
  const head = `${paint(screen, 'bold', formatRef(move.ref))} ${paint(screen, 'dim', 'to')} ${move.to}`;
  const why = move.because === undefined ? '' : ` (${move.because})`;
  if (!move.done && move.blobs.length === 0) return [`${mark(screen, 'none')} ${head}: nothing to do${why}`];
  const gain = move.writtenBytes > 0 && move.storedBytes < move.totalBytes ? `, zstd gains ${gainText(move)}` : '';
  const does = move.done
    ? `${formatBytes(move.writtenBytes)} written${gain}, ${formatBytes(move.reclaimedBytes)} given back`
    : `would write ${formatBytes(move.writtenBytes)} at most, and give ${formatBytes(move.reclaimedBytes)} back`;
  return [`${mark(screen, move.done ? 'good' : 'soft')} ${head}: ${does}${why}`, ...compressedLines(screen, move)];
}

/** Of each blob that got smaller. */
const compressedLines = (screen: Screen, { blobs }: TierMove): string[] =>
  blobs
    .filter(({ form }) => form === 'zstd')
    .map(
      (blob) =>
        `  ${blob.paths.join(', ')} ${paint(screen, 'dim', `${formatBytes(blob.sizeBytes)} in ${formatBytes(blob.storedBytes)}, gains ${gainText({ totalBytes: blob.sizeBytes, storedBytes: blob.storedBytes })}`)}`,
    );

export function tierDropsText(screen: Screen, tried: readonly Tried<TierMove>[]): string {
  return tried
    .flatMap((one) =>
      hasFailed(one)
        ? []
        : [
            `${mark(screen, 'good')} dropped ${formatRef(one.value.ref)} from ${one.value.to}: ${formatBytes(one.value.reclaimedBytes)} given back`,
          ],
    )
    .join('\n');
}

function storedText(totalBytes: number, storedBytes: number): string {
  const gain = gainText({ totalBytes, storedBytes });
  const isNone = storedBytes === totalBytes || /^-?0\.0 /.test(gain);
  return isNone ? formatBytes(storedBytes) : `${formatBytes(storedBytes)} (-${gain})`;
}

const gainText = ({ totalBytes, storedBytes }: Pick<TierMove, 'totalBytes' | 'storedBytes'>): string =>
  `${((1 - storedBytes / Math.max(1, totalBytes)) * 100).toFixed(1)} %`;
