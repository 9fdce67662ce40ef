import { ARTIFACT_NAME } from '../artifact';
import { controllerIdOf } from '../devices';
import type { Conversation, Round } from './conversation';
import { anyOf, bodyOf } from './expect';
import { Requests } from './requests';

/** The first polls after a rollout was started, each of another device: an action is made for it. */
export function* admissions({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (let device = takeNumber(); device <= topic.devices; device = takeNumber()) {
    const controllerId = controllerIdOf(device);
    linkIn(bodyOf(yield requests.get(controllerId), controllerId), 'deploymentBase');
    closeUnit();
  }
}

/** Root polls of devices with an offer that they have not fetched: the same link again. */
export function* offeredPolls({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    const controllerId = controllerIdOf(device);
    const link = linkIn(bodyOf(yield requests.get(controllerId), controllerId), 'deploymentBase');
    if (!link.includes(`/deploymentBase/${device}?c=`))
      throw new Error(`${controllerId} was offered another action: ${link}`);
    closeUnit();
  }
}

/** Each device's first look at what it is offered, which marks the action as retrieved. */
export function* firstDeployments({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (let device = takeNumber(); device <= topic.devices; device = takeNumber()) {
    expectDeployment(bodyOf(yield askDeployment(requests, device), `deployment ${device}`), device);
    closeUnit();
  }
}

/** Later looks, which write nothing. */
export function* deployments({ topic, closeUnit }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = anyOf(topic.devices);
    expectDeployment(bodyOf(yield askDeployment(requests, device), `deployment ${device}`), device);
    closeUnit();
  }
}

/** The target of a link in an answer. @throws Error when there is no such link */
export function linkIn(body: string, relation: string): string {
  const link = new RegExp(`"${relation}":\\{"href":"([^"]+)"`).exec(body)?.[1];
  if (link === undefined) throw new Error(`there is no link ${relation} in ${body}`);
  return link;
}

function askDeployment(requests: Requests, device: number): string {
  return requests.get(controllerIdOf(device), `/deploymentBase/${device}`);
}

/** What is said of an update. @throws Error when this is not the one of `device` */
export function expectDeployment(body: string, device: number): void {
  if (!body.startsWith(`{"id":"${device}"`) || !linkIn(body, 'download').endsWith(`/${ARTIFACT_NAME}`))
    throw new Error(`this is not the deployment of ${device}: ${body}`);
}
