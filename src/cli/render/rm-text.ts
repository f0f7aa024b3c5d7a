import type { RemoveResult } from '../../orchestrator/api.ts';
import { formatBytes } from '../../util/format-bytes.ts';
import { type Tried, valuesOf } from '../../wire/tried.ts';
import { mark } from './paint.ts';
import type { Screen } from './screen.ts';

export const rmText = (screen: Screen, tried: readonly Tried<RemoveResult>[]): string =>
  valuesOf(tried)
    .map((one) => {
      const said = one.removed
        ? `${mark(screen, 'good')} removed ${one.label}: ${freed(one)}`
        : `${mark(screen, 'none')} ${one.label} is not here`;
      return [said, ...staying(one)].join('; ');
    })
    .join('\n');

const staying = ({ label, tier, isRegistered }: RemoveResult): readonly string[] => [
  ...(tier === undefined ? [] : [`its copy in ${tier} stays (\`wan models tier drop ${label}\`)`]),
  ...(isRegistered ? [`its entry in the registry stays (\`wan models rm ${label} --unregister\`)`] : []),
];

const freed = ({ reclaimedBytes, sharedBytes }: RemoveResult): string =>
  `${formatBytes(reclaimedBytes)} freed${sharedBytes > 0 ? `, ${formatBytes(sharedBytes)} kept for other models` : ''}`;
