import { ARTIFACT_NAME, artifactBytes } from './artifact';

/** The management API, for what the bench wants made as an operator makes it. */
export class Management {
  constructor(
    private readonly port: number,
    private readonly apiToken: string,
    private readonly artifactBytes: number,
  ) {}

  /** Uploads the bench's artifact as a release for its two models, and starts a rollout of it to everyone. */
  async rollOut(version: string, more: object = {}): Promise<{ releaseId: string; rolloutId: string }> {
    const form = new FormData();
    form.set('name', 'bench');
    form.set('version', version);
    form.set('compatibility', 'board-even:*, board-odd:*');
    form.set('file', new Blob([artifactBytes(this.artifactBytes)]), ARTIFACT_NAME);
    const release = await this.post('releases', form);
    const wish = {
      ...{ name: `bench ${version}`, feed: 'default', releaseId: release.id, confirms: 'report' },
      ...more,
    };
    const rollout = await this.post('rollouts', JSON.stringify(wish));
    await this.post(`rollouts/${rollout.id}/start`, '');
    return { releaseId: release.id, rolloutId: rollout.id };
  }

  /** How devices get files from now on. */
  async deliverBy(delivery: string): Promise<void> {
    await this.send('PATCH', 'tenant/settings', JSON.stringify({ delivery }));
  }

  async post(path: string, body: FormData | string): Promise<{ id: string }> {
    return this.send('POST', path, body);
  }

  /** Something that the server has to refuse. @throws Error when it does not */
  async refused(path: string, status: number): Promise<void> {
    const answer = await this.answerTo('POST', path, '');
    const text = await answer.text();
    if (answer.status !== status) throw new Error(`POST ${path} was answered ${answer.status}: ${text}`);
  }

  private async send(method: string, path: string, body: FormData | string): Promise<{ id: string }> {
    const answer = await this.answerTo(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return JSON.parse(text) as { id: string };
  }

  private answerTo(method: string, path: string, body: FormData | string): Promise<Response> {
    const type = typeof body === 'string' && body !== '' ? { 'Content-Type': 'application/json' } : {};
    return fetch(`http://127.0.0.1:${this.port}/api/v1/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.apiToken}`, ...type },
      ...(body === '' ? {} : { body }),
    });
  }
}
