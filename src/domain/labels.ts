import type { Folder, Role } from './folder.ts';
import { folderMatches } from './glob.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reason.ts';

/** A label as folder patterns see it: under the name of the folder that shows it. */
type LabelView = Pick<Folder, 'name' | 'roles'>;

/** Labels that Gmail sets itself (X-GM-LABELS), in lower case, by the role of the folder that shows them. */
const systemRoles: Readonly<Record<string, Role>> = {
  '\\inbox': 'inbox',
  '\\sent': 'sent',
  '\\draft': 'drafts',
  '\\drafts': 'drafts',
  '\\starred': 'flagged',
  '\\flagged': 'flagged',
  '\\important': 'important',
  '\\spam': 'junk',
  '\\junk': 'junk',
  '\\trash': 'trash',
};

/** What a policy does with a message because of its labels. */
export type LabelVerdict =
  | { readonly kind: 'selected' }
  /** None of its labels is one that the policy looks at. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'kept'; readonly reason: Reason };

const selected: LabelVerdict = { kind: 'selected' };

/** The labels of one Gmail account, and the folder that is being looked at. */
export class LabelRules {
  readonly #folder: LabelView;
  readonly #byPath: ReadonlyMap<string, Folder>;
  readonly #byRole: ReadonlyMap<Role, Folder>;

  constructor(folders: readonly Folder[], folder: LabelView) {
    this.#folder = folder;
    this.#byPath = new Map(folders.map((one) => [one.path, one]));
    this.#byRole = new Map(folders.flatMap((one) => one.roles.map((role) => [role, one])));
  }

  /**
   * Whether the policy takes a message with these labels: one label at least must be selected, to
   * delete it all of them, and none may be excluded. Without labels a message is in All Mail only.
   */
  place(labels: readonly string[] | null | undefined, policy: Policy): LabelVerdict {
    if (labels === null || labels === undefined) return { kind: 'kept', reason: { code: 'labels-unknown' } };
    const { include, exclude } = policy.folders;
    const views = labels.map((label) => this.view(label));
    const excluded = views.find((view) => exclude.some((pattern) => folderMatches(pattern, view)));
    const own = this.#own(views);
    const wanted = own.filter((view) => include.some((pattern) => folderMatches(pattern, view)));
    if (wanted.length === 0) return { kind: 'outside' };
    if (excluded !== undefined || this.#isExcluded(own, policy))
      return kept({ code: 'label-excluded', detail: (excluded ?? this.#folder).name });
    const other = own.find((view) => !wanted.includes(view));
    if (other === undefined || policy.delete === null) return selected;
    return kept({ code: 'label-not-selected', detail: other.name });
  }

  /** The name and roles that patterns see; a label that IMAP does not show has its own name. */
  view(label: string): LabelView {
    const role = systemRoles[label.toLowerCase()];
    if (role !== undefined) return this.#byRole.get(role) ?? { name: label, roles: [role] };
    return this.#byPath.get(label) ?? { name: label, roles: [] };
  }

  /** What decides where a message is: its labels, or the folder where it has none, or Spam and Trash. */
  #own(views: readonly LabelView[]): readonly LabelView[] {
    if (!this.#folder.roles.includes('all')) return [this.#folder];
    const own = views.filter(
      ({ roles }) => !roles.some((role) => role === 'flagged' || role === 'important'),
    );
    return own.length === 0 ? [this.#folder] : own;
  }

  #isExcluded(own: readonly LabelView[], { folders }: Policy): boolean {
    return own.some((view) => folders.exclude.some((pattern) => folderMatches(pattern, view)));
  }
}

function kept(reason: Reason): LabelVerdict {
  return { kind: 'kept', reason };
}

/** The labels that say where a message is; \Important and \Starred come and go by themselves or with a flag. */
export function ownLabels(labels: readonly string[]): readonly string[] {
  return labels.filter((label) => !/^\\(?:important|starred|flagged)$/i.test(label)).toSorted();
}

/** Whether a message is under the same labels; of a server without labels every message is. */
export function sameLabels(
  a: readonly string[] | null | undefined,
  b: readonly string[] | null | undefined,
): boolean {
  return JSON.stringify(ownLabels(a ?? [])) === JSON.stringify(ownLabels(b ?? []));
}
