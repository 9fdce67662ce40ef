import type { Conversation, Round } from './conversation';
import { downloads } from './downloads';
import { firstContacts } from './first-contacts';
import { idlePolls } from './idle-polls';
import { admissions, deployments, firstDeployments, offeredPolls } from './offers';
import { rawRequests } from './raw-requests';
import { closings, configData, feedbacks } from './reports';
import { wholeUpdates } from './whole-updates';

/** What can be said to a server. */
export const CONVERSATIONS = {
  'raw-requests': rawRequests,
  'idle-polls': idlePolls,
  'first-contacts': firstContacts,
  admissions,
  'offered-polls': offeredPolls,
  'first-deployments': firstDeployments,
  deployments,
  'config-data': configData,
  feedbacks,
  closings,
  downloads,
  'whole-updates': wholeUpdates,
} satisfies Readonly<Record<string, (round: Round) => Conversation>>;

export type ConversationName = keyof typeof CONVERSATIONS;
