import { describe, expect, it } from 'vitest';
import type { ImportedModel, ImportReport } from '../../domain/import-results.ts';
import { importText } from './import-text.ts';
import { PLAIN_SCREEN } from './screen.ts';

const planned = (model: Partial<ImportedModel>): string => {
  const report: ImportReport = {
    ...{ from: 'folder', path: '/mine', isDryRun: true, foundFiles: 1, foundBytes: 253, readBytes: 253, presentBytes: 0 },
    ...{ adopted: [], refused: [], unknown: [], unpinned: [], unreadable: [] },
    models: [
      {
        ...{ ref: { modelId: 'one@1.0.0' }, state: 'possible', path: '/models/wan22/one@1.0.0', totalBytes: 5000 },
        ...{ missingBytes: 0, missingFiles: [], openBytes: 0, openFiles: [], ...model },
      },
    ],
  };
  return importText(PLAIN_SCREEN, report);
};

describe('a dry run of an import', () => {
  it('says that a model would be complete only where each file of it has a size of its own', () => {
    expect(planned({})).toMatch(/one@1\.0\.0 +would be complete +4\.9 KiB +\//);
    const open = planned({ openBytes: 253, openFiles: ['scheduler/a.json'] });
    expect(open).toMatch(/one@1\.0\.0 +may be complete +4\.9 KiB +0 B to 253 B +\//);
    expect(open).toContain(
      'only reading tells whether one@1.0.0 is whole: what was found may be scheduler/a.json, or another file of the same size',
    );
    expect(planned({ state: 'partial', missingBytes: 1024, openBytes: 1024, openFiles: ['a'] })).toMatch(
      /PARTIAL +4\.9 KiB +1\.0 KiB to 2\.0 KiB/,
    );
  });
});
