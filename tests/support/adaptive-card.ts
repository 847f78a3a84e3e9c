import { z } from 'zod';

/*
 * As much of the published schema of Adaptive Cards 1.4 (adaptivecards.io/schemas/adaptive-card.json) as a card of ours
 * may use, as strict as it is there: nothing may stand in an element that the schema does not name.
 */

const color = z.enum(['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention']);
const spacing = z.enum(['default', 'none', 'small', 'medium', 'large', 'extraLarge', 'padding']);

const textRun = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string(),
  color: color.optional(),
  fontType: z.enum(['default', 'monospace']).optional(),
  highlight: z.boolean().optional(),
  isSubtle: z.boolean().optional(),
  italic: z.boolean().optional(),
  size: z.enum(['default', 'small', 'medium', 'large', 'extraLarge']).optional(),
  strikethrough: z.boolean().optional(),
  underline: z.boolean().optional(),
  weight: z.enum(['default', 'lighter', 'bolder']).optional(),
});

const richTextBlock = z.strictObject({
  type: z.literal('RichTextBlock'),
  inlines: z.array(textRun).min(1),
  horizontalAlignment: z.enum(['left', 'center', 'right']).optional(),
  separator: z.boolean().optional(),
  spacing: spacing.optional(),
  id: z.string().optional(),
});

const openUrl = z.strictObject({
  type: z.literal('Action.OpenUrl'),
  url: z.url(),
  title: z.string(),
  style: z.enum(['default', 'positive', 'destructive']).optional(),
});

const adaptiveCard = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  /** Workflows show nothing of a card of version 1.5. */
  version: z.enum(['1.0', '1.1', '1.2', '1.3', '1.4']),
  fallbackText: z.string().optional(),
  body: z.array(richTextBlock).min(1),
  actions: z.array(openUrl).max(6).optional(),
});

/** What a Teams workflow takes. */
export const workflowMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: adaptiveCard,
      }),
    )
    .length(1),
});
