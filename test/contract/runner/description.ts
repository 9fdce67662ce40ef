import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { load } from 'js-yaml';
import { isRecord } from './match';
import type { Server } from './scene';
import type { Answer, Request } from './transport';

const FILE = join(__dirname, '..', '..', '..', 'ddi-spec', 'openapi.yaml');
const ROOT = 'openapi';
/** Statuses that mean that the description knows no such request. */
const UNKNOWN = [404, 405];

interface Operation {
  readonly template: string;
  readonly method: string;
  readonly path: RegExp;
}

/** The OpenAPI document: what requests there are, and how each may be answered. */
export class Description {
  readonly operations: readonly Operation[];
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: Readonly<Record<string, unknown>> = read()) {
    this.ajv.addSchema(document, ROOT);
    this.operations = Object.entries(record(document['paths'])).flatMap(([template, item]) =>
      Object.keys(record(item))
        .filter((key) => ['get', 'head', 'post', 'put', 'delete'].includes(key))
        .map((method) => ({ template, method, path: pathPattern(template) })),
    );
  }

  /** The operation of a request: of several templates that fit, the one with more letters of its own. */
  find(method: string, path: string): Operation | undefined {
    const name = method.toLowerCase();
    const ownLetters = ({ template }: Operation): number => template.replace(/\{\w+\}/g, '').length;
    return this.operations
      .filter((operation) => operation.method === name && operation.path.test(path))
      .sort((a, b) => ownLetters(b) - ownLetters(a))[0];
  }

  /** What the description does not allow of an exchange. */
  faultsOf(server: Server, request: Request, answer: Answer): string[] {
    const path = new URL(request.url).pathname.replace(new URL(server.url).pathname.replace(/\/$/, ''), '');
    const operation = this.find(request.method, path);
    if (operation === undefined)
      return UNKNOWN.includes(answer.status) ? [] : [`openapi.yaml knows no ${request.method} ${path}`];
    return [...this.faultsOfRequest(operation, request, answer), ...this.faultsOfAnswer(operation, answer)];
  }

  /** Examples that are not as the schema beside them says. */
  faultsOfExamples(): string[] {
    return this.contents(this.document, []).flatMap(({ place, example }) =>
      this.faultsOfValue([...place, 'schema'], example, place.join(' ')),
    );
  }

  /** Every place that holds a schema and an example of it. */
  private contents(
    value: unknown,
    place: readonly string[],
  ): { place: readonly string[]; example: unknown }[] {
    if (!isRecord(value)) return [];
    const own = 'schema' in value && 'example' in value ? [{ place, example: value['example'] }] : [];
    return [
      ...own,
      ...Object.entries(value).flatMap(([key, inner]) => this.contents(inner, [...place, key])),
    ];
  }

  /** A body that was taken has to be one that the description shows. */
  private faultsOfRequest(operation: Operation, request: Request, answer: Answer): string[] {
    const type = request.headers['Content-Type']?.split(';', 1)[0];
    if (answer.status >= 300 || request.body === undefined || type !== 'application/json') return [];
    const place = ['paths', operation.template, operation.method, 'requestBody', 'content', type, 'schema'];
    const sent = jsonOf(request.body);
    // A server may mend what is no JSON; the description says nothing about that.
    return sent === undefined ? [] : this.faultsOfValue(place, sent, 'the body sent');
  }

  private faultsOfAnswer(operation: Operation, answer: Answer): string[] {
    const place = ['paths', operation.template, operation.method, 'responses', String(answer.status)];
    const response = this.at(place);
    if (response === undefined)
      return [`openapi.yaml knows no answer ${answer.status} to ${operation.method} ${operation.template}`];
    const content = this.at([...place, 'content']);
    if (answer.body.length === 0 || operation.method === 'head') return faultsOfMissing(answer, content);
    const type = answer.mediaType ?? '';
    if (!isRecord(content) || content[type] === undefined)
      return [`openapi.yaml knows no body of type ${type} for ${answer.status} to ${operation.template}`];
    const tree = answer.tree();
    return tree === undefined
      ? []
      : this.faultsOfValue([...place, 'content', type, 'schema'], tree, 'the body');
  }

  private faultsOfValue(place: readonly string[], value: unknown, name: string): string[] {
    const pointer = `${ROOT}#/${this.resolve(place).map(escapePointer).join('/')}`;
    const validate = this.validators.get(pointer) ?? this.ajv.compile({ $ref: pointer });
    this.validators.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (error) => `openapi.yaml: ${name}${error.instancePath} ${error.message ?? ''}`,
    );
  }

  /** The value at a place, through `$ref`s. */
  private at(place: readonly string[]): unknown {
    return this.resolve(place).reduce<unknown>((value, key) => record(value)[key], this.document);
  }

  /** The same place without `$ref`s on the way. */
  private resolve(place: readonly string[]): string[] {
    return place.reduce<string[]>((way, key) => {
      const here = [...way, key];
      const value = here.reduce<unknown>((inner, step) => record(inner)[step], this.document);
      const reference = isRecord(value) ? value['$ref'] : undefined;
      return typeof reference === 'string' && key !== 'schema'
        ? this.resolve(reference.slice(2).split('/'))
        : here;
    }, []);
  }
}

function faultsOfMissing(answer: Answer, content: unknown): string[] {
  const isPromised = answer.status === 200 && isRecord(content) && Object.keys(content).length > 0;
  return isPromised &&
    answer.headers['content-length'] === '0' &&
    answer.headers['content-type'] === undefined
    ? ['openapi.yaml promises a body']
    : [];
}

function read(): Readonly<Record<string, unknown>> {
  return record(load(readFileSync(FILE, 'utf8')));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function pathPattern(template: string): RegExp {
  const source = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

function escapePointer(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
