import type { EnsurePlan, PlannedFile } from '../../domain/results.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { Wire } from '../../wire/wire.ts';
import type { modelFiles } from '../contract/models.ts';

type FilesWire = Wire<typeof modelFiles>;

/** @param plan of all components: what is here of each file is what it would do with it */
export function modelFilesWire({ modelId, variant, files }: ModelSpec, plan: EnsurePlan): FilesWire {
  const specs = new Map(files.map((file) => [file.path, file]));
  return {
    model_id: modelId,
    variant,
    path: plan.path,
    files: plan.files.map((file) => {
      const spec = specs.get(file.path);
      return {
        path: file.path,
        component: file.component ?? null,
        size_bytes: file.sizeBytes,
        sha256: spec?.sha256 ?? null,
        proof: file.proof,
        optional: spec?.optional ?? false,
        state: stateOf(file),
        url: `/v1/models/${encodeURIComponent(modelId)}/files/${file.path.split('/').map(encodeURIComponent).join('/')}?variant=${encodeURIComponent(variant)}`,
      };
    }),
    total: plan.files.length,
    total_bytes: plan.totalBytes,
  };
}

const stateOf = ({ fault, action }: PlannedFile): FilesWire['files'][number]['state'] =>
  fault ?? (action === 'keep' ? 'proven' : 'missing');
