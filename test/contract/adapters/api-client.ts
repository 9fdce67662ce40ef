/** A management API over JSON; what is not 2xx is an error that says what was asked and answered. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly authorization: string,
  ) {}

  get<T>(path: string): Promise<T> {
    return this.ask('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.ask('POST', path, body);
  }

  put<T>(path: string, body?: unknown): Promise<T> {
    return this.ask('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.ask('PATCH', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.ask('DELETE', path);
  }

  upload<T>(path: string, form: FormData): Promise<T> {
    return this.send('POST', path, { body: form });
  }

  private ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    if (body === undefined) return this.send(method, path, {});
    return this.send(method, path, {
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  }

  private async send<T>(method: string, path: string, init: RequestInit): Promise<T> {
    const headers = { ...init.headers, Authorization: this.authorization, Accept: 'application/json' };
    const answer = await fetch(`${this.url}${path}`, { ...init, method, headers });
    const text = await answer.text();
    if (!answer.ok) throw new ApiError(`${method} ${path}`, answer.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

export class ApiError extends Error {
  constructor(
    request: string,
    readonly status: number,
    text: string,
  ) {
    super(`management: ${request} was answered ${status} ${text.slice(0, 500)}`);
    this.name = 'ApiError';
  }
}
