/** The only source of the time. */
export interface Clock {
  now(): Date;
}
