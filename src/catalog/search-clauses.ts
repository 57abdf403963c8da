import { type Expression, expressionBuilder, sql, type SqlBool } from 'kysely';
import type { MessageQuery, TextCondition } from '../ports/records.ts';
import type { Schema } from './schema.ts';

/** Whether a message has these words; null: a condition that nothing can meet. */
export type HasText = (query: MessageQuery) => Expression<SqlBool> | null;

/** The conditions of a query that are not just all of its words. */
export function textClauses(
  { alternatives = [], not = [] }: MessageQuery,
  has: HasText,
): readonly Expression<SqlBool>[] {
  const { or, not: none } = expressionBuilder<Schema, 'lines'>();
  const one = (condition: TextCondition): Expression<SqlBool> =>
    has(queryOf(condition)) ?? sql<SqlBool>`1 = 0`;
  return [
    ...alternatives.map((group) => or(group.map(one))),
    ...not.map((condition) => none(one(condition))),
  ];
}

function queryOf({ field, text }: TextCondition): MessageQuery {
  return field === null ? { words: [text] } : { [field]: [text] };
}
