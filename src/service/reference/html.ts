/** A piece of HTML: what is put into it is text, unless it is such a piece itself. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((whole, piece, index) => whole + textOf(parts[index - 1]) + piece));

function textOf(part: Part | undefined): string {
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return (part as readonly Html[]).map(({ text }) => text).join('');
  return String(part ?? '').replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
