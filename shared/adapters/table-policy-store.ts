import { tolerancePolicy } from '../contracts/policies.ts';
import { listedPolicy, type PolicyPointer, policyPointer } from '../contracts/stored-policies.ts';
import { identityOf } from '../domain/content-hash.ts';
import { defaultPolicy, type TolerancePolicy } from '../domain/tolerance.ts';
import type { PolicyStore } from '../pipeline/ports.ts';
import { textBytes } from '../pipeline/text-bytes.ts';
import type { BlobContainer } from './blob-container.ts';
import type { Table, TableRow } from './table.ts';

const partition = 'policy';
const currentKey = 'current';
const listedPartition = 'listed';

/** Policies as blobs that are written once, and a row that names the present one. The default policy is always there. */
export function tablePolicyStore(table: Table, documents: BlobContainer): PolicyStore {
  const get = async (version: string): Promise<TolerancePolicy | undefined> => {
    if (version === defaultPolicy.version) return defaultPolicy;
    const text = await documents.readText(documentName(version));
    return text === undefined ? undefined : tolerancePolicy.parse(JSON.parse(text));
  };
  const keep = async (policy: TolerancePolicy): Promise<'kept' | 'taken'> => {
    const { version } = policy;
    const text = JSON.stringify(policy);
    if (version !== defaultPolicy.version) await documents.create(documentName(version), textBytes(text));
    if (JSON.stringify(await get(version)) !== text) return 'taken';
    if (version !== defaultPolicy.version)
      await table.put(listedPartition, identityOf([version]), { version: 1, policyVersion: version });
    return 'kept';
  };
  return {
    get,
    keep,
    list: async () => {
      const versions = [defaultPolicy.version];
      for await (const { value } of table.list(listedPartition)) versions.push(listedPolicy.parse(value).policyVersion);
      const policies = await Promise.all(versions.map(get));
      return policies
        .filter((policy) => policy !== undefined)
        .sort((left, right) => (left.version < right.version ? -1 : 1));
    },
    remove: (version) => table.remove(listedPartition, identityOf([version])),
    current: async () => {
      const row = await table.get(partition, currentKey);
      if (row === undefined) return { policy: defaultPolicy, ordinal: 0 };
      const { policyVersion, ordinal } = policyPointer.parse(row.value);
      const policy = await get(policyVersion);
      if (policy === undefined) throw new Error(`Policy ${policyVersion} is the present one and is not there`);
      return { policy, ordinal };
    },
    put: async (policy, ordinal) => {
      if ((await keep(policy)) === 'taken') return 'taken';
      const row = await table.get(partition, currentKey);
      return movePointer(table, row, { policyVersion: policy.version, ordinal });
    },
  };
}

/** A repeat of a change that was made already is no change. */
async function movePointer(
  table: Table,
  row: TableRow | undefined,
  { policyVersion, ordinal }: Pick<PolicyPointer, 'policyVersion' | 'ordinal'>,
): Promise<'stored' | 'changed'> {
  const next: PolicyPointer = { version: 1, policyVersion, ordinal: ordinal + 1 };
  if (row === undefined) {
    if (ordinal !== 0) return 'changed';
    return (await table.insert(partition, currentKey, next)) === 'inserted' ? 'stored' : 'changed';
  }
  const present = policyPointer.parse(row.value);
  if (present.ordinal === next.ordinal && present.policyVersion === policyVersion) return 'stored';
  if (present.ordinal !== ordinal) return 'changed';
  return (await table.replace(row, next)) === 'replaced' ? 'stored' : 'changed';
}

/** Versions are names that people choose; a blob's name is not. */
function documentName(version: string): string {
  return `${identityOf(['policy', version])}.json`;
}
