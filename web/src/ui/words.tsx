import { Name } from './name.tsx';

/** What the service says: what it has in backticks is to be typed. */
export const Words = ({ text }: { readonly text: string }) => (
  <>
    {text.split(/`([^`\n]+)`/).map((part, index) =>
      index % 2 === 0 ? (
        <Name key={index} text={part} />
      ) : (
        <code key={index}>
          <Name text={part} />
        </code>
      ),
    )}
  </>
);
