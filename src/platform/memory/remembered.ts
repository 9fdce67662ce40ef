/**
 * Answers that are kept for whoever asks the same again. Few things are asked for, and often; but devices and strangers may
 * ask for anything, so when there are `most` answers all are forgotten and begin anew.
 */
export class Remembered<Question, Answer> {
  private readonly answers = new Map<Question, Answer>();

  constructor(
    private readonly most: number,
    private readonly find: (question: Question) => Answer,
  ) {}

  answerTo(question: Question): Answer {
    const known = this.answers.get(question);
    // An answer may be undefined, too.
    if (known !== undefined || this.answers.has(question)) return known as Answer;
    const answer = this.find(question);
    if (this.answers.size >= this.most) this.answers.clear();
    this.answers.set(question, answer);
    return answer;
  }
}
