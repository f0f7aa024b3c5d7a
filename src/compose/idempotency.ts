/** What was answered to requests that may be repeated, of the configured root. */
import type { Config } from '../config/config.ts';
import { IdempotencyRecords } from '../store/idempotency-records.ts';
import { configuredStore } from './store-context.ts';

export type { Claim, KeptAnswer } from '../store/idempotency-records.ts';
export type AnswerRecords = Pick<IdempotencyRecords, 'claim'>;

export const openAnswerRecords = (config: Config): AnswerRecords => new IdempotencyRecords(configuredStore(config));
