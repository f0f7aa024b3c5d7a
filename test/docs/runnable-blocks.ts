/**
 * Blocks of a document that a test runs. Convention: the word `run` after the language of a fence,
 *
 *     ```sh run            must end with status 0
 *     ```sh run exit=5     must end with status 5
 *     ```ts run            a module, run as it stands
 *
 * Blocks of one document run in order in one folder; what a `sh` block exports is there for those after it.
 */

export interface RunnableBlock {
  readonly language: 'sh' | 'ts';
  readonly code: string;
  readonly expectedStatus: number;
  /** 1-based line of the opening fence. */
  readonly line: number;
}

const FENCE = /^```(?<language>sh|ts) run(?: exit=(?<status>\d+))?\n(?<code>[\s\S]*?)^```$/gm;

export function runnableBlocks(markdown: string): RunnableBlock[] {
  return [...markdown.matchAll(FENCE)].map(({ groups, index }) => ({
    language: groups?.language === 'ts' ? 'ts' : 'sh',
    code: groups?.code ?? '',
    expectedStatus: Number(groups?.status ?? 0),
    line: markdown.slice(0, index).split('\n').length,
  }));
}
