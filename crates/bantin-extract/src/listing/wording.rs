//! Words that could be a headline, and words of buttons.

use super::super::text::fold;

/// Whether a text could be a headline: letters, and not the words of a button.
pub fn says_something(text: &str) -> bool {
    says_something_folded(&fold(text))
}

/// The same of a text that is folded.
pub fn says_something_folded(folded: &str) -> bool {
    const BUTTONS: &[&str] = &[
        "xem tiep",
        "chi tiet",
        "xem chi tiet",
        "doc them",
        "doc tiep",
        "xem them",
        "tiep tuc doc",
        "read more",
        "more",
        "details",
        "xem",
        "tai ve",
        "download",
        "xem ngay",
        "continue reading",
        "xem toan bo",
        "xem tat ca",
        "binh luan",
        "chia se",
        "share",
        "xem bai viet",
        "detail",
        "view",
        "view more",
        "tai xuong",
        "tim hieu them",
        "tim hieu",
        "learn more",
        "doc bai",
        "doc bai viet",
        "doc toan van",
        "xem them chi tiet",
        "chi tiet tin",
        "rss",
        "rss 20",
        "rss feed",
        "atom",
        "feed",
    ];
    /// Buttons for a file are made of these, in any order, with its size: "[PDF]", "Tải về (DOCX, 35 KB)".
    const OF_FILES: &[&str] = &[
        "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "rar", "txt", "html", "kb",
        "mb", "file", "tap", "tin", "dinh", "kem", "toan", "van", "ban", "goc", "tai", "ve",
        "xuong", "xem", "day", "download", "here", "link", "tep",
    ];
    // A longer text is no button.
    if folded.len() > 60 {
        return folded.chars().any(char::is_alphabetic);
    }
    let words: String = folded.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    let words = words.trim();
    let is_of_a_file =
        |word: &str| OF_FILES.contains(&word) || !word.contains(|c: char| c.is_alphabetic());
    words.chars().any(char::is_alphabetic)
        && !BUTTONS.contains(&words)
        && !words.split(' ').all(is_of_a_file)
}
