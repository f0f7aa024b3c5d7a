import type { QuotaVerdict, SpaceVerdict } from '../../domain/space.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { judged } from './paint.ts';
import type { Screen } from './screen.ts';
import { properties } from './table.ts';

/** What all that was asked for needs together, of the volume and of each quota; nothing where nothing is written and no quota is set. */
export function spaceText(screen: Screen, verdict: SpaceVerdict): string {
  return properties(screen, [
    ['together', verdict.neededBytes === 0 ? '' : volumeText(screen, verdict)],
    ...verdict.quotas.map((quota): [string, string] => [
      quota.family === undefined ? 'quota' : `quota of ${quota.family}`,
      quotaText(screen, quota),
    ]),
    ['could go', reclaimableText(verdict)],
    ['makes room', roomText(screen, verdict)],
  ]);
}

function volumeText(screen: Screen, { neededBytes, freeBytes, reservedBytes, secondCopyBytes, shortfallBytes }: SpaceVerdict): string {
  const copies = secondCopyBytes > 0 ? ` and ${formatBytes(secondCopyBytes)} of second copies` : '';
  const reserved = reservedBytes > 0 ? `, ${formatBytes(reservedBytes)} of them reserved by other commands` : '';
  return verdictText(
    screen,
    `${formatBytes(neededBytes)} of free space, margin${copies} included; there are ${formatBytes(freeBytes)}${reserved}`,
    shortfallBytes,
  );
}

function quotaText(screen: Screen, { quotaBytes, usedBytes, reservedBytes, neededBytes, shortfallBytes }: QuotaVerdict): string {
  const reserved = reservedBytes > 0 ? `, ${formatBytes(reservedBytes)} reserved by other commands` : '';
  return verdictText(
    screen,
    `${formatBytes(neededBytes)} more; ${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)} are used${reserved}`,
    shortfallBytes,
  );
}

const verdictText = (screen: Screen, text: string, shortfallBytes: number): string =>
  shortfallBytes === 0 ? text : judged(screen, 'bad', `${text}: ${formatBytes(shortfallBytes)} short`);

function reclaimableText({ reclaimable }: SpaceVerdict): string {
  if (reclaimable === undefined) return '';
  const { orphanBytes, trashBytes, quarantineBytes, modelBytes } = reclaimable;
  const loose = formatBytes(orphanBytes + trashBytes + quarantineBytes);
  return `${loose} that nobody needs, ${formatBytes(modelBytes)} of models that are not pinned: \`wan models gc\`, \`wan models du\``;
}

function roomText(screen: Screen, { room }: SpaceVerdict): string {
  if (room === undefined) return '';
  if (room.inTheWay !== undefined) return judged(screen, 'bad', `no: garbage collection could not free enough: ${room.inTheWay}`);
  return room.removes.length === 0
    ? 'yes: removes nothing but what nobody needs'
    : judged(screen, 'soft', `yes: removes ${room.removes.join(', ')}`);
}
