import { Remembered } from './remembered';

/** Says what it was asked, as often as it had to be found. */
function counting(most: number): { asked: string[]; remembered: Remembered<string, string | undefined> } {
  const asked: string[] = [];
  const find = (question: string): string | undefined => {
    asked.push(question);
    return question === 'nothing' ? undefined : question.toUpperCase();
  };
  return { asked, remembered: new Remembered(most, find) };
}

it('finds an answer once, also one that is undefined', () => {
  const { asked, remembered } = counting(3);
  for (const question of ['a', 'nothing', 'a', 'nothing'])
    expect(remembered.answerTo(question)).toBe(question === 'a' ? 'A' : undefined);
  expect(asked).toEqual(['a', 'nothing']);
});

it('keeps as many answers as it may, and forgets all at the next', () => {
  const { asked, remembered } = counting(2);
  for (const question of ['a', 'b', 'a', 'b']) remembered.answerTo(question);
  expect(asked).toEqual(['a', 'b']);
  for (const question of ['c', 'c', 'a']) remembered.answerTo(question);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});

it('remembers nothing of what could not be found', () => {
  let calls = 0;
  const remembered = new Remembered(2, () => {
    calls += 1;
    if (calls === 1) throw new Error('not now');
    return calls;
  });
  expect(() => remembered.answerTo('a')).toThrow('not now');
  expect(remembered.answerTo('a')).toBe(2);
});
