import { clock, justified, paint, printable, span } from './line';

describe('a line', () => {
  it('is cut to the columns across its pieces', () => {
    expect(paint([span('abc'), span('def', 'bad')], 4, false)).toBe('abcd');
  });

  it('closes each colour, also where it is cut', () => {
    expect(paint([span('abc', 'good'), span('def', 'bad')], 4, true)).toBe(
      '\u001b[32mabc\u001b[0m\u001b[31md\u001b[0m',
    );
  });

  it('leaves no colour for what is cut off wholly', () => {
    expect(paint([span('abc'), span('def', 'bad')], 3, true)).toBe('abc');
  });

  it('has its two ends at the ends', () => {
    expect(paint(justified([span('a')], span('b'), 10), 10, false)).toBe('a        b');
  });
});

describe('what a device said', () => {
  it.each([
    ['ERROR : \u001b[31mred\u001b[0m', 'ERROR : [31mred [0m'],
    ['two\nlines\r\n', 'two lines'],
    ['\u009b2J wiped \u0007', '2J wiped'],
    ['right-to-left \u202e etc', 'right-to-left etc'],
    ['Größe überschritten', 'Größe überschritten'],
    ['全角 and 😀', 'and'],
    ['', ''],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

it('the clock counts minutes on', () => {
  expect([0, 9.9, 60, 754.2].map(clock)).toEqual(['0:00', '0:09', '1:00', '12:34']);
});
