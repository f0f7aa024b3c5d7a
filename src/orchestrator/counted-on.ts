/** What must not go while an ensure is at work: also what derived files are made from, where the manifest does not know its digests. */
import type { Sha256 } from '../domain/digest.ts';
import { digestsOf, withKnownOutputs } from './derived-outputs.ts';
import type { Orchestration } from './orchestration.ts';
import { inputsOf, lookAtInputs } from './plan-work.ts';
import type { Target } from './target.ts';

export const countedOn = (work: Orchestration, target: Target): Sha256[] => [
  ...digestsOf(withKnownOutputs(work, target)),
  ...lookAtInputs(work, target, inputsOf(target.files)).flatMap(({ digest }) => digest ?? []),
];
