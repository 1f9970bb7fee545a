//! Words of dates in languages besides Vietnamese and English, folded: months, weekdays, words
//! around a date. Months and weekdays follow the Unicode CLDR, with the shorter forms that sites
//! print. Several of these words have other meanings ("mai", "set"), so they count only beside a
//! day and a year of four digits.

/// Months by language: each line has twelve, a form that inflects has a line of its own.
#[rustfmt::skip]
const MONTHS: &[[&str; 12]] = &[
    // German
    ["januar", "februar", "marz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"],
    ["janner", "feber", "maerz", "apr", "mai", "jun", "jul", "aug", "sept", "okt", "nov", "dez"],
    // French
    ["janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre"],
    ["janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec"],
    // Spanish
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
    ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "setiembre", "oct", "nov", "dic"],
    // Portuguese
    ["janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
    ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"],
    // Italian
    ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
    ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
    // Dutch
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"],
    // Swedish, Danish, Norwegian
    ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
    ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "desember"],
    // Finnish
    ["tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesakuuta", "heinakuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta"],
    // Polish
    ["stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "wrzesnia", "pazdziernika", "listopada", "grudnia"],
    // Czech, Slovak
    ["ledna", "unora", "brezna", "dubna", "kvetna", "cervna", "cervence", "srpna", "zari", "rijna", "listopadu", "prosince"],
    ["januara", "februara", "marca", "aprila", "maja", "juna", "jula", "augusta", "septembra", "oktobra", "novembra", "decembra"],
    // Slovene, Croatian
    ["januar", "februar", "marec", "april", "maj", "junij", "julij", "avgust", "september", "oktober", "november", "december"],
    ["sijecnja", "veljace", "ozujka", "travnja", "svibnja", "lipnja", "srpnja", "kolovoza", "rujna", "listopada", "studenoga", "prosinca"],
    // Romanian, Hungarian, Turkish
    ["ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"],
    ["januar", "februar", "marcius", "aprilis", "majus", "junius", "julius", "augusztus", "szeptember", "oktober", "november", "december"],
    ["ocak", "subat", "mart", "nisan", "mayıs", "haziran", "temmuz", "agustos", "eylul", "ekim", "kasım", "aralık"],
    // Indonesian, Malay
    ["januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november", "desember"],
    ["januari", "februari", "mac", "april", "mei", "jun", "julai", "ogos", "september", "oktober", "november", "disember"],
    // Russian, Ukrainian
    ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    ["январь", "февраль", "март", "апрель", "маи", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"],
    ["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
    ["січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"],
    // Greek
    ["ιανουαριου", "φεβρουαριου", "μαρτιου", "απριλιου", "μαιου", "ιουνιου", "ιουλιου", "αυγουστου", "σεπτεμβριου", "οκτωβριου", "νοεμβριου", "δεκεμβριου"],
    ["ιαν", "φεβ", "μαρ", "απρ", "μαι", "ιουν", "ιουλ", "αυγ", "σεπ", "οκτ", "νοε", "δεκ"],
];

pub fn month(folded: &str) -> Option<u32> {
    let of = |months: &[&str; 12]| months.iter().position(|month| *month == folded);
    MONTHS.iter().find_map(of).map(|at| at as u32 + 1)
}

/// A Thai month in full or as it is shortened, without its last mark: "พ.ย". Not folded, since only their vowels tell
/// some of them apart.
#[rustfmt::skip]
pub fn thai_month(text: &str) -> Option<u32> {
    const FULL: [&str; 12] = [
        "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน", "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม",
        "พฤศจิกายน", "ธันวาคม",
    ];
    const SHORT: [&str; 12] = [
        "ม.ค", "ก.พ", "มี.ค", "เม.ย", "พ.ค", "มิ.ย", "ก.ค", "ส.ค", "ก.ย", "ต.ค", "พ.ย", "ธ.ค",
    ];
    let of = |months: &[&str; 12]| months.iter().position(|month| *month == text);
    of(&FULL).or_else(|| of(&SHORT)).map(|at| at as u32 + 1)
}

/// Whether a word names a weekday, in full: the short forms are too many things.
#[rustfmt::skip]
pub fn is_weekday(folded: &str) -> bool {
    const WEEKDAYS: &[&str] = &[
        "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag",
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        "lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo",
        "lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica",
        "segunda", "terca", "quarta", "quinta", "sexta", "feira",
        "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
        "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lordag", "sondag", "tisdag", "lordag",
        "poniedzialek", "wtorek", "sroda", "czwartek", "piatek", "sobota", "niedziela",
        "pondeli", "utery", "streda", "ctvrtek", "patek", "nedele",
        "senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu",
        "pazartesi", "salı", "carsamba", "persembe", "cuma", "cumartesi", "pazar",
        "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
    ];
    WEEKDAYS.contains(&folded)
}

/// Words around a date that say nothing else: "del", "Uhr", "um", "г.", "WIB".
#[rustfmt::skip]
pub fn is_label(folded: &str) -> bool {
    const WORDS: &[&str] = &[
        "de", "del", "di", "du", "le", "el", "il", "las", "alle", "ore", "as", "am", "um", "den", "der", "vom", "uhr",
        "kl", "klo", "om", "op", "g", "r", "г", "в", "года", "р", "wib", "wita", "publie", "publicado", "publicato",
        "veroffentlicht", "erstellt", "oggi", "date", "datum", "fecha", "data", "tanggal", "วนท", "เวลา", "น",
    ];
    // "最終更新日", "公開日", "发布时间", "来源": written without blanks, so whole.
    const SIGNS: &[&str] = &["更新", "公開", "掲載", "発表", "发布", "發布", "時間", "时间", "日期"];
    WORDS.contains(&folded) || is_updated(folded) || SIGNS.iter().any(|sign| folded.contains(sign))
}

/// "Actualizado", "Aktualisiert am": what follows is the date of a change.
pub fn is_updated(folded: &str) -> bool {
    const WORDS: &[&str] = &[
        "actualizado",
        "actualise",
        "aktualisiert",
        "aktualizacja",
        "aggiornato",
        "atualizado",
        "bijgewerkt",
        "oppdatert",
        "uppdaterad",
        "opdateret",
        "guncelleme",
        "обновлено",
        "diperbarui",
    ];
    WORDS.contains(&folded)
}

/// How many days ago a word says: today and yesterday.
pub fn days_ago(folded: &str) -> Option<u64> {
    match folded {
        "heute" | "aujourd" | "hoy" | "hoje" | "oggi" | "vandaag" | "idag" | "dzis" | "dzisiaj"
        | "сегодня" | "今日" | "今天" => Some(0),
        "gestern" | "hier" | "ayer" | "ontem" | "ieri" | "gisteren" | "igar" | "wczoraj"
        | "kemarin" | "вчера" | "昨日" | "昨天" => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::text::fold;
    use super::*;

    #[test]
    fn the_words_are_folded_as_those_of_a_text_are() {
        for word in MONTHS.iter().flatten() {
            assert_eq!(fold(word), **word);
        }
    }
}
