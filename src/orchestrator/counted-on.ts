/** What must not go while an ensure is at work: also what derived files are made from, where the manifest does not know its digests. */
import type { Sha256 } from '../domain/digest.ts';
import type { IntentRecord } from '../store/intents.ts';
import { digestsOf, withKnownOutputs } from './derived-outputs.ts';
import type { Orchestration } from './orchestration.ts';
import { inputsOf, lookAtInputs } from './plan-work.ts';
import { unfinishedKeys } from './remove-partials.ts';
import type { Target } from './target.ts';

const countedOn = (work: Orchestration, target: Target): Sha256[] => [
  ...digestsOf(withKnownOutputs(work, target)),
  ...lookAtInputs(work, target, inputsOf(target.files)).flatMap(({ digest }) => digest ?? []),
];

/** What an ensure of it says before it looks at a blob. */
export const intentFor = (work: Orchestration, target: Target): IntentRecord => ({
  ref: target.label,
  digests: countedOn(work, target),
  keys: [...new Set(unfinishedKeys(work, target))],
});
