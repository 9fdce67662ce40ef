import { controllerIdOf } from '../devices';
import type { Answer } from './answer';
import { attributesBody, feedbackBody, successBody } from './bodies';
import type { Conversation, Round } from './conversation';
import { expectArtifact } from './downloads';
import { bodyOf, expectEmpty } from './expect';
import { expectInstalled } from './idle-polls';
import { linkIn } from './offers';
import { Requests } from './requests';

/** What a device says, without what one connection has to do with the next device. */
type Talk<T = void> = Generator<string, T, Answer | undefined>;

/** Devices that nobody has heard of, each from its first poll to the one that tells it to sleep at version 2.0. */
export function* wholeUpdates({ topic, closeUnit, takeNumber }: Round): Conversation {
  const requests = new Requests(topic);
  for (;;) {
    const device = new UpdatingDevice(requests, takeNumber());
    yield* device.register();
    const offer = yield* device.fetchOffer();
    yield* device.install(offer);
    yield* device.restart(offer.actionId);
    closeUnit();
  }
}

/** One device, as an agent behaves that reports each step and proves its success by its version. */
class UpdatingDevice {
  private readonly name: string;

  constructor(
    private readonly requests: Requests,
    private readonly number: number,
  ) {
    this.name = controllerIdOf(number);
  }

  *register(): Talk {
    linkIn(yield* this.poll(), 'configData');
    yield* this.tell('1.0');
  }

  /** The action's id and where its artifact is. */
  *fetchOffer(): Talk<{ actionId: string; href: string }> {
    const link = linkIn(yield* this.poll(), 'deploymentBase');
    const { pathname, search } = new URL(link);
    const deployment = bodyOf(yield this.requests.getUrl(pathname + search), link);
    return { actionId: pathname.slice(pathname.lastIndexOf('/') + 1), href: linkIn(deployment, 'download') };
  }

  *install({ actionId, href }: { actionId: string; href: string }): Talk {
    yield* this.report(actionId, feedbackBody(actionId, 'proceeding', 'Installing Update Chunk Artifacts.'));
    expectArtifact(yield this.requests.getUrl(new URL(href).pathname));
    yield* this.report(actionId, feedbackBody(actionId, 'downloaded', 'Everything is on the disk.'));
    yield* this.report(actionId, feedbackBody(actionId, 'proceeding', 'Installation in progress.'));
    yield* this.report(actionId, successBody(actionId));
  }

  *restart(actionId: string): Talk {
    linkIn(yield* this.poll(), 'configData');
    yield* this.tell('2.0');
    expectInstalled(yield* this.poll(), actionId);
  }

  private *poll(): Talk<string> {
    return bodyOf(yield this.requests.get(this.name), this.name);
  }

  private *tell(version: string): Talk {
    const body = attributesBody(this.number, version, 'boot');
    expectEmpty(yield this.requests.put(this.name, '/configData', body), `attributes of ${this.name}`);
  }

  private *report(actionId: string, body: string): Talk {
    const path = `/deploymentBase/${actionId}/feedback`;
    expectEmpty(yield this.requests.post(this.name, path, body), `report of ${this.name}`);
  }
}
