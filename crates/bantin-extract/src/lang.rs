//! The language of a text: what the page says of itself, against what the letters show. Templates are copied with their
//! `lang="en"`, so letters that only one language has weigh more than the tag.

use super::text::is_letter;

/// Returns the primary tag (BCP 47) in lower case. `told`: tags as the page has them ("vi-VN",
/// "vi_VN"), the most trusted first.
pub fn of(told: &[String], text: &str) -> Option<String> {
    let tag = told.iter().find_map(|tag| primary(tag));
    match shown(text) {
        Some(Shown::Language(lang)) => Some(lang.to_owned()),
        // A script belongs to several languages; the tag says which, if it is one of these.
        Some(Shown::Script(langs)) => {
            let fitting =
                told.iter().filter_map(|tag| primary(tag)).find(|tag| langs.contains(&&**tag));
            Some(fitting.unwrap_or_else(|| langs[0].to_owned()))
        }
        None => tag,
    }
}

fn primary(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_', ',', ';', ' ']).next()?.to_ascii_lowercase();
    let fits = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    (fits && primary != "und").then_some(primary)
}

enum Shown {
    Language(&'static str),
    Script(&'static [&'static str]),
}

/// What the first letters of a text show, where they show anything.
fn shown(text: &str) -> Option<Shown> {
    let (mut all, mut vietnamese, mut cyrillic, mut kana, mut han, mut hangul) = (0, 0, 0, 0, 0, 0);
    let (mut thai, mut greek, mut hebrew, mut arabic) = (0, 0, 0, 0);
    for letter in text.chars().filter(|c| is_letter(*c)).take(3_000) {
        all += 1;
        match letter {
            'ă' | 'đ' | 'ơ' | 'ư' | 'Ă' | 'Đ' | 'Ơ' | 'Ư' | '\u{1ea0}'..='\u{1ef9}' => {
                vietnamese += 1
            }
            '\u{370}'..='\u{3ff}' => greek += 1,
            '\u{400}'..='\u{52f}' => cyrillic += 1,
            '\u{590}'..='\u{5ff}' => hebrew += 1,
            '\u{600}'..='\u{6ff}' => arabic += 1,
            '\u{e00}'..='\u{e7f}' => thai += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => han += 1,
            '\u{ac00}'..='\u{d7af}' => hangul += 1,
            _ => {}
        }
    }
    let most = |count: usize| count * 2 > all;
    if all < 20 {
        return None;
    }
    // Vietnamese text has one of its own letters in every six or so; a foreign text with Vietnamese names far fewer.
    if vietnamese * 12 > all {
        return Some(Shown::Language("vi"));
    }
    if kana * 10 > all {
        return Some(Shown::Language("ja"));
    }
    [(hangul, "ko"), (thai, "th"), (greek, "el")]
        .into_iter()
        .find(|(count, _)| most(*count))
        .map(|(_, lang)| Shown::Language(lang))
        .or_else(|| most(han).then_some(Shown::Script(&["zh", "ja"])))
        .or_else(|| most(hebrew).then_some(Shown::Script(&["he", "yi"])))
        .or_else(|| most(arabic).then_some(Shown::Script(&["ar", "fa", "ur", "ps"])))
        .or_else(|| {
            most(cyrillic)
                .then_some(Shown::Script(&["ru", "uk", "bg", "sr", "be", "mk", "kk", "mn"]))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: &[&str], text: &str, expected: Option<&str>) {
        let told: Vec<String> = told.iter().map(|tag| (*tag).to_owned()).collect();
        assert_eq!(of(&told, text).as_deref(), expected, "{told:?} {text}");
    }

    #[test]
    fn letters_that_one_language_has_weigh_more_than_the_template() {
        let text = "Ủy ban nhân dân tỉnh vừa ban hành kế hoạch triển khai trong năm nay";
        check(&["en-US"], text, Some("vi"));
        check(&[], text, Some("vi"));
        check(&["zh"], "これは県の新しい計画についてのお知らせです。ご覧ください", Some("ja"));
    }

    #[test]
    fn the_page_says_which_language_writes_with_a_script_of_many() {
        check(&["en", "uk_UA"], "Обласна рада затвердила новий план розвитку", Some("uk"));
        check(&["en"], "Областной совет утвердил новый план развития", Some("ru"));
        check(&["de-DE"], "Der Landtag hat einen neuen Plan beschlossen", Some("de"));
    }

    #[test]
    fn a_tag_that_is_none_says_nothing() {
        check(&["", "und", "x-default", "fr"], "Bonjour", Some("fr"));
        check(&["português"], "Bom dia", None);
    }
}
