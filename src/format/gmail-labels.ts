/** What the labels of one message in a Google Takeout mean: its folder, and its flags. */
export interface LabelFacts {
  /** Levels of the folder. */
  readonly folder: readonly string[];
  readonly flags: readonly string[];
}

/** Labels that Gmail sets itself, in the languages of its users; each in lower case. */
const system: Readonly<Record<string, string>> = {
  Inbox:
    'inbox|posteingang|boîte de réception|recibidos|bandeja de entrada|posta in arrivo|caixa de entrada|entrada|postvak in|innboks|inkorg|inkorgen|indbakke|odebrane|saapuneet|doručená pošta|doručené|beérkező levelek|gelen kutusu|εισερχόμενα|входящие|вхідні|受信トレイ|收件箱|收件匣|받은편지함',
  Sent: 'sent|sent mail|gesendet|messages envoyés|envoyés|enviados|enviadas|posta inviata|inviati|inviata|e-mails enviados|verzonden|verzonden berichten|sendt|skickat|skickade|wysłane|lähetetyt|odeslaná pošta|odeslané|odoslané|elküldött levelek|elküldött|gönderilmiş postalar|gönderilenler|απεσταλμένα|отправленные|надіслані|送信済みメール|送信済み|已发送邮件|已发邮件|寄件備份|보낸편지함',
  Drafts:
    'drafts|draft|entwürfe|entwurf|brouillons|brouillon|borradores|borrador|bozze|bozza|rascunhos|rascunho|concepten|concept|utkast|kladder|kladde|wersje robocze|luonnokset|koncepty|piszkozatok|taslaklar|πρόχειρα|черновики|чернетки|下書き|草稿|임시보관함',
  Trash:
    'trash|bin|papierkorb|corbeille|papelera|cestino|lixeira|lixo|prullenbak|papirkurv|papperskorgen|papperskorg|kosz|roskakori|koš|kôš|kuka|çöp kutusu|κάδος απορριμμάτων|корзина|кошик|ゴミ箱|已删除邮件|垃圾桶|휴지통',
  Spam: 'spam|pourriel|søppelpost|skräppost|roskaposti|levélszemét|istenmeyen e-posta|ανεπιθύμητα|спам|迷惑メール|垃圾邮件|垃圾郵件|스팸함',
  Archive:
    'archived|archive|archiviert|archivé|archivés|messages archivés|archivado|archivados|archiviati|archiviata|arquivado|arquivados|arquivadas|gearchiveerd|arkivert|arkiverade|arkiveret|zarchiwizowane|архив|архивированные|アーカイブ済み|アーカイブ|已归档|已封存|all mail',
  Starred:
    'starred|markiert|suivis|suivi|messages suivis|destacados|destacado|speciali|speciale|com estrela|met ster|stjernemerket|stjärnmärkt|stjernemarkeret|oznaczone gwiazdką|помеченные|із зірочкою|スター付き|已加星标|已加星號|별표편지함',
  Unread:
    'unread|ungelesen|non lus|non lu|no leídos|no leído|non letti|da leggere|não lidas|não lidos|não lido|ongelezen|ulest|uleste|oläst|olästa|ulæst|ulæste|nieprzeczytane|lukematta|nepřečtené|neprečítané|olvasatlan|okunmadı|okunmamış|μη αναγνωσμένα|непрочитанные|непрочитані|未読|未读|未讀取|읽지않음',
  Nothing:
    'opened|geöffnet|ouvert|ouverts|abierto|abiertos|aperti|aperto|aperta|aberto|abertos|aberta|abertas|geopend|åpnet|öppnat|öppnade|åbnet|otwarte|открытые|відкриті|開封済み|已打开|已開啟|열림|important|wichtig|importants|importantes|importante|importanti|belangrijk|viktig|viktigt|vigtigt|vigtig|ważne|важные|важливі|重要|重要邮件|중요|chat|chats|muted|snoozed|scheduled|all mail including spam and trash',
};
const meaning = new Map(
  Object.entries(system).flatMap(([what, names]) => names.split('|').map((name) => [name, what] as const)),
);
/** Gmail's tabs, and labels that IMAP clients set. */
const sorting =
  /^(?:(?:category|kategorie|kategori|kategoria|catégorie|categoría|categoria|categorie|категория|категорія|カテゴリ)\s*[ :：「]|imap_)/iu;
/** Where a message without a label of its own is, in this order. */
const places = ['Trash', 'Spam', 'Drafts', 'Inbox', 'Sent'];

/** The labels of a value of X-Gmail-Labels, decoded: commas part them, but not in quotes. */
export function splitLabels(value: string): readonly string[] {
  const labels: string[] = [];
  let label = '';
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at] ?? '';
    if (character === '\\' && quoted && at + 1 < value.length) label += value[++at] ?? '';
    else if (character === '"' && quoted && value[at + 1] === '"') label += value[++at] ?? '';
    else if (character === '"' && (quoted || label.trim() === '')) quoted = !quoted;
    else if (character === ',' && !quoted) {
      labels.push(label);
      label = '';
    } else label += character;
  }
  return [...labels, label].map((one) => one.trim()).filter((one) => one !== '');
}

/**
 * The first label of the user is the folder (`/` parts its levels), else where Gmail shows the message.
 * What is not Unread was seen; Starred is flagged.
 */
export function labelFacts(value: string): LabelFacts {
  const labels = splitLabels(value);
  const known = new Set(labels.map((label) => meaning.get(label.normalize('NFC').toLowerCase())));
  const own = labels.find(
    (label) => !meaning.has(label.normalize('NFC').toLowerCase()) && !sorting.test(label),
  );
  const levels = own?.split('/').filter((level) => level !== '') ?? [];
  const place = places.find((one) => known.has(one)) ?? 'Archive';
  const flags = [
    ...(known.has('Unread') ? [] : ['\\seen']),
    ...(known.has('Starred') ? ['\\flagged'] : []),
    ...(known.has('Drafts') ? ['\\draft'] : []),
  ];
  return { folder: levels.length > 0 ? levels : [place], flags };
}
