/** What a verb is: the one table that parsing, help, completions and docs/cli.md are made from. */
import type { ParsedArgs } from './parsed-args.ts';
import type { Report } from './report.ts';
import type { Session } from './session.ts';

/** What a word on the command line can be completed to; `nothing`: it is made up by whoever types it. */
export type Completion = 'ref' | 'job' | 'tier' | 'file' | 'directory' | 'verb' | 'nothing';

export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of the value; absent: a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly repeats?: boolean;
  /** Several values may stand in one, separated by commas. */
  readonly commas?: boolean;
  /** The only values taken. */
  readonly choices?: readonly string[];
  readonly completes?: Completion;
  readonly summary: string;
}

export interface OperandSpec {
  /** As shown in the usage line: `REF`. */
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly choices?: readonly string[];
  readonly completes?: Completion;
  /** What stands after the first one, where that is something else. */
  readonly thenCompletes?: Completion;
  /** The words that may stand first, and what comes after each. */
  readonly actions?: Readonly<Record<string, Completion>>;
  /** What may stand after the verb, a usage line each, where the name does not say it. */
  readonly forms?: readonly string[];
  /** What stands here by mistake may be a secret: no message repeats it. */
  readonly isPrivate?: boolean;
}

export interface Example {
  readonly command: string;
  readonly what: string;
}

export interface Command {
  /** One line, no full stop. */
  readonly summary: string;
  /** More where one line is not enough. */
  readonly description?: string;
  /** Schema of the --json document: `wan.models.ensure/v1`. */
  readonly schema: string;
  readonly operands?: OperandSpec;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Statuses that this verb can end with, beside 0, 1 and 2. */
  readonly exitStatuses: readonly number[];
  run(session: Session, args: ParsedArgs): Promise<Report>;
}
