/**
 * An id in the form of a uuid that tells the calls in a log apart. Nothing depends on nobody guessing it, so it is not worth the
 * loading of node:crypto at every start.
 */
export const newCorrelationId = (): string =>
  'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => Math.floor(Math.random() * 16).toString(16));
