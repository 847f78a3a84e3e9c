import type {
  AttachEvidenceMessage,
  CompareSubscriptionMessage,
  DownloadInvoiceFileMessage,
  GenerateFileMessage,
  IngestPartMessage,
  PlanComparisonsMessage,
  PollExportMessage,
  PublishRunMessage,
  SendNotificationMessage,
} from '../contracts/messages.ts';
import { identityOf } from '../domain/content-hash.ts';
import type { Outbox, OutgoingMessage, QueueName } from './ports.ts';

type Bodies = {
  readonly pollExport: PollExportMessage;
  readonly downloadInvoiceFile: DownloadInvoiceFileMessage;
  readonly ingestPart: IngestPartMessage;
  readonly planComparisons: PlanComparisonsMessage;
  readonly compareSubscription: CompareSubscriptionMessage;
  readonly publishRun: PublishRunMessage;
  readonly generateFile: GenerateFileMessage;
  readonly attachEvidence: AttachEvidenceMessage;
  readonly sendNotification: SendNotificationMessage;
};

type Body<Q extends QueueName> = Omit<Bodies[Q], 'version'>;

/** `wave` tells repeats apart that duplicate detection must let through, such as those of the sweep. */
export type RequestOptions = { readonly wave?: string; readonly notBefore?: string };

/** Asks for work on `queue`. The same request in the same wave has the same message id, whoever sends it and how often. */
export async function request<Q extends QueueName>(
  outbox: Outbox,
  queue: Q,
  bodies: readonly Body<Q>[],
  options: RequestOptions = {},
): Promise<void> {
  if (bodies.length === 0) return;
  await outbox.send(
    queue,
    bodies.map((body): OutgoingMessage => {
      const whole = { version: 1, ...body };
      return {
        id: `${queue}-${identityOf([JSON.stringify(whole), options.wave ?? ''])}`,
        body: whole,
        ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
      };
    }),
  );
}
