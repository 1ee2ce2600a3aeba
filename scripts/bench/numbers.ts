import { InvalidArgumentError } from 'commander';

/** A reader of whole numbers from `least`; throws InvalidArgumentError on others. */
export const wholeFrom =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`a whole number from ${least} is expected`);
    return value;
  };

/** A whole number from 0. */
export const from0 = wholeFrom(0);

/** A whole number from 1. */
export const from1 = wholeFrom(1);

/** Whole numbers from 0 with commas between. */
export const rates = (text: string): number[] => text.split(',').map(from0);
