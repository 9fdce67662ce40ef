import { controllerIdOf } from '../devices';
import { consentBody } from './bodies';
import type { Conversation, Round } from './conversation';
import { bodyOf, expectEmpty } from './expect';
import { expectDeployment, linkIn } from './offers';
import { Requests } from './requests';

/** The consent of each device's user: what waits, what is it, yes. */
export function* confirmations({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (let device = takeNumber(); device <= topic.devices; device = takeNumber()) {
    const controllerId = controllerIdOf(device);
    const path = `/confirmationBase/${device}`;
    const standing = bodyOf(yield requests.get(controllerId, '/confirmationBase'), controllerId);
    if (!linkIn(standing, 'confirmationBase').endsWith(path))
      throw new Error(`${controllerId} is asked for another consent: ${standing}`);
    const waiting = bodyOf(yield requests.get(controllerId, path), path);
    expectDeployment(waiting, device);
    if (!waiting.includes('"confirmation":{')) throw new Error(`this is no question for consent: ${waiting}`);
    expectEmpty(yield requests.post(controllerId, `${path}/feedback`, consentBody()), `consent of ${device}`);
    closeUnit();
  }
}
