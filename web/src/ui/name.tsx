import { visibleText } from '../../../src/util/visible-text.ts';

/** Text of others: never markup, nothing hidden in it, and it turns no reading round. */
export const Name = ({ text }: { readonly text: string }) => <bdi>{visibleText(text)}</bdi>;
