import { controllerIdOf } from '../devices';
import { successBody } from './bodies';
import type { Conversation, Round } from './conversation';
import { bodyOf, expectEmpty } from './expect';
import { Requests } from './requests';

/** Each device reads that it is to give up its update, and does. */
export function* cancels({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (let device = takeNumber(); device <= topic.devices; device = takeNumber()) {
    const controllerId = controllerIdOf(device);
    const path = `/cancelAction/${device}`;
    const body = bodyOf(yield requests.get(controllerId, path), path);
    if (body !== `{"id":"${device}","cancelAction":{"stopId":"${device}"}}`)
      throw new Error(`this is not the cancel of ${device}: ${body}`);
    const report = successBody(String(device), 'Given up.');
    expectEmpty(yield requests.post(controllerId, `${path}/feedback`, report), `cancel of ${device}`);
    closeUnit();
  }
}
