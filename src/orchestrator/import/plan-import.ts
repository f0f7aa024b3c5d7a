/** What becomes of each file that was found: pure, from sizes and from what names claim. Only what may be of use is read. */
import type { FoundFile } from '../../backends/outside/found-file.ts';
import { isWeights } from '../../backends/outside/found-file.ts';
import type { Sha256 } from '../../domain/digest.ts';
import type { UnknownModel } from '../../domain/import-results.ts';
import type { WantedBlob, WantedBytes } from './wanted-bytes.ts';

export interface Candidate {
  readonly file: FoundFile;
  /** One of these it may be. */
  readonly wanted: ReadonlyMap<Sha256, WantedBlob>;
}

export interface ImportPlan {
  /** To be read, in the order found. */
  readonly candidates: readonly Candidate[];
  /** What a name claims or a size leaves open, and the store has. */
  readonly present: readonly WantedBlob[];
  readonly unknown: readonly UnknownModel[];
}

/** @param isHere whether the store has the bytes, proven */
export function planImport(found: readonly FoundFile[], { bySize }: WantedBytes, isHere: (blob: WantedBlob) => boolean): ImportPlan {
  const candidates: Candidate[] = [];
  const present = new Set<WantedBlob>();
  const strangers: FoundFile[] = [];
  for (const file of found) {
    const wanted = wantedOf(file, bySize.get(file.sizeBytes));
    const missing = new Map([...wanted].filter(([, blob]) => !isHere(blob)));
    if (wanted.size === 0) strangers.push(file);
    else if (missing.size > 0) candidates.push({ file, wanted });
    else for (const blob of wanted.values()) present.add(blob);
  }
  return { candidates, present: [...present], unknown: unknownModels(strangers, found) };
}

/** A name that claims another digest than any that is wanted is believed so far: the file is not read. */
function wantedOf({ claimed }: FoundFile, ofSize: ReadonlyMap<Sha256, WantedBlob> = new Map()): ReadonlyMap<Sha256, WantedBlob> {
  if (claimed === undefined) return ofSize;
  const blob = ofSize.get(claimed);
  return new Map(blob === undefined ? [] : [[claimed, blob]]);
}

/** Groups with weights, none of which the manifest has. */
function unknownModels(strangers: readonly FoundFile[], found: readonly FoundFile[]): UnknownModel[] {
  const unfamiliar = new Set(strangers);
  const known = new Set(found.filter((file) => !unfamiliar.has(file) && isWeights(nameOf(file))).map(({ group }) => group.name));
  const groups = [...Map.groupBy(strangers, ({ group }) => group.name)].filter(
    ([name, files]) => !known.has(name) && files.some(hasWeights),
  );
  return groups.map(([name, files]) => {
    const [word = ''] = files.flatMap(({ group }) => (group.add.length === 0 ? [] : [group.add.map(shellWord).join(' ')]));
    const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { name, fileCount: files.length, totalBytes, ...(word !== '' && { add: `wan models add ${word}` }) };
  });
}

/** A blob has no ending of its own: that of the name under which a tool shows it, or a line that would add it. */
const hasWeights = (file: FoundFile): boolean =>
  isWeights(nameOf(file)) || (file.claimed !== undefined && file.group.add.includes('--include'));
const nameOf = ({ name }: FoundFile): string => name;

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
