import { expect, it } from 'vitest';
import * as library from './index.ts';

it('exports these values and no others: a name that is public stays', () => {
  expect(Object.keys(library).sort()).toEqual([
    'ERROR_CODES',
    'ErrorCode',
    'GarbageCollector',
    'LockManager',
    'ModelEnsurer',
    'ModelError',
    'ModelRegistry',
    'ModelResolver',
    'ModelState',
    'PROOF_LEVELS',
    'asModelError',
    'checkInvariants',
    'createExposition',
    'createOrchestrator',
    'formatRef',
    'getWanPaths',
    'inspectBundle',
    'isModelError',
    'loadConfig',
    'loadPlan',
    'metricsOf',
    'openAudit',
    'parseModelRef',
    'recordAct',
    'validateManifest',
    'verifyBundle',
  ]);
});
