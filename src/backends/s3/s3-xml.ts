/** The little XML that S3 answers with: flat elements, no attributes of interest. Linear in the text, whatever it is. */

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Content of each element of this name, in order; nothing nested has the same name. */
export function xmlElements(xml: string, name: string): string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    const start = xml.indexOf(`<${name}>`, at);
    const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
    if (end < 0) return found;
    found.push(xml.slice(start + name.length + 2, end));
    at = end;
  }
}

/** Text of the first element of this name. */
export function xmlText(xml: string, name: string): string | undefined {
  const [text] = xmlElements(xml, name);
  return text?.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, decodeEntity);
}

function decodeEntity(whole: string, decimal?: string, hex?: string, name = ''): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  if (Number.isNaN(code)) return ENTITIES[name] ?? whole;
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}
