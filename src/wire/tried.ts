/** What came of a verb for each of several models: one that fails does not keep the others from being tried. */

import type { failedRef } from '../documents/envelope.ts';
import { asModelError, type ModelError } from '../domain/errors.ts';
import { errorWire } from './error-wire.ts';
import type { Wire } from './wire.ts';

export interface Failed {
  /** As it was typed. */
  readonly ref: string;
  readonly error: ModelError;
}

export type Tried<T> = { readonly ref: string; readonly value: T; readonly error?: never } | Failed;

export const hasFailed = <T>(one: Tried<T>): one is Failed => one.error !== undefined;

/** In the order given, one after the other; nothing more is begun once the signal is aborted. */
export async function tryEach<T>(
  refs: readonly string[],
  signal: AbortSignal,
  act: (ref: string) => Promise<T>,
): Promise<readonly Tried<T>[]> {
  const tried: Tried<T>[] = [];
  for (const ref of refs) {
    if (signal.aborted && tried.length > 0) break;
    tried.push(await tryOne(ref, act));
  }
  return tried;
}

async function tryOne<T>(ref: string, act: (ref: string) => Promise<T>): Promise<Tried<T>> {
  try {
    return { ref, value: await act(ref) };
  } catch (error) {
    return { ref, error: asModelError(error) };
  }
}

export const valuesOf = <T>(tried: readonly Tried<T>[]): readonly T[] => tried.flatMap((one) => (hasFailed(one) ? [] : [one.value]));

/** The first one decides the exit status. */
export const failuresOf = (tried: readonly Tried<unknown>[]): readonly Failed[] => tried.filter(hasFailed);

const failedWire = ({ ref, error }: Failed): Wire<typeof failedRef> => ({ ref, ok: false, error: errorWire(error) });

/** `results` of a document; a reference that was written in another way than it is told is told as it was written, too. */
export const resultsWire = <T, W extends { readonly ref: string }>(
  tried: readonly Tried<T>[],
  wire: (value: T) => W,
): readonly ((W & { readonly asked?: string }) | Wire<typeof failedRef>)[] =>
  tried.map((one) => (hasFailed(one) ? failedWire(one) : asAsked(one.ref, wire(one.value))));

const asAsked = <W extends { readonly ref: string }>(asked: string, result: W): W & { readonly asked?: string } =>
  asked === result.ref ? result : { ...result, asked };
