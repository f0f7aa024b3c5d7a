import type { ComponentChildren } from 'preact';
import type { Resource } from '../state/resource.ts';
import { ProblemBox } from './problem-box.tsx';

export interface LoadedProps<Value> {
  readonly of: Resource<Value>;
  readonly children: (value: Value) => ComponentChildren;
}

/** What came last, and above it why nothing newer did. */
export function Loaded<Value>({ of, children }: LoadedProps<Value>) {
  const { value, problem } = of;
  return (
    <>
      {problem !== undefined && <ProblemBox problem={problem} />}
      {value !== undefined && children(value)}
      {value === undefined && problem === undefined && (
        <p class="faint" role="status">
          Loading…
        </p>
      )}
    </>
  );
}
