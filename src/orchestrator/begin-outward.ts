/** The intent of who only takes bytes out: a root that cannot be written, or is full, still serves. */

import { isUnwritable } from '../domain/fs-error.ts';
import { beginIntent, type Intent, type IntentRecord } from '../store/intents.ts';
import type { CallOptions } from './api.ts';
import type { Orchestration } from './orchestration.ts';

export async function beginOutward(work: Orchestration, record: IntentRecord, call: CallOptions): Promise<Pick<Intent, 'end'>> {
  try {
    return await beginIntent(work.store, record);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    const message = `nobody is kept from removing what it reads (${record.ref}), since the store cannot be written: ${error.message}`;
    work.emitter(call)({ type: 'warning', code: 'intent_not_written', message });
    return { end: () => Promise.resolve() };
  }
}
