/** The parts of a report that the tests vary. */
export interface ScriptedReport {
  readonly execution: 'proceeding' | 'downloaded' | 'closed';
  readonly finished: 'none' | 'success' | 'failure';
  readonly message: string;
}

/** As much of the offer as the tests read. */
interface DeploymentBase {
  readonly deployment: {
    readonly chunks: readonly {
      readonly artifacts: readonly { readonly _links: Readonly<Record<string, { href: string }>> }[];
    }[];
  };
}

/** Where a {@link ScriptedDevice} is. */
export interface ScriptedDeviceOptions {
  readonly serverUrl: string;
  readonly gatewayToken: string;
  readonly controllerId: string;
}

/** A device that says exactly what a test wants, at the moment that the test wants it. */
export class ScriptedDevice {
  private actionUrl = '';
  private fileUrl = '';

  constructor(private readonly options: ScriptedDeviceOptions) {}

  /** The id of the action that it fetched last. */
  get actionId(): string {
    return /deploymentBase\/(\d+)/.exec(this.actionUrl)?.[1] ?? '';
  }

  /** Where the first file of that is, behind the server's address. */
  get filePath(): string {
    return new URL(this.fileUrl).pathname;
  }

  /** Registers, says what hardware it is, and fetches the deployment that it is offered. */
  async retrieveOffer(): Promise<void> {
    await this.request('GET', this.baseUrl);
    const data = { swVersion: '0.9', board: 'my-board', hwRevision: 'rev4.2' };
    await this.request('PUT', `${this.baseUrl}/configData`, { data });
    const poll = (await (await this.request('GET', this.baseUrl)).json()) as {
      _links?: { deploymentBase?: { href: string } };
    };
    const href = poll._links?.deploymentBase?.href;
    if (href === undefined) {
      throw new Error(`${this.options.controllerId} is offered nothing`);
    }
    const base = (await (await this.request('GET', href)).json()) as DeploymentBase;
    this.fileUrl = base.deployment.chunks[0]?.artifacts[0]?._links['download-http']?.href ?? '';
    this.actionUrl = href.replace(/\?.*$/, '');
  }

  /** The first file of the fetched deployment, or the part of it that `range` names. */
  async download(headers: Readonly<{ range?: string }> = {}): Promise<{ status: number; body: Buffer }> {
    const authorization = `GatewayToken ${this.options.gatewayToken}`;
    const answer = await fetch(this.fileUrl, { headers: { ...headers, authorization, connection: 'close' } });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  }

  /** Reports on the fetched deployment; resolves as soon as the answer's status is here, and it was 200. */
  async report({ execution, finished, message }: ScriptedReport): Promise<void> {
    const status = { execution, result: { finished }, details: [message] };
    await this.request('POST', `${this.actionUrl}/feedback`, { id: this.actionId, status });
  }

  private get baseUrl(): string {
    const { serverUrl, controllerId } = this.options;
    return `${serverUrl}/DEFAULT/controller/v1/${controllerId}`;
  }

  private async request(method: string, url: string, body?: object): Promise<Response> {
    const answer = await fetch(url, {
      method,
      headers: {
        authorization: `GatewayToken ${this.options.gatewayToken}`,
        accept: 'application/json',
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status !== 200) {
      throw new Error(`${method} ${url} answers ${answer.status}: ${await answer.text()}`);
    }
    return answer;
  }
}
