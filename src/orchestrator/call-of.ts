import type { CallOptions } from './api.ts';

/** Of a verb's options those that belong to the call, for verbs that it runs on the way. */
export const callOf = ({ signal, onEvent, sinks, correlationId, traceparent, actor }: CallOptions): CallOptions => ({
  ...(signal && { signal }),
  ...(onEvent && { onEvent }),
  ...(sinks && { sinks }),
  ...(correlationId !== undefined && { correlationId }),
  ...(traceparent !== undefined && { traceparent }),
  ...(actor && { actor }),
});
