/** What pytest's JUnit report says. Only what pytest writes is read: it escapes every `<` of a text. */

export interface JUnitReport {
  readonly tests: number;
  readonly failed: number;
  readonly skipped: number;
  /** Also of tests whose fixtures failed, and of files that do not even load. */
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

const CASE = /<testcase (?<attributes>[^>]*[^/>])>(?<body>.*?)<\/testcase>/gs;
const FAILURE = /<(?:failure|error)\b[^>]*?(?:\/>|>(?<text>.*?)<\/(?:failure|error)>)/s;

export function readJUnit(xml: string): JUnitReport {
  const suites = [...xml.matchAll(/<testsuite (?<attributes>[^>]*)>/g)].map(({ groups }) => groups?.attributes ?? '');
  const sum = (name: string): number => suites.reduce((total, suite) => total + Number(attribute(suite, name) || '0'), 0);
  return { tests: sum('tests'), failed: sum('failures') + sum('errors'), skipped: sum('skipped'), failures: failuresIn(xml) };
}

function failuresIn(xml: string): JUnitReport['failures'] {
  return [...xml.matchAll(CASE)].flatMap(({ groups }) => {
    const failure = FAILURE.exec(groups?.body ?? '');
    const attributes = groups?.attributes ?? '';
    const name = `${attribute(attributes, 'classname')}: ${attribute(attributes, 'name')}`;
    return failure === null ? [] : [{ name, message: plain(failure.groups?.text ?? '') }];
  });
}

const attribute = (attributes: string, name: string): string =>
  plain(new RegExp(`(?:^|\\s)${name}="(?<value>[^"]*)"`).exec(attributes)?.groups?.value ?? '');

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', '#10': '\n' };

const plain = (text: string): string => text.replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
