import { Words } from './words.tsx';

/** What went wrong and what to do next, in one line. */
export const ErrorWords = ({ error: { message, hint } }: { readonly error: { readonly message: string; readonly hint: string } }) => (
  <Words text={`${message}: ${hint}`} />
);
