/** What the labels of one message in a Google Takeout mean. */
export interface LabelFacts {
  /** Levels of the folder. */
  readonly folder: readonly string[];
  readonly flags: readonly string[];
  /** All labels as Gmail's IMAP has them (X-GM-LABELS), its own with a backslash. None in Spam and Trash. */
  readonly labels: readonly string[];
  /** In Spam or Trash: All Mail does not hold it. */
  readonly aside: boolean;
}

/** Labels that Gmail sets itself, in the languages of its users; each in lower case. */
const system: Readonly<Record<string, string>> = {
  Inbox:
    "inbox|posteingang|boîte de réception|recibidos|bandeja de entrada|posta in arrivo|caixa de entrada|entrada|postvak in|innboks|inkorg|inkorgen|indbakke|odebrane|saapuneet|doručená pošta|doručené|beérkező levelek|gelen kutusu|εισερχόμενα|входящие|вхідні|受信トレイ|收件箱|收件匣|받은편지함|prijaté|mesaje primite|البريد الوارد|דואר נכנס|hộp thư đến|kotak masuk|peti masuk|กล่องจดหมาย|safata d'entrada|rebuts|pristigla pošta|primljeno|prejeto|входящи|примљено|इनबॉक्स|صندوق ورودی|صندوق دریافت|gautieji|iesūtne|bandexa de entrada|sarrera-ontzia|innhólf",
  Sent: 'sent|sent mail|gesendet|messages envoyés|envoyés|enviados|enviadas|posta inviata|inviati|inviata|e-mails enviados|verzonden|verzonden berichten|sendt|skickat|skickade|wysłane|lähetetyt|odeslaná pošta|odeslané|odoslané|elküldött levelek|elküldött|gönderilmiş postalar|gönderilenler|απεσταλμένα|отправленные|надіслані|送信済みメール|送信済み|已发送邮件|已发邮件|寄件備份|보낸편지함|enviado|odoslaná pošta|trimise|mesaje trimise|البريد المرسل|المرسل|الرسائل المرسلة|דואר יוצא|דואר שנשלח|נשלח|thư đã gửi|đã gửi|terkirim|surat terkirim|dihantar|mel dihantar|ส่งแล้ว|จดหมายที่ส่งแล้ว|enviats|correu enviat|poslano|poslana pošta|изпратени|изпратена поща|послато|भेजे गए|भेजा गया|ارسال‌شده|ارسال شده|išsiųsti laiškai|išsiųsta|nosūtītās|nosūtīts|saadetud|saadetud kirjad|寄件备份',
  Drafts:
    'drafts|draft|entwürfe|entwurf|brouillons|brouillon|borradores|borrador|bozze|bozza|rascunhos|rascunho|concepten|concept|utkast|kladder|kladde|wersje robocze|luonnokset|koncepty|piszkozatok|taslaklar|πρόχειρα|черновики|чернетки|下書き|草稿|임시보관함|mesaje nefinalizate|schițe|ciorne|المسودات|مسودات|טיוטות|thư nháp|bản nháp|draf|ร่างจดหมาย|จดหมายร่าง|ร่าง|esborranys|skice|osnutki|чернови|недовршене|ड्राफ़्ट|ड्राफ्ट|پیش‌نویس‌ها|پیش‌نویس|juodraščiai|melnraksti|mustandid',
  Trash:
    'trash|bin|papierkorb|corbeille|papelera|cestino|lixeira|lixo|prullenbak|papirkurv|papperskorgen|papperskorg|kosz|roskakori|koš|kôš|kuka|çöp kutusu|κάδος απορριμμάτων|корзина|кошик|ゴミ箱|已删除邮件|垃圾桶|휴지통|coș de gunoi|المهملات|سلة المهملات|אשפה|thùng rác|sampah|tong sampah|ถังขยะ|paperera|otpad|smeće|smetnjak|кошче|отпад|смеће|ट्रैश|कचरा|حذف‌شده‌ها|زباله‌دان|سطل زباله|šiukšliadėžė|šiukšlės|miskaste|atkritne|prügikast|回收站|已删除',
  Spam: 'spam|pourriel|søppelpost|skräppost|roskaposti|levélszemét|istenmeyen e-posta|ανεπιθύμητα|спам|迷惑メール|垃圾邮件|垃圾郵件|스팸함|الرسائل غير المرغوب فيها|البريد غير المرغوب فيه|غير مرغوب فيها|ספאם|דואר זבל|thư rác|จดหมายขยะ|สแปม|correu brossa|neželjena pošta|neželjeno|vsiljena pošta|nevyžiadaná pošta|непожељно|нежељена пошта|स्पैम|هرزنامه|šlamštas|mēstules|surogaatpost|rämpspost',
  Archive:
    'archived|archive|archiviert|archivé|archivés|messages archivés|archivado|archivados|archiviati|archiviata|arquivado|arquivados|arquivadas|gearchiveerd|arkivert|arkiverade|arkiveret|zarchiwizowane|архив|архивированные|アーカイブ済み|アーカイブ|已归档|已封存|all mail|arhivate|arhivat|مؤرشفة|בארכיון|הועבר לארכיון|đã lưu trữ|diarsipkan|เก็บแล้ว|arxivats|arhivirano|архивирани|архивирано|संग्रहीत|بایگانی‌شده|archivované|archivováno|보관됨|보관처리됨|封存',
  Starred:
    'starred|markiert|suivis|suivi|messages suivis|destacados|destacado|speciali|speciale|com estrela|met ster|stjernemerket|stjärnmärkt|stjernemarkeret|oznaczone gwiazdką|помеченные|із зірочкою|スター付き|已加星标|已加星號|별표편지함|cu stea|مميز بنجمة|مميزة بنجمة|ذات نجمة|מסומן בכוכב|מסומנים בכוכב|có gắn dấu sao|có gắn sao|được gắn dấu sao|berbintang|dibintangi|ติดดาว|ที่ติดดาว|destacats|sa zvjezdicom|označeno zvjezdicom|z zvezdico|със звезда|са звездицом|तारांकित|ستاره‌دار|su žvaigždute|ar zvaigznīti|tärniga|s hvězdičkou|s hviezdičkou|csillagozott|yıldızlı|με αστέρι|tähdellä merkityt',
  Unread:
    'unread|ungelesen|non lus|non lu|no leídos|no leído|non letti|da leggere|não lidas|não lidos|não lido|ongelezen|ulest|uleste|oläst|olästa|ulæst|ulæste|nieprzeczytane|lukematta|nepřečtené|neprečítané|olvasatlan|okunmadı|okunmamış|μη αναγνωσμένα|непрочитанные|непрочитані|未読|未读|未讀取|읽지않음|necitite|necitit|غير مقروءة|غير مقروء|לא נקרא|לא נקראו|chưa đọc|belum dibaca|belum baca|ยังไม่ได้อ่าน|ยังไม่อ่าน|no llegits|no llegit|nepročitano|neprebrano|непрочетени|непрочетено|непрочитано|अपठित|نخوانده|خوانده‌نشده|neskaityti|neskaityta|nelasīts|nelasīti|lugemata',
  Important:
    'important|wichtig|importants|importantes|importante|importanti|belangrijk|viktig|viktigt|vigtigt|vigtig|ważne|важные|важливі|重要|重要邮件|중요|مهمة|مهم|חשוב|quan trọng|penting|สำคัญ|važno|pomembno|важно|महत्वपूर्ण|dôležité|důležité|fontos|önemli|tärkeät|σημαντικά',
  Nothing:
    'opened|geöffnet|ouvert|ouverts|abierto|abiertos|aperti|aperto|aperta|aberto|abertos|aberta|abertas|geopend|åpnet|öppnat|öppnade|åbnet|otwarte|открытые|відкриті|開封済み|已打开|已開啟|열림|chat|chats|muted|snoozed|scheduled|all mail including spam and trash|deschise|deschis|مفتوحة|مفتوح|تم فتحها|נפתח|נפתחו|đã mở|dibuka|เปิดแล้ว|oberts|obert|otvoreno|otvorené|otevřeno|отворени|отворено|खोला गया|खोले गए|باز شده|atidaryta|atvērts|avatud|megnyitott|açıldı|avattu|ανοιγμένα',
};
const meaning = new Map(
  Object.entries(system).flatMap(([what, names]) => names.split('|').map((name) => [name, what] as const)),
);
/** Gmail's tabs, and labels that IMAP clients set. */
const sorting =
  /^(?:(?:category|kategorie|kategori|kategoria|kategória|kategorija|danh mục|หมวดหมู่|الفئة|קטגוריה|श्रेणी|دسته|类别|類別|카테고리|κατηγορία|luokka|catégorie|categoría|categoria|categorie|категория|категорія|カテゴリ)\s*[ :：「]|imap_)/iu;
/** Gmail's own labels as its IMAP has them; a star is a flag there. */
const spelled: ReadonlyMap<string | undefined, string> = new Map([
  ['Inbox', '\\Inbox'],
  ['Sent', '\\Sent'],
  ['Drafts', '\\Draft'],
  ['Important', '\\Important'],
]);
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
  const labels = splitLabels(value).map((label) => ({
    label,
    what: meaning.get(label.normalize('NFC').toLowerCase()) ?? (sorting.test(label) ? 'Nothing' : undefined),
  }));
  const known = new Set(labels.map(({ what }) => what));
  const own = labels.find(({ what }) => what === undefined)?.label;
  const levels = own?.split('/').filter((level) => level !== '') ?? [];
  const place = places.find((one) => known.has(one)) ?? 'Archive';
  const flags = [
    ...(known.has('Unread') ? [] : ['\\seen']),
    ...(known.has('Starred') ? ['\\flagged'] : []),
    ...(known.has('Drafts') ? ['\\draft'] : []),
  ];
  const aside = known.has('Trash') || known.has('Spam');
  const all = labels.flatMap(({ label, what }) => (what === undefined ? label : (spelled.get(what) ?? [])));
  return {
    folder: levels.length > 0 ? levels : [place],
    flags,
    labels: aside ? [] : [...new Set(all)],
    aside,
  };
}
