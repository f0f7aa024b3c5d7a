/** What the ends of larger spans have to say: under the names of the log, after `wan.`. */
import type { Attributes } from '@opentelemetry/api';
import type { ModelEvent } from '../../domain/events.ts';

type Of<Type extends ModelEvent['type']> = Extract<ModelEvent, { readonly type: Type }>;

interface Downloaded {
  readonly fetchedBytes?: number;
  readonly fetchedFiles?: number;
  readonly sources?: readonly string[];
}

const downloaded = ({ fetchedBytes, fetchedFiles, sources }: Downloaded): Attributes => ({
  ...(fetchedBytes !== undefined && { 'wan.bytes_downloaded': fetchedBytes }),
  ...(fetchedFiles !== undefined && { 'wan.files_downloaded': fetchedFiles }),
  ...(sources !== undefined && { 'wan.sources': [...sources] }),
});

export const finishedAttributes = (event: Of<'ensure.finished'>): Attributes => ({
  ...downloaded(event),
  'wan.published': event.published ?? false,
  ...(event.proof && { 'wan.proof': event.proof }),
});

export const failedAttributes = (event: Of<'ensure.failed'>): Attributes => ({
  ...downloaded(event),
  ...(event.error.reason !== undefined && { 'wan.error_reason': event.error.reason }),
});

export const jobAttributes = (event: Of<'job.changed'>): Attributes => ({
  'wan.job_id': event.id,
  'wan.job_state': event.state,
  'wan.job_label': event.label,
  'wan.attempts': event.attempts,
  ...downloaded(event),
});
