import type { AttachEvidenceMessage } from '../contracts/messages.ts';
import { type EvidenceLimits, evidenceLimits } from '../domain/evidence.ts';
import { TerminalError } from '../domain/terminal-error.ts';
import { evidenceZip } from '../formats/evidence-zip.ts';
import type { GatherEvidencePorts } from './evidence-parts.ts';
import { gatherEvidence } from './gather-evidence.ts';
import type { IssueStore, Log } from './ports.ts';

export type AttachEvidencePorts = GatherEvidencePorts & {
  readonly log: Log;
  readonly issues: Pick<IssueStore, 'get' | 'update' | 'writeEvidence'>;
};

/**
 * Gathers the evidence of an issue and writes it, once. It is made of what never changes, so an attempt that is repeated
 * makes the same bytes, and finds those of the attempt before.
 */
export async function attachEvidence(
  ports: AttachEvidencePorts,
  { issueId }: AttachEvidenceMessage,
  limits: EvidenceLimits = evidenceLimits,
): Promise<void> {
  const issue = await ports.issues.get(issueId);
  if (issue === undefined) throw new TerminalError(`There is no issue ${issueId}`);
  if (issue.evidence.state !== 'queued') return;
  const gathered = await gatherEvidence(ports, issue, limits);
  const { sizeBytes, sha256 } = await ports.issues.writeEvidence(issueId, evidenceZip(gathered));
  const rows = gathered.rows.length;
  const hash = sha256 === undefined ? {} : { sha256 };
  await ports.issues.update(issueId, (present) =>
    present.evidence.state === 'available'
      ? present
      : { ...present, evidence: { state: 'available', sizeBytes, ...hash, rows } },
  );
  ports.log.info('evidence attached', { issueId, rows, sizeBytes });
}
