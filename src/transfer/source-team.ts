/** The sources that work on one file at the same time: the first in priority leads, others join a large file that has a digest. */
import type { FileSource } from '../backends/backend.ts';
import type { FileState } from './file-state.ts';
import type { SourceRun } from './source-run.ts';
import type { EndedEarly } from './source-run-options.ts';
import type { TeamMember, TeamView } from './team-view.ts';
import { type ToldRun, toldRun } from './told-run.ts';

export interface SourceTeamOptions {
  readonly state: FileState;
  /** Whom to ask, in priority order; asked anew whenever one has ended. */
  readonly candidates: () => readonly FileSource[];
  /** Another one leads now. */
  readonly wake: () => void;
  readonly makeRun: (source: FileSource, team: TeamView) => SourceRun;
  /** Not for one that ended because the file is complete. */
  readonly onEnded: (source: FileSource, result: EndedEarly, effort: ToldRun) => Promise<void> | void;
  readonly monotonicMs: () => number;
}

/** Smaller files are one source's work, unless it says nothing. */
const SHARE_FROM_BYTES = 32 * 1024 * 1024;
const MAX_SOURCES = 4;

export class SourceTeam implements TeamView {
  readonly mayShare: boolean;
  readonly #o: SourceTeamOptions;
  /** In priority order. */
  #members: { readonly source: FileSource; readonly run: SourceRun }[] = [];
  readonly #running = new Set<Promise<void>>();
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SourceTeamOptions) {
    this.#o = options;
    this.mayShare = options.state.file.partial.sizeBytes >= SHARE_FROM_BYTES;
  }

  /** Resolves when nobody is at work any more: the file is complete, or no candidate is left, or it was aborted. */
  async run(): Promise<void> {
    this.#fill();
    while (this.#running.size > 0) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  isLead(member: TeamMember): boolean {
    return this.#members[0]?.run === member;
  }

  relief(member: TeamMember): number | undefined {
    const rates = this.#members.flatMap((other) => (other.run !== member && other.run.canRelieve ? [other.run.bytesPerSecond ?? 0] : []));
    return rates.length === 0 ? undefined : Math.max(...rates);
  }

  hasQuicker(member: TeamMember): boolean {
    return this.#members.some((other) => other.run !== member && other.run.canRelieve && !other.run.isLaggard);
  }

  completed(by: TeamMember): void {
    this.#isOver = true;
    for (const { run } of this.#members) if (run !== by) run.finish();
  }

  #fill(): void {
    const wanted = withHelpers(this.#o.candidates(), this.#o.state);
    const fresh = wanted.filter(({ backend }) => this.#members.every((member) => member.source.backend.label !== backend.label));
    for (const source of fresh.slice(0, Math.max(0, MAX_SOURCES - this.#members.length))) this.#join(source, wanted);
  }

  #join(source: FileSource, order: readonly FileSource[]): void {
    const member = { source, run: this.#o.makeRun(source, this) };
    this.#members = [...this.#members, member].sort((a, b) => order.indexOf(a.source) - order.indexOf(b.source));
    const { state, monotonicMs } = this.#o;
    const told = toldRun(() => member.run.run(), { state, label: source.backend.label, monotonicMs });
    const running = told.then((run) => this.#ended(member, run));
    const settled: Promise<void> = running
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#isOver = true;
      })
      .finally(() => this.#running.delete(settled));
    this.#running.add(settled);
  }

  async #ended(member: { readonly source: FileSource; readonly run: SourceRun }, told: ToldRun): Promise<void> {
    const { result } = told;
    this.#members = this.#members.filter((other) => other !== member);
    if (result.kind === 'complete' || result.kind === 'aborted') {
      this.#isOver = true;
      return;
    }
    await this.#o.onEnded(member.source, result, told);
    if (!this.#isOver && !this.#o.state.isComplete && !this.#o.state.signal.aborted) this.#fill();
    this.#o.wake();
  }
}

/** A mixture can be judged only by a digest; and whoever reads a mounted file system needs no help over a network. */
function withHelpers(candidates: readonly FileSource[], { file }: FileState): readonly FileSource[] {
  const [lead] = candidates;
  if (lead === undefined) return [];
  if (file.expected === undefined || lead.backend.host === undefined) return [lead];
  return [lead, ...candidates.filter(({ backend }) => backend.host !== undefined && backend.label !== lead.backend.label)];
}
