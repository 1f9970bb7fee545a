//! The `wrap` filter of text templates: lines that every mail program shows whole.

/// RFC 5322 §2.1.1 asks for lines of at most 78; answers put "> " before them.
const COLUMNS: usize = 74;

/// `text|wrap("* ", "  ")`: broken at blanks into lines of at most 74 characters, the first led by the first text, the
/// others by the second. A word that is longer, such as an address, stays whole on a line of its own.
pub fn wrapped(text: String, first: Option<String>, rest: Option<String>) -> String {
    let first = first.unwrap_or_default();
    let rest = rest.unwrap_or_default();
    let mut lines = Vec::new();
    let mut line = first.clone();
    let (mut column, mut empty) = (first.chars().count(), true);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !empty && column + 1 + length > COLUMNS {
            lines.push(std::mem::replace(&mut line, rest.clone()));
            (column, empty) = (rest.chars().count(), true);
        }
        if !empty {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += length;
        empty = false;
    }
    lines.push(line);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_long_words_stay_whole() {
        let words = "Sở Thông tin và Truyền thông ".repeat(6);
        let text = wrapped(words.clone(), Some("* ".into()), Some("  ".into()));
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.chars().count() <= 74));
        assert!(
            text.starts_with("* Sở") && text.lines().skip(1).all(|line| line.starts_with("  "))
        );
        let joined: Vec<&str> = text.split_whitespace().skip(1).collect();
        assert_eq!(joined, words.split_whitespace().collect::<Vec<_>>());
        let address = format!("https://a.vn/{}", "x".repeat(100));
        assert_eq!(
            wrapped(format!("Xem {address} nhé"), None, None),
            format!("Xem\n{address}\nnhé")
        );
        assert_eq!(wrapped(String::new(), Some("- ".into()), None), "- ");
    }
}
