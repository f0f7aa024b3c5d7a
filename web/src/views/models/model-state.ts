/** The state of a model as people are shown it: one that is coming is not called absent. Pure. */
import type { Model } from '../../api/wire.ts';

export const stateOf = ({ state, status }: Pick<Model, 'state' | 'status'>): string =>
  status === 'downloading' && (state === 'NOT_PRESENT' || state === 'PARTIAL') ? 'DOWNLOADING' : state;
