/** What was answered to requests that may be repeated, of the configured root. */
import type { Config } from '../config/config.ts';
import { requireModelsRoot } from '../config/require-models-root.ts';
import { IdempotencyRecords } from '../store/idempotency-records.ts';
import { storeContext } from './store-context.ts';

export type { Claim, KeptAnswer } from '../store/idempotency-records.ts';
export type AnswerRecords = Pick<IdempotencyRecords, 'claim'>;

export const openAnswerRecords = (config: Config): AnswerRecords =>
  new IdempotencyRecords(storeContext(requireModelsRoot(config), config.cwd));
