import type { Scenario } from '../scenario';
import { assignment } from './assignment';
import { cancel } from './cancel';
import { configData } from './config-data';
import { confirmation } from './confirmation';
import { artifactList, download, downloadLarge, ranges } from './download';
import { closing, feedback } from './feedback';
import { firstContact } from './first-contact';
import { idlePoll, idlePollInstalled, idlePollOf100, idlePollOf1m } from './idle-poll';
import { installedBase, installedBaseAsCbor } from './installed-base';
import { admission, deployment, deploymentAgain, pollWithOffer } from './offer';
import {
  rolloutAdmission,
  rolloutClosing,
  rolloutFeedback,
  rolloutVerbs,
  rolloutVerbsOf100k,
  rolloutVerbsOf1m,
} from './rollout';
import { wholeUpdate } from './whole-update';

/** In the order in which they are run: neighbours that name the same fleet share it. */
export const SCENARIOS: readonly Scenario[] = [
  idlePollOf100,
  idlePoll,
  configData,
  firstContact,
  pollWithOffer,
  deployment,
  deploymentAgain,
  confirmation,
  cancel,
  feedback,
  closing,
  artifactList,
  download,
  ranges,
  downloadLarge,
  idlePollInstalled,
  installedBase,
  installedBaseAsCbor,
  admission,
  assignment,
  wholeUpdate,
  rolloutVerbsOf100k,
  rolloutVerbs,
  rolloutVerbsOf1m,
  rolloutAdmission,
  rolloutFeedback,
  rolloutClosing,
  idlePollOf1m,
];
