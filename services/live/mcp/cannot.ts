/** A question that has no right answer here: why, and what can be asked instead. A guess would be taken for a fact. */
export class CannotAnswer extends Error {
  readonly instead: string;

  /**
   * @param why A sentence.
   * @param instead A sentence.
   */
  constructor(why: string, instead: string) {
    super(why);
    this.instead = instead;
  }
}
