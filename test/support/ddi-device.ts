/** A scripted DDI client: says exactly what a test tells it to. */
export class DdiDevice {
  constructor(
    private readonly serverUrl: string,
    readonly controllerId: string,
    private readonly authorization: string,
    private readonly tenant = 'DEFAULT',
  ) {}

  get url(): string {
    return `${this.serverUrl}/${this.tenant}/controller/v1/${encodeURIComponent(this.controllerId)}`;
  }

  /** The same device, talking to another replica. */
  at(serverUrl: string): DdiDevice {
    return new DdiDevice(serverUrl, this.controllerId, this.authorization, this.tenant);
  }

  async request(
    method: string,
    url: string,
    options: { body?: string | Uint8Array<ArrayBuffer>; headers?: object } = {},
  ): Promise<Response> {
    const headers = { Authorization: this.authorization, ...options.headers };
    return fetch(url.startsWith('http') ? url : `${this.url}${url}`, {
      method,
      headers: {
        ...headers,
        ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      redirect: 'manual',
      ...(options.body === undefined ? {} : { body: options.body }),
    });
  }

  /** Polls, which has to succeed, and tells the links. */
  async poll(): Promise<PollAnswer> {
    const response = await this.request('GET', '');
    if (response.status !== 200) throw new Error(`the poll was answered ${response.status}`);
    return (await response.json()) as PollAnswer;
  }

  /** The id of the action that is on offer now, if any. */
  async offered(): Promise<string | undefined> {
    return idIn((await this.poll())._links?.deploymentBase?.href);
  }

  async feedback(
    actionId: string,
    execution: string,
    finished = 'none',
    details: string[] = [],
  ): Promise<Response> {
    const body = JSON.stringify({ id: actionId, status: { execution, result: { finished }, details } });
    return this.request('POST', `/deploymentBase/${actionId}/feedback`, { body });
  }

  async cancelFeedback(actionId: string, execution: string, finished: string): Promise<Response> {
    const body = JSON.stringify({ id: actionId, status: { execution, result: { finished }, details: [] } });
    return this.request('POST', `/cancelAction/${actionId}/feedback`, { body });
  }

  async configData(data: Record<string, string>): Promise<Response> {
    return this.request('PUT', '/configData', { body: JSON.stringify({ mode: 'merge', data }) });
  }

  async deployment(actionId: string): Promise<Response> {
    return this.request('GET', `/deploymentBase/${actionId}`);
  }

  /** Walks a whole update as a well-behaved client does. Answers with the id of the action. */
  async update(finished: 'success' | 'failure' = 'success'): Promise<string> {
    const actionId = await this.offered();
    if (actionId === undefined) throw new Error(`nothing is on offer for ${this.controllerId}`);
    await expectOk(this.deployment(actionId));
    await expectOk(this.feedback(actionId, 'proceeding'));
    await expectOk(this.feedback(actionId, 'closed', finished));
    return actionId;
  }
}

export interface PollAnswer {
  readonly config: { readonly polling: { readonly sleep: string } };
  readonly _links?: Partial<Record<'deploymentBase' | 'cancelAction' | 'configData', { href: string }>>;
}

export function idIn(href: string | undefined): string | undefined {
  return href === undefined ? undefined : /(\d+)(?:\?.*)?$/.exec(href)?.[1];
}

async function expectOk(answer: Promise<Response>): Promise<void> {
  const { status, url } = await answer;
  if (status !== 200) throw new Error(`${url} was answered ${status}`);
}
