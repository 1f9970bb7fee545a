//! Text that was encoded as UTF-8 twice: each byte of a letter was taken for a letter of windows-1252 (or Latin-1) and
//! encoded again. Databases of PHP portals hold such text beside right text, so it is repaired letter by letter.

/// Letters with a Vietnamese tone become "á»…" or "áº…", which no right text has three of.
const MARKS: [&str; 2] = ["á»", "áº"];
/// Vietnamese letters that a text must have in this way before anything is believed.
const LEAST: usize = 2;

/// Returns the text with what was encoded twice decoded once; None where there is nothing of the kind.
pub fn repair(text: &str) -> Option<String> {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let toned = MARKS.iter().flat_map(|mark| text.match_indices(mark));
    let toned =
        toned.filter(|(at, _)| letter_at(&text[*at..]).is_some_and(|(letter, _)| is_toned(letter)));
    if toned.take(LEAST).count() < LEAST {
        return None;
    }
    let mut repaired = String::with_capacity(text.len());
    for segment in text.split_inclusive(['<', '>', '\n', '"']) {
        repair_segment(segment, &mut repaired);
    }
    Some(repaired)
}

/// Repairs one stretch of text, if anything in it can only be letters encoded twice.
fn repair_segment(segment: &str, repaired: &mut String) {
    let mut found = false;
    let start = repaired.len();
    let mut rest = segment;
    while let Some(first) = rest.chars().next() {
        match letter_at(rest).filter(|_| !first.is_ascii()) {
            Some((letter, length)) => {
                found |= !is_doubtful(letter);
                repaired.push(letter);
                rest = &rest[length..];
            }
            None => {
                repaired.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    if !found {
        repaired.truncate(start);
        repaired.push_str(segment);
    }
}

/// The letter whose bytes in UTF-8 are the letters that `text` begins with, and how many bytes those take here.
fn letter_at(text: &str) -> Option<(char, usize)> {
    let mut letters = text.chars();
    let first = byte_of(letters.next()?)?;
    let count = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [first, 0, 0, 0];
    for byte in &mut bytes[1..count] {
        *byte = byte_of(letters.next()?)?;
    }
    let letter = std::str::from_utf8(&bytes[..count]).ok()?.chars().next()?;
    is_plausible(letter).then(|| (letter, text.len() - letters.as_str().len()))
}

/// The byte that windows-1252, or Latin-1 in its gaps, shows as this letter; none of ASCII.
fn byte_of(letter: char) -> Option<u8> {
    const FROM_80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match letter {
        '\u{80}'..='\u{ff}' => u8::try_from(u32::from(letter)).ok(),
        other => FROM_80.chars().position(|known| known == other).map(|at| 0x80 + at as u8),
    }
}

fn is_plausible(letter: char) -> bool {
    matches!(letter,
        '\u{a0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2044}'
        | '\u{20ab}' | '\u{2190}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}')
}

/// With a tone or a mark that only Vietnamese has.
fn is_toned(letter: char) -> bool {
    matches!(letter, '\u{1ea0}'..='\u{1ef9}')
}

/// What right text may spell by chance: "Ã" before a hard space, "Â" before a quotation mark.
fn is_doubtful(letter: char) -> bool {
    !matches!(letter, 'á'..='ý' | 'Á'..='Ý' | '\u{102}'..='\u{1b0}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a text when each byte is taken for a letter.
    fn encoded_again(text: &str, latin: bool) -> String {
        let (windows, _, _) = encoding_rs::WINDOWS_1252.decode(text.as_bytes());
        match latin {
            true => text.bytes().map(char::from).collect(),
            false => windows.into_owned(),
        }
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(repair(text).as_deref().unwrap_or(text), expected, "{text:?}");
    }

    #[test]
    fn text_encoded_twice_is_decoded_once_more() {
        for right in [
            "Hội nghị triển khai nhiệm vụ thu ngân sách",
            "Đoàn công tác kiểm tra tiến độ cầu qua sông Minh",
            "Tăng cường phòng cháy rừng trong mùa khô",
            "Họp báo “thường kỳ” – tình hình kinh tế… của tỉnh",
            "ĐẠI HỘI ĐẢNG BỘ XÃ TÂN LẬP",
            "Giá 5.000 ₫ một lượt, ổn định từ tháng Mười Một",
            "Quyết định số 12/QĐ-UBND về việc phê duyệt",
            "<li><a href=\"/t/4.html\">Kiểm tra công tác chuẩn bị</a></li>",
            "{\"title\":\"Lấy ý kiến nhân dân về quy hoạch\",\"id\":4}",
            "Chúc mừng 🎉 các thầy cô giáo nhân ngày 20/11 ở huyện",
        ] {
            check(&encoded_again(right, false), right);
            check(&encoded_again(right, true), right);
        }
    }

    #[test]
    fn right_text_beside_it_stays() {
        let twice = encoded_again("Hội nghị quyết định", false);
        check(
            &format!("<p>MÃ\u{a0}SỐ THUẾ</p><h2>{twice}</h2>"),
            "<p>MÃ\u{a0}SỐ THUẾ</p><h2>Hội nghị quyết định</h2>",
        );
        check(
            &format!("<p>Nghị định</p><p>{twice}</p>"),
            "<p>Nghị định</p><p>Hội nghị quyết định</p>",
        );
    }

    #[test]
    fn right_text_is_left_alone() {
        for right in [
            "Café Ã đào và quán “Â” mở cửa đón khách đầu năm",
            "MÃ\u{a0}SỐ và MÃ\u{a0}VẠCH",
            "«quá» và «há»: hai chữ; áº và á» đứng một mình",
            "Ä‘ là một lỗi thường gặp, viết tắt của đ",
            "Façade, naïve, Ærø, Ångström, 25°C, §5, 1º andar",
            "Hội nghị triển khai nhiệm vụ",
            "",
        ] {
            check(right, right);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in ["á»", "áº", "á»™á»™á»", "á»‹á»‹ð", "á»‹á»‹ðŸ", "á»‹á»‹Ã", "\u{feff}á»‹á»‹â€"]
        {
            repair(text);
        }
    }
}
