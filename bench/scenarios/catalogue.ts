import type { Scenario } from '../scenario';
import { configData } from './config-data';
import { download } from './download';
import { closing, feedback } from './feedback';
import { firstContact } from './first-contact';
import { idlePoll, idlePollOf100, idlePollOf1m } from './idle-poll';
import { admission, deployment, deploymentAgain, pollWithOffer } from './offer';
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
  feedback,
  closing,
  download,
  admission,
  wholeUpdate,
  idlePollOf1m,
];
