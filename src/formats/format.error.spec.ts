import { FormatError, quoted } from './format.error';

describe('FormatError', () => {
  it('begins its message with the place', () => {
    expect(new FormatError('it is empty.', { member: 'a\nb', offset: 7 }).message).toBe(
      'a\\nb, byte 7: it is empty.',
    );
    expect(new FormatError('it is empty.', { line: 2, column: 3, offset: 7 }).message).toBe(
      'line 2, column 3: it is empty.',
    );
    expect(new FormatError('it is empty.').message).toBe('it is empty.');
  });
});

describe('quoted', () => {
  it('shows no character that acts on a terminal or a page', () => {
    expect(quoted('a\n\u001b\u007f\u009b\u202e\u2028\u{e0041}\ud800é🙂')).toBe(
      String.raw`"a\n\u001b\u007f\u009b\u202e\u2028\u{e0041}\ud800é🙂"`,
    );
  });

  it('shows 80 characters at the most', () => {
    expect(quoted('x'.repeat(81))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
