import type { ComponentChildren } from 'preact';
import { isUnreachable } from '../api/problem.ts';
import { connection } from '../state/connection.ts';
import type { Resource } from '../state/resource.ts';
import { ProblemBox } from './problem-box.tsx';

export interface LoadedProps<Value> {
  readonly of: Resource<Value>;
  readonly children: (value: Value) => ComponentChildren;
}

/** What came last, and above it why nothing newer did; that the service is gone is said above everything, once. */
export function Loaded<Value>({ of, children }: LoadedProps<Value>) {
  const { value, problem } = of;
  const isTold = problem !== undefined && isUnreachable(problem) && connection.value.state === 'lost';
  return (
    <>
      {problem !== undefined && !isTold && <ProblemBox problem={problem} />}
      {value !== undefined && children(value)}
      {value === undefined && (problem === undefined || isTold) && (
        <p class="faint" role="status">
          {isTold ? 'Waiting for the service…' : 'Loading…'}
        </p>
      )}
    </>
  );
}
