import { Instances } from './instances';

describe('the instances of a server', () => {
  const three = new Instances(['http://a:8080', 'http://a:80', 'http://b/ota']);

  it('are gone through in turn', () => {
    expect(three.next('http://a:8080/T/controller/v1/x')).toBe('http://a:80/T/controller/v1/x');
    expect(three.next('http://a:80/T/controller/v1/x')).toBe('http://b/ota/T/controller/v1/x');
    expect(three.next('http://b/ota/T/controller/v1/x')).toBe('http://a:8080/T/controller/v1/x');
    expect(three.others).toBe(2);
  });

  it('are not those of other addresses', () => {
    expect(three.next('http://c/T/controller/v1/x')).toBeUndefined();
  });

  it('may be one', () => {
    expect(new Instances(['http://a']).others).toBe(0);
  });
});
