/** One language of the corpus: enough words for prose, subjects and people. */
export interface Language {
  readonly charset: 'utf-8' | 'iso-8859-1' | 'us-ascii';
  readonly words: readonly string[];
  readonly subjects: readonly string[];
}

export const languages: readonly Language[] = [
  {
    charset: 'us-ascii',
    words: (
      'the quarterly figures are attached please have a look before our meeting on Thursday and tell me whether ' +
      'we should send them to the board or wait for numbers from Berlin From what I hear they will be late again'
    ).split(' '),
    subjects: [
      'Meeting notes',
      'Invoice 2024-117',
      'Re: Quarterly figures',
      'Your order has shipped',
      'Minutes',
    ],
  },
  {
    charset: 'iso-8859-1',
    words: (
      'für die Rückmeldung vielen Dank wir prüfen das Angebot und melden uns spätestens übermorgen bei Ihnen ' +
      'Größe Straße München schöne Grüße'
    ).split(' '),
    subjects: [
      'Angebot für München',
      'Rückfrage zur Rechnung',
      'Schöne Grüße',
      'Änderung der Öffnungszeiten',
    ],
  },
  {
    charset: 'utf-8',
    words:
      'proszę o potwierdzenie spotkania w środę załączam zdjęcia z wakacji źródło świąteczne życzenia'.split(
        ' ',
      ),
    subjects: ['Zdjęcia z wakacji', 'Zażółć gęślą jaźń', 'Odp: Środa, godzina dziesiąta'],
  },
  {
    charset: 'utf-8',
    words:
      '会議の資料を添付します ご確認ください よろしくお願いいたします 来週の木曜日 東京 納期 見積書'.split(
        ' ',
      ),
    subjects: ['会議の資料について', '見積書のご送付', 'Re: 納期の件'],
  },
  {
    charset: 'utf-8',
    words:
      'добрый день прошу подтвердить получение договора с уважением отдел продаж Привет 🎉 спасибо'.split(
        ' ',
      ),
    subjects: ['Договор на подпись', 'Счёт № 42', 'С днём рождения 🎂'],
  },
];

export const people: readonly { readonly name: string; readonly address: string }[] = [
  { name: 'Ada Byron', address: 'ada@example.org' },
  { name: 'Jürgen Müller', address: 'j.mueller@firma.example' },
  { name: 'Łucja Żak', address: 'lucja@poczta.example' },
  { name: '山田太郎', address: 'yamada@kaisha.example' },
  { name: 'Ольга Иванова', address: 'olga@pochta.example' },
  { name: 'Build Robot', address: 'ci@builds.example' },
  { name: 'Weekly News', address: 'news@letters.example' },
  { name: 'Rita Vale', address: 'rita@rival.example' },
];
