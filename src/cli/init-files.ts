import { mainSchemaJson } from '../config/schema-main.ts';
import { policySchemaJson } from '../config/schema-policy.ts';

/** What `init` was given, or asked for. */
export interface InitAnswers {
  readonly host: string;
  /** Null: the usual one. */
  readonly port: number | null;
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Absolute. */
  readonly caFile: string | null;
  readonly user: string;
  /** The password itself, or the absolute path of the file that has it. */
  readonly password: { readonly text: string } | { readonly file: string };
}

/** Where the archive and the database go; null: beside the configuration. An absolute path. */
export type DataDirectory = string | null;

export interface InitFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

const example: InitAnswers = {
  host: 'imap.example.com',
  port: null,
  tls: 'implicit',
  caFile: null,
  user: 'alice@example.com',
  password: { file: './alice.password' },
};

/** All files of a first set-up, by path within its directory; without answers, those of an example to edit. */
export function initFiles(answers: InitAnswers | null, data: DataDirectory): readonly InitFile[] {
  const made = answers ?? example;
  return [
    { name: 'mothball.yaml', text: configText(made, data), mode: 0o644 },
    { name: 'mothball.schema.json', text: json(mainSchemaJson()), mode: 0o644 },
    { name: 'policies/archive-after-2y.yaml', text: policy, mode: 0o644 },
    { name: 'policies/policy.schema.json', text: json(policySchemaJson()), mode: 0o644 },
    ...('text' in made.password
      ? [{ name: passwordName(made.user), text: `${made.password.text}\n`, mode: 0o600 }]
      : []),
  ];
}

function json(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function configText({ host, port, tls, caFile, user, password }: InitAnswers, data: DataDirectory): string {
  const server = [
    `host: ${yaml(host)}`,
    ...(port === null ? [] : [`port: ${port}`]),
    `tls: ${tls}`,
    ...(caFile === null ? [] : [`caFile: ${yaml(caFile)}`]),
  ].join(', ');
  const file = 'file' in password ? password.file : `./${passwordName(user)}`;
  return `# yaml-language-server: $schema=./mothball.schema.json
# Mothball. Check it with: mothball validate; try the login with: mothball accounts --test
version: 1
servers:
  main: { ${server} } # tls: implicit (993) | starttls (143)
accounts:
  # The file holds the password alone and must not be readable by others (chmod 600).
  - { user: ${yaml(user)}, server: main, passwordFile: ${yaml(file)} }
stores:
  local: { type: local, path: ${yaml(`${data ?? '.'}/archive`)} }
database: ${data === null ? 'sqlite:./mothball.db' : JSON.stringify(`sqlite:${data}/mothball.db`)}
policies: [policies/*.yaml]
`;
}

const policy = `# yaml-language-server: $schema=./policy.schema.json
version: 1
policies:
  - name: archive-after-2y
    mode: plan # reports only; when \`mothball plan\` shows what you want, change it to enforce
    match: { olderThan: 2y }
    archive: { to: local }
    delete: { after: 7d } # a week between the verified archive and the deletion
`;

/** A name for the file that is safe whatever the login name is. */
function passwordName(user: string): string {
  return `${user
    .replaceAll(/[^\w@.+-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 100)}.password`;
}

/** A text as YAML: plain where nothing can be misread, else quoted as JSON, which YAML reads alike. */
function yaml(text: string): string {
  const plain = /^[a-z./][\w@./+-]*$/i.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
