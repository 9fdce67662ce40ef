import { percentOf, percentText, shareOf } from './percentage';

it.each([
  [0, 0, '0 %'],
  [1, 0.01, '0.01 %'],
  [29, 0.29, '0.29 %'],
  [2500, 25, '25 %'],
  [10_000, 100, '100 %'],
])('%i hundredths are %f percent: %s', (share, percent, text) => {
  expect(percentOf(share)).toBe(percent);
  expect(shareOf(percent)).toBe(share);
  expect(percentText(share)).toBe(text);
});
