import request from 'supertest';
import type { Role } from '../../src/platform/actor/actor';
import type { DdiDevice } from './ddi-device';
import { Fleet } from './fleet';
import type { TestRookery } from './rookery-app';

type Api = ReturnType<typeof request.agent>;

/** Where a test makes rollouts by the API, each of a feed and a release of its own. */
export class RolloutDesk {
  readonly fleet: Fleet;
  private made = 0;

  constructor(readonly rookery: TestRookery) {
    this.fleet = new Fleet(rookery);
  }

  get api(): Api {
    return request.agent(`${this.rookery.url}/api/v1`).auth(this.rookery.token, { type: 'bearer' });
  }

  /** Somebody else. */
  async as(role: Role): Promise<Api> {
    const { body } = await this.api.post('/tokens').send({ name: this.aName(), role }).expect(201);
    return request.agent(`${this.rookery.url}/api/v1`).auth(body.token as string, { type: 'bearer' });
  }

  aName(): string {
    return `thing-${(this.made += 1)}`;
  }

  async feed(): Promise<string> {
    const name = this.aName();
    await this.api.post('/feeds').send({ name }).expect(201);
    return name;
  }

  async release(): Promise<string> {
    return this.fleet.release(`${(this.made += 1)}.0.0`, { name: this.aName() });
  }

  /** The answer to a rollout that is to be made. */
  async asked(wish: object): Promise<request.Response> {
    const body = { name: this.aName(), feed: 'default', releaseId: await this.release(), ...wish };
    return this.api.post('/rollouts').send(body);
  }

  async draft(wish: object = {}): Promise<Made> {
    const answer = await this.asked({ feed: await this.feed(), ...wish });
    if (answer.status !== 201) throw new Error(`not made: ${answer.text}`);
    return answer.body as Made;
  }

  async running(wish: object = {}): Promise<Made> {
    const { id } = await this.draft(wish);
    return (await this.tell(id, 'start').expect(200)).body as Made;
  }

  tell(id: string, verb: string, body: object = {}): request.Test {
    return this.api.post(`/rollouts/${id}/${verb}`).send(body);
  }

  async get(id: string): Promise<Made> {
    return (await this.api.get(`/rollouts/${id}`).expect(200)).body as Made;
  }

  async device(feed: string): Promise<DdiDevice> {
    const device = await this.fleet.registered(this.aName());
    await this.api.patch(`/devices/${device.controllerId}`).send({ feed }).expect(200);
    return device;
  }

  /** The kinds of what happened to it, oldest first. */
  async audit(id: string): Promise<string[]> {
    const { body } = await this.api
      .get('/audit')
      .query({ subject: `rollout:${id}` })
      .expect(200);
    return (body.items as { kind: string }[]).map(({ kind }) => kind).reverse();
  }
}

/** As much of a rollout's view as tests look at. */
export interface Made {
  readonly id: string;
  readonly name: string;
  readonly feed: string;
  readonly releaseId: string;
  readonly state: string;
  readonly currentWave: number;
  readonly revision: number;
  readonly waves: readonly { readonly percentage: number; readonly passedBy?: string }[];
  readonly [field: string]: unknown;
}
