/** Styles without comments, and without whitespace that says nothing. Strings must not hold `{`, `}`, `;` or `/*`. */
export const smallerCss = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};]) ?/g, '$1')
    .replace(/;\}/g, '}')
    .trim();
