import { ARTIFACT_NAME } from '../artifact';
import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { expectDeployment } from './offers';
import { Requests } from './requests';

/** What a device was updated by, each time another device of the fleet. */
export function* installedBases({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    expectDeployment(bodyOf(yield askInstalled(requests, device), `installedBase ${device}`), device);
    closeUnit();
  }
}

/** The same as CBOR, for devices that have no room for a JSON parser. */
export function* installedBasesAsCbor({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic, 'application/cbor');
  for (;;) {
    const device = anyOf(topic.devices);
    const body = bodyOf(yield askInstalled(requests, device), `installedBase ${device}`);
    const start = `\xa2${cborText('id')}${cborText(String(device))}${cborText('deployment')}`;
    if (!body.startsWith(start) || !body.includes(cborText('filename') + cborText(ARTIFACT_NAME)))
      throw new Error(`this is not what ${device} was updated by, as CBOR: ${JSON.stringify(body)}`);
    closeUnit();
  }
}

function askInstalled(requests: Requests, device: number): string {
  return requests.get(controllerIdOf(device), `/installedBase/${device}`);
}

/** A text of less than 24 ASCII letters: its length in the byte before it. To read all of each answer would take longer than to make it. */
function cborText(text: string): string {
  return String.fromCharCode(0x60 + text.length) + text;
}
