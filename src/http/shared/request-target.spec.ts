import { originForm } from './request-target';

describe('the target of a request', () => {
  it.each([
    ['/a/b?c', '/a/b?c'],
    ['//a', '//a'],
    ['*', '*'],
    ['http://localhost/a/b?c', '/a/b?c'],
    ['HTTPS://x:99999/a', '/a'],
    ['http://a@[::1]:80?c', '/?c'],
    ['http://localhost', '/'],
    ['http:///a', '/a'],
  ])('%j names %j', (target, path) => {
    expect(originForm(target)).toBe(path);
  });

  it.each(['', 'a/b', 'localhost:80', '?a', '#', 'http:/a', 'https:'])('%j names nothing', (target) => {
    expect(originForm(target)).toBeUndefined();
  });
});
