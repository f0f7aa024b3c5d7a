/** Names of metrics in PromQL: what is neither a function, a keyword, a label nor a number. */

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['and', 'or', 'unless', 'offset', 'bool', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right'],
]);

export function metricNames(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"|'[^']*'/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const words = [...bare.matchAll(/(?<![\w:.])([a-zA-Z_:][\w:]*)(\s*\()?/g)];
  return words.flatMap(([, name = '', call]) => (call !== undefined || KEYWORDS.has(name) ? [] : [name]));
}
