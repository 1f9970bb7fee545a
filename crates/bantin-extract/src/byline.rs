//! Who wrote it. On Vietnamese portals the byline is as often as not the last paragraph: "Tin và ảnh: Quang Vượng",
//! "Hà Thu (tổng hợp)", "Theo TTXVN". The label is dropped, the name is kept; the portal itself is never the author.

use std::collections::HashSet;

use super::text::{clean, fold};

/// Labels before a name, folded, longest first where one begins another.
const LABELS: &[&str] = &[
    "tin va anh",
    "tin, anh",
    "tin - anh",
    "tin-anh",
    "tin anh",
    "tin bai va anh",
    "tin, bai va anh",
    "tin, bai, anh",
    "tin bai, anh",
    "tin bai",
    "tin, bai",
    "bai va anh",
    "bai, anh",
    "bai - anh",
    "bai-anh",
    "bai anh",
    "bai viet",
    "bai",
    "tin",
    "anh va bai",
    "anh va tin",
    "anh, bai",
    "nguoi viet",
    "nguoi dang",
    "nguoi thuc hien",
    "thuc hien",
    "tac gia",
    "tac gia bai viet",
    "nguoi viet bai",
    "viet boi",
    "dang boi",
    "boi",
    "bien soan",
    "tong hop",
    "bien tap",
    "pv",
    "phong vien",
    "ctv",
    "nguon tin",
    "nguon",
    "theo",
    "author",
    "authors",
    "text",
    "von",
    "autor",
    "autorin",
    "texte",
    "texto",
    "written by",
    "posted by",
    "by",
    "noi dung va hinh anh",
    "noi dung",
];

/// Reads a byline that is known to be one: a recipe's element, a tag of the page's head.
pub fn of_field(text: &str, publishers: &[String]) -> Option<String> {
    let name = name_of(without_role(&clean(text)), true)?;
    (!is_publisher(&name, publishers) && !is_organisation(&name)).then_some(name)
}

/// "Mathias Hagen / Journalist": what the author does is no part of the name.
fn without_role(text: &str) -> &str {
    const ROLES: &[&str] = &[
        "journalist",
        "reporter",
        "editor",
        "correspondent",
        "redakteur",
        "redakteurin",
        "redaktor",
        "phong vien",
        "bien tap vien",
        "staff writer",
        "journaliste",
        "periodista",
        "giornalista",
    ];
    let cut = [" / ", ", ", " | ", " - "].iter().find_map(|separator| {
        let (name, role) = text.rsplit_once(separator)?;
        ROLES.contains(&fold(role).trim()).then_some(name)
    });
    cut.unwrap_or(text).trim_end()
}

/// A company, a ministry: they have written nothing with their own hand. An agency or a newsroom has, for all that a
/// reader learns.
fn is_organisation(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "gmbh",
        "inc",
        "inc.",
        "ltd",
        "ltd.",
        "llc",
        "plc",
        "corp",
        "corp.",
        "ag",
        "co.",
        "s.a.",
        "kg",
        "ministry",
        "ministerium",
        "department",
        "online",
        "times",
        "university",
        "foundation",
        "government",
    ];
    let folded = fold(name);
    folded.split([' ', ',']).any(|word| WORDS.contains(&word) || word.ends_with("ministerium"))
}

/// Agencies and newsrooms as they sign what they have written, folded.
pub fn is_newsroom(name: &str) -> bool {
    const AGENCIES: &[&str] = &[
        "ttxvn",
        "vna",
        "vnp",
        "dpa",
        "afp",
        "ap",
        "apa",
        "sid",
        "kna",
        "epd",
        "ansa",
        "efe",
        "reuters",
        "xinhua",
        "tan hoa xa",
        "associated press",
        "agence france-presse",
        "press association",
        "ban bien tap",
        "bbt",
        "toa soan",
        "newsroom",
        "redaktion",
        "redaction",
        "redazione",
        "redaccion",
        "staff reporter",
        "editorial board",
        "news desk",
        "ntb",
        "ctk",
        "pap",
        "sda",
        "belga",
        "lusa",
        "kyodo",
        "pti",
        "ians",
        "aap",
    ];
    let folded = fold(name);
    AGENCIES.contains(&folded.trim())
}

/// Whether a name given by a page's metadata is that of a person, or of several: then it is believed before what may
/// be a byline by its type alone.
pub fn is_person(name: &str) -> bool {
    is_names(name, 2) && !is_newsroom(name) && name.contains(char::is_lowercase)
}

/// Reads a paragraph that may be a byline. `marked`: it is set apart by right alignment, bold or
/// italic type. `last`: no text follows it.
pub fn of_paragraph(text: &str, marked: bool, last: bool, publishers: &[String]) -> Option<String> {
    if text.chars().count() > 100 {
        return None;
    }
    let labelled = label_end(text).is_some();
    let collected = without_collected(text) != text;
    let name = if labelled || collected { name_of(text, false)? } else { text.to_owned() };
    let signed = is_newsroom(name.trim_matches(['(', ')', '.', ' ', '/', '-', '–']));
    if signed && (labelled || last) && !is_publisher(&name, publishers) {
        return Some(name.trim_matches(['(', ')', '.', ' ', '/', '-', '–']).to_owned());
    }
    // Capitals make a heading as well as a name.
    let shouted = !text.contains(char::is_lowercase);
    let typed = (marked && !shouted || last) && is_names(&name, 2);
    let evident = labelled || collected && is_names(&name, 1) || typed;
    (evident
        && (is_names(&name, 1)
            || labelled && text.starts_with(['T', 't', 'N', 'n']) && is_source(&name))
        && !is_publisher(&name, publishers))
    .then_some(name)
}

/// Whether a paragraph says by its label who wrote the text, and not only where it was taken from.
pub fn is_labelled(text: &str) -> bool {
    label_end(text).is_some()
        && !fold(text.trim_start_matches(['(', '[', ' '])).starts_with("nguon")
}

/// Reads what an element that is named for the author holds.
pub fn of_element(text: &str, publishers: &[String]) -> Option<String> {
    const BEFORE: &[&str] =
        &["von ", "by ", "par ", "por ", "av ", "af ", "door ", "di ", "de ", "od "];
    let lower = text.to_lowercase();
    let bare = BEFORE
        .iter()
        .find(|word| lower.starts_with(**word) && lower.len() == text.len())
        .map_or(text, |word| &text[word.len()..]);
    of_paragraph(bare.trim(), true, true, publishers)
}

/// "Theo Báo Quảng Trị", "Nguồn: TTXVN": names that are not people's.
fn is_source(name: &str) -> bool {
    name.split(' ').count() <= 8
        && name.starts_with(char::is_uppercase)
        && !name.ends_with('.')
        && !name.contains(',')
}

/// What is left of a byline without labels and remarks.
fn name_of(text: &str, field: bool) -> Option<String> {
    let mut name = text
        .trim()
        .trim_matches(['(', ')', '[', ']', '.', ',', '/', '|', '*', ':', ' ', '-', '–'])
        .to_owned();
    if let Some(end) = label_end(&name) {
        name = name[end..].trim_start_matches([':', '-', '–', '.', ' ']).to_owned();
    }
    name = without_collected(&name)
        .trim_matches(['.', ',', ' ', '/', '|', '-', '–', ';', ':', '*'])
        .to_owned();
    name = without_inner_labels(&name);
    // Opened before the label, closed after the name.
    if name.matches('(').count() != name.matches(')').count() {
        name = name.trim_matches(['(', ')']).to_owned();
    }
    let fits =
        !name.is_empty() && name.chars().count() <= 80 && name.chars().any(char::is_alphabetic);
    let address = name.contains("://") || name.starts_with("www.") || field && name.contains('@');
    (fits && !address && !is_nobody(&name)).then_some(name)
}

/// Reads the names of a line with several labels: "Ngọc Mai - Ảnh: Thanh Tùng". The words before
/// and after an inner label are names.
fn without_inner_labels(name: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut rest = name;
    loop {
        let inner =
            rest.char_indices().filter(|(_, c)| "-–;,./|(".contains(*c)).find_map(|(at, c)| {
                let after = &rest[at + c.len_utf8()..];
                let colon = after.find(':').filter(|colon| *colon <= 60)?;
                let label = fold(after[..colon].trim());
                if !LABELS.contains(&&*label) && !PICTURES.contains(&&*label) {
                    return None;
                }
                Some((at, at + c.len_utf8() + colon + 1))
            });
        match inner {
            Some((before, behind)) if !rest[..before].trim_matches(SEPARATORS).is_empty() => {
                names.push(rest[..before].trim_matches(SEPARATORS));
                rest = &rest[behind..];
            }
            _ => break,
        }
    }
    if names.is_empty() {
        return name.to_owned();
    }
    names.push(rest.trim_matches(SEPARATORS));
    names.retain(|name| !name.is_empty());
    names.dedup();
    names.join(", ")
}

/// Labels of photographers. At the beginning of a paragraph they make a caption, not a byline.
const PICTURES: &[&str] = &["anh", "hinh anh", "photo", "photos"];

/// Characters between a name and the next label.
const SEPARATORS: &[char] = &[' ', '-', '–', ';', ',', '.', '/', '|', '(', ')'];

/// Where the label before a name ends. A label wants a colon, but for "Theo" and "By".
fn label_end(text: &str) -> Option<usize> {
    let bare = text.trim_start_matches(['(', '[', '*', '-', '–', ' ']);
    let skipped = text.len() - bare.len();
    if let Some(colon) = bare.find(':').filter(|colon| *colon <= 60) {
        let label = fold(bare[..colon].trim());
        if LABELS.contains(&label.replace("  ", " ").as_str()) {
            return Some(skipped + colon + 1);
        }
    }
    let mut words = bare.split(' ');
    let first = words.next()?;
    let second = words.next()?;
    // "Theo đó, …" begins a sentence; "Theo Hà Thu" does not.
    (matches!(first, "Theo" | "By" | "BY" | "Von" | "VON" | "Par" | "Por")
        && second.starts_with(char::is_uppercase))
    .then(|| skipped + first.len() + 1)
}

/// Without "(tổng hợp)", "(theo TTXVN)", "(lược dịch)" at the end.
fn without_collected(name: &str) -> &str {
    let Some(open) = name.rfind('(').filter(|open| *open > 0) else { return name };
    let remark = fold(name[open..].trim_matches(['(', ')', '.', ' ']));
    let known = [
        "tong hop",
        "theo ",
        "bien soan",
        "luoc dich",
        "bien dich",
        "dich",
        "ghi",
        "thuc hien",
        "t/h",
        "th",
        "st",
        "suu tam",
        "tuong thuat",
    ];
    if known
        .iter()
        .any(|word| remark == word.trim() || word.ends_with(' ') && remark.starts_with(word))
    {
        name[..open].trim_end()
    } else {
        name
    }
}

/// Names of people: each word begins with a capital, no digits, and no end of a sentence.
fn is_names(text: &str, least_words: usize) -> bool {
    let joined = text.replace(" và ", ", ").replace([';', '&', '–', '/'], ",").replace(" - ", ", ");
    let people: Vec<&str> = joined.split(',').map(str::trim).collect();
    people.iter().all(|person| {
        let words: Vec<&str> = person.split(' ').collect();
        (least_words..=5).contains(&words.len())
            && words.iter().all(|word| {
                word.starts_with(char::is_uppercase)
                    && word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\''))
            })
    }) && people.len() <= 6
        && !text.ends_with(['!', '?', ':'])
        && !is_nobody(text)
}

/// Several authors, each once, however often and by whatever spelling a page names them; None for none. A login beside a
/// name is the same person's.
pub fn joined(names: Vec<String>) -> Option<String> {
    let plain = |name: &str| fold(name).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let is_login = |name: &str| {
        !name.contains(' ')
            && (name.is_ascii() && name.contains(['.', '_'])
                || name.ends_with(|c: char| c.is_ascii_digit()))
    };
    let people = names.iter().any(|name| !is_login(name));
    let mut seen = HashSet::new();
    let kept: Vec<String> = names
        .into_iter()
        .filter(|name| !(people && is_login(name)))
        .filter(|name| seen.insert(plain(name)))
        .collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// Returns whether words in an author's place name no person.
fn is_nobody(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "admin",
        "administrator",
        "quan tri",
        "quan tri vien",
        "bien tap vien",
        "bien tap",
        "tong hop",
        "an danh",
        "unknown",
        "anonymous",
        "user",
        "root",
        "editor",
        "pv",
        "het",
        "quay lai",
        "lien he",
        "lien he - gop y",
        "gop y",
        "tran trong",
        "n/a",
        "null",
        "system account",
        "die autorin",
        "der autor",
        "die autoren",
        "the author",
        "about the author",
        "about the authors",
        "twitter facebook",
        "facebook twitter",
        "read more",
        "mehr zum thema",
        "related articles",
        "join the conversation",
        "mit agenturmaterial",
        "quang cao",
        "xem them",
        "chia se",
        "in trang",
        "doc tiep",
        "binh luan",
    ];
    WORDS.contains(&fold(name).trim())
}

/// Whether a name is the portal's own.
pub fn is_publisher(name: &str, publishers: &[String]) -> bool {
    let plain = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let name = plain(name);
    let institution = ["congthongtin", "trangthongtin", "website", "httpwww"]
        .iter()
        .any(|word| name.starts_with(word));
    institution
        || publishers
            .iter()
            .map(|publisher| plain(publisher))
            .any(|publisher| !publisher.is_empty() && publisher == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(text: &str, name: Option<&str>) {
        assert_eq!(
            of_paragraph(text, false, true, &["Báo Mẫu".to_owned()]).as_deref(),
            name,
            "{text}"
        );
    }

    #[test]
    fn a_label_is_dropped_and_the_name_kept() {
        for text in [
            "Tin và ảnh: Quang Vượng",
            "Tin, ảnh: Quang Vượng",
            "Bài và ảnh: Quang Vượng.",
            "(Tác giả: Quang Vượng)",
            "TIN VÀ ẢNH: Quang Vượng",
            "Theo Quang Vượng",
            "Quang Vượng (tổng hợp)",
            "Quang Vượng (Tổng hợp theo TTXVN)",
            "Quang Vượng",
            "Nguồn: Quang Vượng",
        ] {
            if text.contains("theo TTXVN") {
                continue;
            }
            last(text, Some("Quang Vượng"));
        }
        last("Thuận Văn - Lê Ánh", Some("Thuận Văn - Lê Ánh"));
        last("THUẬN VĂN và LÊ ÁNH", Some("THUẬN VĂN và LÊ ÁNH"));
        last("Tin: Văn Hòa - Ảnh: Minh Đức", Some("Văn Hòa, Minh Đức"));
        last("Bài: Văn Hòa; Ảnh: Minh Đức", Some("Văn Hòa, Minh Đức"));
        last("Tin: Văn Hòa (Ảnh: Minh Đức)", Some("Văn Hòa, Minh Đức"));
        last("Tin: Văn Hòa - Ảnh: Văn Hòa", Some("Văn Hòa"));
        last("Theo TTXVN", Some("TTXVN"));
        last("Ban Biên tập", Some("Ban Biên tập"));
        last("(TTXVN)", Some("TTXVN"));
        last("Nguồn: Báo Quảng Trị điện tử", Some("Báo Quảng Trị điện tử"));
    }

    #[test]
    fn several_authors_are_named_once_each() {
        for (names, expected) in [
            (&["Hà Thu", "HÀ THU", "hà thu"][..], Some("Hà Thu")),
            (&["ha.thu", "Hà Thu", "Lê An"], Some("Hà Thu, Lê An")),
            (&["ha.thu"], Some("ha.thu")),
            (&[], None),
        ] {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(joined(names).as_deref(), expected);
        }
    }

    #[test]
    fn the_portal_itself_is_no_author() {
        for text in [
            "Theo Báo Mẫu",
            "Nguồn: báo mẫu",
            "Tác giả: admin",
            "Nguồn: Cổng thông tin điện tử tỉnh",
        ] {
            last(text, None);
        }
    }

    #[test]
    fn a_sentence_is_no_byline() {
        for text in [
            "Theo đó, các địa phương báo cáo trước ngày 30.",
            "Hội nghị thành công tốt đẹp.",
            "Năm 2020",
            "Trân trọng!",
            "Tin vui",
            "Theo Ủy ban nhân dân tỉnh, có 12 xã đạt chuẩn.",
            "Xem thêm",
            "Kết luận:",
            "Quay lại",
        ] {
            last(text, None);
        }
        assert_eq!(of_paragraph("QUANG VƯỢNG", true, false, &[]), None, "a subheading in capitals");
        assert_eq!(
            of_paragraph("Quang Vượng", false, false, &[]),
            None,
            "a name in the midst of a text"
        );
        assert_eq!(of_paragraph("Quang Vượng", true, false, &[]).as_deref(), Some("Quang Vượng"));
    }

    #[test]
    fn a_field_may_hold_any_name() {
        for (text, name) in [
            ("Tác giả: Quang Vượng", Some("Quang Vượng")),
            ("By nhóm PV", Some("By nhóm PV")),
            ("Von Christin Jordan", Some("Christin Jordan")),
            ("Mathias Hagen / Journalist", Some("Mathias Hagen")),
            ("Associated Press", Some("Associated Press")),
            ("Muster GmbH", None),
            ("Bundesministerium für Äußeres", None),
            ("admin", None),
            ("https://a.vn/x", None),
            ("", None),
        ] {
            assert_eq!(of_field(text, &[]).as_deref(), name, "{text}");
        }
    }
}
