/** Problems while they are found (a place in the document), and placed (line and column) once all are known. */
import type { ManifestProblem, ProblemCode } from './manifest-problem.ts';
import { locateInToml, type TomlPath, type TomlPosition } from './toml-positions.ts';

export interface DraftProblem {
  readonly code: ProblemCode;
  readonly path: TomlPath;
  /** Which end of `key = value` to point at; the value where left out. */
  readonly at?: 'key' | 'value';
  readonly message: string;
  /** A thunk is only asked for the problems that are kept. */
  readonly hint?: string | (() => string | undefined);
  /** The other place concerned, named by its line in the message. */
  readonly related?: TomlPath;
}

export type Report = (problem: DraftProblem) => void;

/** More than anybody reads; bounds what a hostile file makes us hold. */
const MAX_PROBLEMS = 1000;

export class ProblemList {
  readonly #drafts: DraftProblem[] = [];
  readonly #seen = new Set<string>();
  #dropped = false;

  /** A problem that every variant of a model has is told once. */
  readonly report: Report = (problem) => {
    const key = JSON.stringify([problem.code, problem.path, problem.related, problem.message]);
    if (this.#seen.has(key)) return;
    if (this.isFull) this.#dropped = true;
    else {
      this.#seen.add(key);
      this.#drafts.push(problem);
    }
  };

  /** Whoever looks for more may stop. */
  get isFull(): boolean {
    return this.#drafts.length >= MAX_PROBLEMS;
  }

  get isEmpty(): boolean {
    return this.#drafts.length === 0;
  }

  /** In the order of the file. */
  placed(file: string, text: string): ManifestProblem[] {
    const positions = locateInToml(text, [...this.#drafts.map((draft) => draft.path), ...this.#drafts.map((draft) => draft.related ?? [])]);
    const lines = new LineTable(text);
    const related = positions.slice(this.#drafts.length);
    const placed = this.#drafts.map((draft, index) => place({ file, draft, lines }, positions[index], related[index]));
    placed.sort((a, b) => a.line - b.line || a.column - b.column);
    if (this.#dropped || this.isFull) placed.push(moreProblems(file, lines.at(text.length)));
    return placed;
  }
}

interface Placing {
  readonly file: string;
  readonly draft: DraftProblem;
  readonly lines: LineTable;
}

function place({ file, draft, lines }: Placing, position: TomlPosition | undefined, related: TomlPosition | undefined): ManifestProblem {
  const hint = typeof draft.hint === 'function' ? draft.hint() : draft.hint;
  const other = draft.related === undefined ? '' : `, as on line ${lines.at(related?.key ?? 0).line}`;
  return {
    file,
    ...lines.at(position?.[draft.at ?? 'value'] ?? 0),
    code: draft.code,
    message: draft.message + other,
    ...(hint !== undefined && { hint }),
  };
}

const moreProblems = (file: string, position: { line: number; column: number }): ManifestProblem => ({
  file,
  ...position,
  code: 'more_problems',
  message: `only the first ${MAX_PROBLEMS} problems are listed`,
  hint: 'correct these, then validate again',
});

/** Offset -> line and column. */
export class LineTable {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) this.#starts.push(end + 1);
  }

  at(offset: number): { readonly line: number; readonly column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }
}
