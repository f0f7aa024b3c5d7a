/** What the sources that work on one file at the same time know of each other. */

export interface TeamMember {
  /** Whether it could do the work of another source now. */
  readonly canRelieve: boolean;
  /** Its work was taken over by a quicker source. */
  readonly isLaggard: boolean;
  /** What one of its ranges does of late, or did last; undefined before any byte. */
  readonly bytesPerSecond: number | undefined;
}

export interface TeamView {
  /** It is the first in priority of those at work: it may begin whatever the others do. */
  isLead(member: TeamMember): boolean;
  /** Whether more than one source may work on this file. */
  readonly mayShare: boolean;
  /** What one range of the best other source does that could take over now, 0 where it is untried; undefined where there is none. */
  relief(member: TeamMember): number | undefined;
  /** Whether another source could take over now that was never found to lag. */
  hasQuicker(member: TeamMember): boolean;
  /** All pieces are held. @param by whose range gave the last one: it ends by itself, with its connection fit for the next file */
  completed(by: TeamMember): void;
}
