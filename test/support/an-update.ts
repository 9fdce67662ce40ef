import { createHash, randomBytes } from 'node:crypto';
import type { DdiDevice } from './ddi-device';
import type { Fleet } from './fleet';

/** A device, the only one of its model, that is offered an update with one file. */
export interface Update {
  readonly device: DdiDevice;
  readonly model: string;
  readonly actionId: string;
  readonly releaseId: string;
  readonly moduleId: string;
  readonly fileName: string;
  readonly content: Buffer;
  readonly sha1: string;
  /** As HTTP writes it. */
  readonly lastModified: string;
  /** The file and the list that it stands in, behind the device's address. */
  readonly path: string;
  readonly list: string;
}

/** hawkBit's own tests have files of this size. */
export const FILE_SIZE = 5120;

let next = 0;
export const aModel = (): string => `kind-${(next += 1)}`;

/** The update is offered and not fetched yet. */
export async function anOffer(fleet: Fleet, sizeBytes = FILE_SIZE): Promise<Update> {
  const model = aModel();
  const content = randomBytes(sizeBytes);
  const device = await fleet.registered(`${model}-a`, { board: model });
  const releaseId = await fleet.release('2.0', { name: model, compatibility: `${model}:*`, content });
  await fleet.rollout(releaseId, { name: model });
  const actionId = (await device.offered()) ?? '';
  const [module] = (await fleet.releases.get('1', releaseId)).modules;
  const [artifact] = module?.artifacts ?? [];
  if (module === undefined || artifact === undefined) throw new Error('the release has no file');
  const list = `/softwaremodules/${module.id}/artifacts`;
  return {
    ...{ device, model, actionId, releaseId, content, list },
    moduleId: module.id,
    fileName: artifact.fileName,
    sha1: createHash('sha1').update(content).digest('hex'),
    lastModified: artifact.createdAt.toUTCString(),
    path: `${list}/${artifact.fileName}`,
  };
}

/** The device has fetched the deployment, and nothing of the file. */
export async function anUpdate(fleet: Fleet, sizeBytes = FILE_SIZE): Promise<Update> {
  const update = await anOffer(fleet, sizeBytes);
  await update.device.deployment(update.actionId);
  return update;
}

/** The device has fetched the deployment and is asked to give it up. */
export async function aCancel(fleet: Fleet): Promise<Update> {
  const update = await anUpdate(fleet);
  await fleet.fleet.cancel(fleet.actor, update.actionId, false);
  return update;
}

/** What the log of an action says, oldest first. */
export async function statusesOf(fleet: Fleet, actionId: string): Promise<string[]> {
  return (await fleet.actions.log(fleet.actor, actionId, 0, 1000)).map((entry) => entry.status);
}

/** What every answer about a file says, whatever part of it is sent (contract 1.5). */
export function expectFileHeaders({ headers }: Response, update: Update): void {
  expect(headers.get('etag')).toBe(`"${update.sha1}"`);
  expect(headers.get('last-modified')).toBe(update.lastModified);
  expect(headers.get('content-disposition')).toBe(`attachment;filename=${update.fileName}`);
  expect(headers.get('accept-ranges')).toBe('bytes');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
}

export async function bytesOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}
