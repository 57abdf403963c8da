import type { ErrorCode } from 'yaml';

/**
 * Words for the faults of the YAML syntax. The parser's own messages may quote the text, which may
 * hold what should not be printed.
 */
const words: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) can have neither a tag nor an anchor',
  BAD_ALIAS: 'an alias (*) or anchor (&) needs a name; put text that starts with * or & in quotes',
  BAD_COLLECTION_TYPE: 'tags (!name) are not allowed',
  BAD_DIRECTIVE: '% directives are not allowed; put text that starts with % in quotes',
  BAD_DQ_ESCAPE: 'unknown escape in a double-quoted text; use single quotes to take backslashes as they are',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_PROP_ORDER: 'an anchor or tag is in the wrong place',
  BAD_SCALAR_START: "plain text can't start with this sign (one of @ ` % | >); put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line; put text that contains ": " in quotes',
  BLOCK_IN_FLOW: 'an indented block inside brackets',
  DUPLICATE_KEY: 'this key is there already; each key may occur once in a mapping',
  IMPOSSIBLE: 'not YAML',
  KEY_OVER_1024_CHARS: 'a key longer than 1024 characters',
  MISSING_CHAR: 'a sign is missing here: a quote, bracket, comma, colon or a space after the colon',
  MULTILINE_IMPLICIT_KEY: 'a key that runs over several lines; is a colon missing?',
  MULTIPLE_ANCHORS: 'more than one anchor (&name)',
  MULTIPLE_DOCS: 'more than one document (---) in the file',
  MULTIPLE_TAGS: 'tags (!name) are not allowed',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'nested too deep',
  TAB_AS_INDENT: 'a tab in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not allowed; put text that starts with ! in quotes',
  UNEXPECTED_TOKEN: 'unexpected text here; check quotes, brackets and indentation',
};

export function yamlFault(code: ErrorCode): string {
  return words[code];
}
