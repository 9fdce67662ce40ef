import { chooseRepresentation } from './representation';

describe('chooseRepresentation', () => {
  it.each([
    [undefined, 'application/hal+json'],
    ['', 'application/hal+json'],
    ['*/*', 'application/hal+json'],
    ['application/*', 'application/hal+json'],
    ['application/hal+json', 'application/hal+json'],
    ['application/json', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/json ; charset=UTF-8', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['application/hal+json, application/json', 'application/hal+json'],
    ['text/html, application/json;q=0.9', 'application/json'],
    ['text/html, */*;q=0.1', 'application/hal+json'],
    ['application/atom+xml', undefined],
    ['text/html', undefined],
    ['application/jsonp', undefined],
    [',', undefined],
  ])('%j gets %s', (accept, representation) => {
    expect(chooseRepresentation(accept)).toBe(representation);
  });
});
