/** What goes on beside what is drawn. */
import { asProblem } from './api/problem.ts';
import { isLost, watchVisibility } from './state/connection.ts';
import { watchJobs } from './state/live-jobs.ts';
import { watchTime } from './state/now.ts';
import { watchAddress } from './state/route.ts';
import { lookWho } from './state/session.ts';
import { applyTheme } from './state/theme.ts';

const RETRY_MS = 2000;

export function start(): void {
  applyTheme();
  watchAddress();
  watchVisibility();
  watchTime();
  watchJobs();
  void lookWhoUntilKnown();
}

async function lookWhoUntilKnown(): Promise<void> {
  for (;;) {
    try {
      await lookWho();
      return;
    } catch (thrown) {
      isLost(asProblem(thrown));
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
