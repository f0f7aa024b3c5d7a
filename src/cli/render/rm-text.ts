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
      return one.tier === undefined ? said : `${said}; its copy in ${one.tier} stays (\`wan models tier drop ${one.label}\`)`;
    })
    .join('\n');

const freed = ({ reclaimedBytes, sharedBytes }: RemoveResult): string =>
  `${formatBytes(reclaimedBytes)} freed${sharedBytes > 0 ? `, ${formatBytes(sharedBytes)} kept for other models` : ''}`;
