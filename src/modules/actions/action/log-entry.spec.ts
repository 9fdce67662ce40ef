import fc from 'fast-check';
import { serverEntry, storableMessages } from './log-entry';

const NOTE = '… (the rest was too long to keep)';

describe('storableMessages', () => {
  it('keeps short messages as they are', () => {
    expect(storableMessages(['Installing.', 'SWUPDATE successful !'])).toEqual([
      'Installing.',
      'SWUPDATE successful !',
    ]);
  });

  it('cuts a long message into pieces of 512 characters that make it whole again', () => {
    const long = 'x'.repeat(512) + 'y'.repeat(512) + 'z';
    expect(storableMessages([long]).map((piece) => piece.length)).toEqual([512, 512, 1]);
    expect(storableMessages([long]).join('')).toBe(long);
  });

  it('leaves a message of exactly 512 characters in one piece', () => {
    expect(storableMessages(['x'.repeat(512)])).toEqual(['x'.repeat(512)]);
  });

  it('puts a space for NUL, which Postgres cannot store', () => {
    expect(storableMessages(['a\u0000b'])).toEqual(['a b']);
  });

  it('drops what says nothing', () => {
    expect(storableMessages(['', '  ', '\u0000', '\n'])).toEqual([]);
  });

  it('never cuts a character in two', () => {
    const pieces = storableMessages(['x'.repeat(511) + '🦜'.repeat(600)]);
    for (const piece of pieces) expect(piece).not.toMatch(/\p{Cs}/u);
    expect(pieces.join('')).toBe('x'.repeat(511) + '🦜'.repeat(600));
  });

  it('keeps 200 pieces and says that there were more', () => {
    const pieces = storableMessages(Array.from({ length: 300 }, (_unused, n) => `line ${n}`));
    expect(pieces).toHaveLength(201);
    expect(pieces[199]).toBe('line 199');
    expect(pieces[200]).toBe(NOTE);
  });

  it('adds no note when 200 pieces were all there was', () => {
    const lines = Array.from({ length: 200 }, (_unused, n) => `line ${n}`);
    expect(storableMessages(lines)).toEqual(lines);
  });

  it('always answers with bounded pieces that hold no NUL', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 2000 })), (messages) => {
        const pieces = storableMessages(messages);
        expect(pieces.length).toBeLessThanOrEqual(201);
        for (const piece of pieces) {
          expect(piece.length).toBeGreaterThan(0);
          expect(piece.length).toBeLessThanOrEqual(512);
          expect(piece).not.toContain('\u0000');
        }
      }),
    );
  });
});

describe('serverEntry', () => {
  it('is one message of the server', () => {
    expect(serverEntry('offered', 'Offered on account of rollout:1.')).toEqual({
      source: 'server',
      status: 'offered',
      messages: ['Offered on account of rollout:1.'],
    });
  });
});
