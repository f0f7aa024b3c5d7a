/** Whether all of a prompt reaches the model: upstream cuts it off at a number of tokens, and says nothing. */
import { join } from 'node:path';
import { formatRef } from '../domain/model-ref.ts';
import type { FileSpec, ModelSpec } from '../domain/spec.ts';
import type { RequestProblem } from '../domain/video-request.ts';
import { cleanPrompt } from './clean-prompt.ts';
import type { VideoProfile } from './profile.ts';
import { readTokenCounter, type TokenCounter } from './token-counter.ts';
import { invalidRequest } from './validate-request.ts';

/** Of the text encoder of all WAN models. */
const DEFAULT_MAX_TOKENS = 512;
/** No piece of a vocabulary is longer (SentencePiece makes them of up to 16 characters); what is behind so many is too long by itself. */
const LONGEST_PIECE = 64;
/** The mark before the first word, and the end. */
const EXTRA_TOKENS = 2;

export interface PromptCheck {
  readonly spec: ModelSpec;
  readonly profile: VideoProfile;
  readonly prompt: string | undefined;
}

/**
 * @param directory of the model, where its tokenizer may be
 * @returns what it could not check, for lack of a tokenizer; a prompt too short to be too long needs none
 * @throws ModelError INVALID_INPUT with how many characters fit
 */
export async function checkPrompt({ spec, profile, prompt = '' }: PromptCheck, directory: string): Promise<string | undefined> {
  const { maxTextTokens = DEFAULT_MAX_TOKENS } = profile;
  const text = cleanPrompt(prompt);
  if (mostTokens(text) <= maxTextTokens) return undefined;
  const file = spec.files.find(isTokenizer);
  const count = file && (await readTokenCounter(join(directory, ...file.path.split('/'))));
  if (count === undefined)
    return `the prompt may be longer than the ${maxTextTokens} tokens that the model takes: its tokenizer is not here to count them`;
  const problem = promptProblem(text, count, maxTextTokens);
  if (problem !== undefined) throw invalidRequest(formatRef(spec.ref), [problem]);
  return undefined;
}

const isTokenizer = ({ path }: FileSpec): boolean => /(?:^|\/)tokenizer\.json$/.test(path);

/** A token stands for at least a byte of what the tokenizer makes of the text first. */
const mostTokens = (text: string): number => Buffer.byteLength(text.normalize('NFKC')) + EXTRA_TOKENS;

/** Pure. */
export function promptProblem(text: string, count: TokenCounter, maxTokens: number): RequestProblem | undefined {
  const characters = Array.from(text);
  const countOf = (length: number): number => count(characters.slice(0, length).join(''));
  const looked = Math.min(characters.length, maxTokens * LONGEST_PIECE);
  const tokens = countOf(looked);
  if (tokens <= maxTokens) return undefined;
  const many = looked < characters.length ? `more than ${tokens}` : tokens;
  return {
    field: 'prompt',
    message: `the prompt has ${many} tokens; the model takes ${maxTokens}, the end token among them`,
    nearest: fitting(countOf, maxTokens, looked),
  };
}

/** How many characters fit: halved until it is known, for a longer text has hardly ever fewer tokens. */
function fitting(countOf: (length: number) => number, maxTokens: number, tooMany: number): number {
  let fits = 0;
  let over = tooMany;
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    if (countOf(middle) <= maxTokens) fits = middle;
    else over = middle;
  }
  return fits;
}
