import { artifactLists } from './artifact-lists';
import { assignments } from './assignments';
import { cancels } from './cancels';
import { confirmations } from './confirmations';
import type { Conversation, Round } from './conversation';
import { downloads, firstBytes } from './downloads';
import { firstContacts } from './first-contacts';
import { idlePolls, installedPolls } from './idle-polls';
import { installedBases, installedBasesAsCbor } from './installed-bases';
import { admissions, deployments, firstDeployments, offeredPolls } from './offers';
import { rangedDownloads } from './ranged-downloads';
import { rawRequests } from './raw-requests';
import { closings, configData, feedbacks } from './reports';
import { rolloutVerbs } from './rollout-verbs';
import { wholeUpdates } from './whole-updates';

/** What can be said to a server. */
export const CONVERSATIONS = {
  'raw-requests': rawRequests,
  'idle-polls': idlePolls,
  'installed-polls': installedPolls,
  'first-contacts': firstContacts,
  admissions,
  'offered-polls': offeredPolls,
  'first-deployments': firstDeployments,
  deployments,
  confirmations,
  cancels,
  'config-data': configData,
  feedbacks,
  closings,
  downloads,
  'first-bytes': firstBytes,
  'ranged-downloads': rangedDownloads,
  'artifact-lists': artifactLists,
  'installed-bases': installedBases,
  'installed-bases-as-cbor': installedBasesAsCbor,
  assignments,
  'rollout-verbs': rolloutVerbs,
  'whole-updates': wholeUpdates,
} satisfies Readonly<Record<string, (round: Round) => Conversation>>;

export type ConversationName = keyof typeof CONVERSATIONS;
