import type { Verdict } from '../../ui/mark.tsx';
import { Mark } from '../../ui/mark.tsx';

/** The words of `wan models status`, and how good that is. */
const STATES: Readonly<Record<string, readonly [text: string, verdict: Verdict]>> = {
  COMPLETE: ['complete', 'good'],
  VERIFYING: ['verifying', 'busy'],
  DOWNLOADING: ['downloading', 'busy'],
  PARTIAL: ['partial', 'soft'],
  NOT_PRESENT: ['not present', 'none'],
  CORRUPT: ['corrupt', 'bad'],
  ERROR: ['error', 'bad'],
  UNKNOWN: ['not looked at', 'none'],
};

export const stateText = (state: string): string => STATES[state]?.[0] ?? state;

export const StateMark = ({ state }: { readonly state: string }) => <Mark verdict={STATES[state]?.[1] ?? 'none'} text={stateText(state)} />;
