import rhea, { type AmqpError, type Connection, type Delivery, type Receiver, type Sender } from 'rhea';

/**
 * The places where the public face of `rhea` (3.0.5, exact pin) is too narrow for a broker. Everything that reaches
 * behind it stands in this file.
 */

type TransferFrame = { readonly performative: { message_format?: number | null } };
type SenderState = { readonly credit: number; readonly delivery_count: number };
type DrainState = { readonly _draining: boolean; readonly _drained: boolean; credit: number; delivery_count: number };
type Outcomes = {
  accepted(): { described(): unknown };
  rejected(fields: { readonly error: AmqpError }): { described(): unknown };
};

/** Any format other than 0 makes rhea hand over a message as bytes; this one marks what came as format 0. */
const PLAIN_FORMAT = 1;

/** rhea decodes plain messages and throws their bytes away; a broker has to keep them. */
export function receiveRawMessages(connection: Connection): void {
  const onTransfer = connection['on_transfer'];
  connection['on_transfer'] = (frame: TransferFrame): void => {
    frame.performative.message_format ||= PLAIN_FORMAT;
    onTransfer.call(connection, frame);
  };
}

/** How many deliveries the peer has allowed on this link since it was attached. */
export function deliveryLimit(sender: Sender): number {
  const { credit, delivery_count } = sender as Sender & SenderState;
  return credit + delivery_count;
}

/**
 * rhea answers a drain only while credit is left. When the last credit was spent in the same moment, the peer would
 * wait for the answer in vain, time out and close the link.
 */
export function answerEveryDrain(sender: Sender): void {
  const state = sender as unknown as DrainState & { _get_drain: () => boolean };
  state._get_drain = () => {
    if (!state._draining || !state._drained) return false;
    state.delivery_count += state.credit;
    state.credit = 0;
    return true;
  };
}

/**
 * Writes our side of a new link at once. rhea writes waiting deliveries before waiting attaches; a peer that gives credit
 * together with its attach would get messages on a link it does not know yet.
 */
export function writeAttachNow(sender: Sender): void {
  sender.connection['_process']();
}

export function announceMaxMessageSize(receiver: Receiver, sizeBytes: number): void {
  const link = receiver as unknown as { readonly local: { readonly attach: { max_message_size: number } } };
  link.local.attach.max_message_size = sizeBytes;
}

/** Marks a delivery as settled by us before it is written, so that no answer to it is expected. */
export function sendPresettled(delivery: Delivery): void {
  (delivery as { settled: boolean }).settled = true;
}

/** Answers the peer's outcome and forgets the delivery: a peer that settles second never confirms again. */
export function settle(delivery: Delivery, error?: AmqpError): void {
  const outcomes = rhea.message as unknown as Outcomes;
  const outcome = error === undefined ? outcomes.accepted() : outcomes.rejected({ error });
  delivery.update(true, outcome.described());
  (delivery as { remote_settled: boolean }).remote_settled = true;
}
