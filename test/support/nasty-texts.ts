const words = (text: string): string[] => text.split(' ');

/** Texts on which two implementations of "equal", "less" and "like" are apt to differ. No NUL: no text column has it. */
export const NASTY_TEXTS: readonly string[] = [
  '',
  ...words('a A aa aaa ab AB aB b Z [ ` ~ 0 9 10 1.0 null NULL true'),
  // Signs of LIKE, of RSQL, of SQL, of array and JSON literals.
  ...words(`* a*b % a%b _ a_b \\ a\\b \\% a\\ ' " it's"x" {a,b} a,b (a) ; $1`),
  // Letters whose case, width or composition is a matter of opinion.
  ...words('\u00e4 \u00c4 e\u0301 \u00e9 \u00df ss \u0130 \u0131 \u212a k \ufb01 fi'),
  ...words('\u03c3 \u03c2 \u03a3 \u01c5 \u1e9e \u0390'),
  // Order: UTF-16 puts those beyond U+FFFF before U+E000.
  ...words('\u00ff \ud7ff \ue000 \ufffd \uffff \u{10000} \u{1f99c} \u{10ffff} a\u{1f99c}b'),
  // White space and what nobody sees.
  ...[' ', 'a ', ' a', 'a\nb', '\n', 'a\r\nb', '\t', '\u00a0', '\u200d', '\u0001', '\u007f', '\ufeff'],
];
