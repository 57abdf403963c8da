import { longestName } from '../domain/bounds.ts';
import {
  bytes,
  type Bytes,
  sha256,
  type Sha256,
  uid,
  type Uid,
  uidValidity,
  type UidValidity,
} from '../domain/brands.ts';
import { MothballError } from '../errors.ts';

/** The fields of one manifest line, read one by one: a line from a damaged store may hold anything. */
export class LineFields {
  readonly #fields: object;
  readonly #place: string;

  /** `place` names the line in errors. @throws MothballError `verify` when the value is not an object. */
  constructor(value: unknown, place: string) {
    this.#place = place;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MothballError(
        { fact: `${place} of the manifest is not a JSON object: the manifest is damaged` },
        {
          code: 'verify',
        },
      );
    }
    this.#fields = value;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }

  #value(name: string): unknown {
    return this.has(name) ? Reflect.get(this.#fields, name) : undefined;
  }

  text(name: string): string {
    const value = this.#value(name);
    return typeof value === 'string' ? value : this.#fail(name, 'a string');
  }

  /** A text that names something, and is shown wherever that is. */
  name(name: string): string {
    const value = this.text(name);
    return value.length <= longestName ? value : this.#fail(name, `at most ${longestName} characters`);
  }

  textOrNull(name: string): string | null {
    return this.#value(name) === null ? null : this.text(name);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.#value(name);
    return allowed.find((choice) => choice === value) ?? this.#fail(name, allowed.join(' or '));
  }

  truth(name: string): boolean {
    const value = this.#value(name);
    return typeof value === 'boolean' ? value : this.#fail(name, 'true or false');
  }

  texts(name: string): readonly string[] {
    return textList(this.#value(name)) ?? this.#fail(name, 'a list of strings');
  }

  /** Lower-case header name → values. */
  textLists(name: string): Readonly<Record<string, readonly string[]>> {
    const value = this.#value(name);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#fail(name, 'an object');
    return Object.fromEntries(
      Object.entries(value).map(([key, list]) => [
        key,
        textList(list) ?? this.#fail(name, 'lists of strings'),
      ]),
    );
  }

  /** An ISO 8601 instant in UTC, as `Date.toISOString` writes it. */
  instant(name: string): string {
    const value = this.text(name);
    const date = new Date(value);
    const exact = !Number.isNaN(date.getTime()) && date.toISOString() === value;
    return exact ? value : this.#fail(name, 'an instant in UTC');
  }

  instantOrNull(name: string): string | null {
    return this.#value(name) === null ? null : this.instant(name);
  }

  count(name: string): number {
    return this.octets(name);
  }

  octets(name: string): Bytes {
    return this.#branded(name, 'a whole number from 0', bytes);
  }

  uid(name: string): Uid {
    return this.#branded(name, 'a UID', uid);
  }

  uidValidity(name: string): UidValidity {
    return this.#branded(name, 'a UIDVALIDITY', uidValidity);
  }

  digest(name: string): Sha256 {
    const value = this.text(name);
    try {
      return sha256(value);
    } catch {
      return this.#fail(name, 'a SHA-256 in lower-case hex');
    }
  }

  range(name: string): { readonly offset: Bytes; readonly length: Bytes } {
    const range = this.part(name);
    const offset = range.octets('offset');
    const length = range.octets('length');
    if (!Number.isSafeInteger(offset + length)) this.#fail(name, 'a range below 2^53');
    return { offset, length };
  }

  /** A mapping within the line. */
  part(name: string): LineFields {
    return new LineFields(this.#value(name), `${this.#place}, ${name}`);
  }

  #branded<T>(name: string, expected: string, make: (value: number) => T): T {
    const value = this.#value(name);
    if (typeof value !== 'number') return this.#fail(name, expected);
    try {
      return make(value);
    } catch {
      return this.#fail(name, expected);
    }
  }

  #fail(name: string, expected: string): never {
    const found = this.has(name) ? 'has a wrong value' : 'is missing';
    throw new MothballError(
      {
        fact: `${this.#place} of the manifest: ${name} ${found}, expected ${expected}: the manifest is damaged`,
      },
      { code: 'verify' },
    );
  }
}

function textList(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
}
