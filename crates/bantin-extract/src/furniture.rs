//! Lines by which a portal counts, rates, shares and reads aloud the text above them: buttons,
//! counters, clocks. They change with every visit, so an article that kept them would change with
//! every visit too.

use std::sync::LazyLock;

/// What such lines are made of, folded. One of these must be there.
const PHRASES: &[&str] = &[
    "lien he - gop y",
    "quay lai trang truoc",
    "quay lai",
    "ve trang truoc",
    "tro ve dau trang",
    "ve dau trang",
    "len dau trang",
    "tro ve",
    "in trang nay",
    "in trang",
    "in bai viet",
    "in bai",
    "ban in",
    "gui email",
    "gui mail",
    "gui cho ban be",
    "gui bai viet",
    "gui qua email",
    "chia se bai viet",
    "chia se facebook",
    "chia se qua",
    "chia se len",
    "chia se",
    "binh luan cua ban",
    "binh luan ban doc",
    "binh luan",
    "so luot xem",
    "luot xem",
    "luot doc",
    "lan xem",
    "lan doc",
    "luot thich",
    "luot tai",
    "luot truy cap",
    "da xem",
    "so lan xem",
    "so luot doc",
    "so nguoi xem",
    "nguoi xem",
    "nguoi doc",
    "nguoi dang xem",
    "xem bai viet",
    "dang online",
    "truc tuyen",
    "dang truy cap",
    "tong truy cap",
    "tong luot truy cap",
    "tong so luot truy cap",
    "khach vieng tham",
    "thong ke truy cap",
    "lien he",
    "gop y",
    "facebook",
    "twitter",
    "zalo",
    "email",
    "print",
    "share",
    "back",
    "dong lai",
    "doc bai",
    "nghe doc bai",
    "nghe bai viet",
    "nghe doc",
    "nghe noi dung",
    "nghe tin",
    "toc do doc",
    "giong nu",
    "giong nam",
    "doc bao",
    "co chu",
    "kich thuoc chu",
    "kich co chu",
    "tang co chu",
    "giam co chu",
    "xem them",
    "gui binh luan",
    "thich",
    "theo doi",
    "google news",
    "like",
    "tweet",
    "tags",
    "tu khoa",
    "danh gia",
    "xep hang",
    "so diem trung binh",
    "tong so diem cua bai viet la",
    "click de danh gia bai viet",
    "nhan de danh gia",
    "binh chon",
    "ma bao mat",
    "ma xac nhan",
    "ma xac thuc",
    "ma kiem tra",
    "nhap ma",
    "captcha",
    "phut truoc",
    "gio truoc",
    "ngay truoc",
    "tuan truoc",
    "thang truoc",
    "minutes ago",
    "hours ago",
    "days ago",
    "min read",
    "minute read",
    "phut doc",
    "views",
    "view",
    "hits",
    "reads",
    "page views",
    "copy link",
    "sao chep lien ket",
    "sao chep",
    "luu bai viet",
    "luu tin",
    "bao loi",
    "pinterest",
    "linkedin",
    "telegram",
    "whatsapp",
    "messenger",
    "instagram",
    "youtube",
    "tiktok",
    "download pdf",
    "bai truoc",
    "bai sau",
    "bai tiep theo",
    "bai ke tiep",
    "trang truoc",
    "trang sau",
    "previous",
    "next",
];

/// Words that may be beside them.
const FILLERS: &[&str] = &[
    "a", "nhap", "aa", "trong", "tren", "diem", "phieu", "luot", "nguoi", "lan", "so", "bai",
    "viet", "tin", "trang", "cua", "cho", "nay", "ban", "doc", "va", "voi", "hoac", "gmt", "hom",
    "qua", "tong", "cong", "la", "xem", "to", "nho", "lon", "vua", "vao", "qua", "len", "mien",
    "bac", "nam", "trung", "khach", "thanh", "vien", "moi", "x", "k", "m", "tr", "nghin", "sao",
    "star", "stars", "of", "on", "by", "via", "this", "bo", "mac", "dinh", "toi", "da", "in",
    "pdf", "email", "mail", "chuan",
];

/// A phrase may be a part of a longer one.
static LONGEST_FIRST: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut phrases = PHRASES.to_vec();
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    phrases
});

/// Whether a line, folded, is made of buttons and counters and nothing else.
pub fn is_furniture(folded: &str) -> bool {
    if folded.is_empty() || folded.chars().count() > 120 {
        return false;
    }
    let mut rest = String::new();
    let mut found = false;
    for phrase in LONGEST_FIRST.iter() {
        let line = if found { &*rest } else { folded };
        if let Some(cut) = without(line, phrase) {
            (rest, found) = (cut, true);
        }
    }
    found
        && rest
            .split(|c: char| !c.is_alphanumeric())
            .map(|word| word.trim_matches(|c: char| c.is_ascii_digit()))
            .all(|word| word.is_empty() || FILLERS.contains(&word))
}

/// The line without a phrase, where it has it as whole words.
fn without(line: &str, phrase: &str) -> Option<String> {
    let mut cut: Option<String> = None;
    let mut from = 0;
    loop {
        let text = cut.as_deref().unwrap_or(line);
        let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)).map(|at| from + at)
        else {
            return cut;
        };
        let end = at + phrase.len();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        if is_letter(text[..at].chars().next_back()) || is_letter(text[end..].chars().next()) {
            from = end;
            continue;
        }
        cut = Some(format!("{} {}", &text[..at], &text[end..]));
        from = at;
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    #[test]
    fn counters_ratings_and_buttons_are_furniture() {
        for line in [
            "Lượt xem: 123",
            "123 lượt xem",
            "Đã xem: 1.234",
            "Số lần xem : 12",
            "Số lượt đọc: 1,2K",
            "(Đã xem 99 lần)",
            "Lượt truy cập: 1.234.567",
            "Đang online: 12",
            "Tổng truy cập: 99",
            "5 phút trước",
            "2 giờ trước",
            "Tổng số điểm của bài viết là: 0 trong 0 đánh giá",
            "Click để đánh giá bài viết",
            "Đánh giá: 4.5/5 (10 phiếu)",
            "Nghe bài viết",
            "Nghe đọc bài 0:00 / 3:12",
            "Giọng nữ miền Bắc",
            "Cỡ chữ: A- A A+",
            "In bài viết",
            "Gửi email",
            "Chia sẻ: Facebook Twitter Zalo",
            "Bình luận (3)",
            "Mã bảo mật",
            "Nhập mã xác nhận",
            "Thích 12 Chia sẻ",
            "123 views",
            "3 min read",
            "Bản in | Gửi email",
            "Lưu bài viết",
            "« Trang trước | Trang sau »",
        ] {
            assert!(is_furniture(&fold(line)), "{line}");
        }
    }

    #[test]
    fn a_sentence_that_speaks_of_them_is_text() {
        for line in [
            "Trang đạt 123 lượt xem sau một ngày.",
            "Liên hệ: Phòng Văn thư, số 2 đường Mẫu",
            "Đánh giá kết quả công tác năm 2026",
            "Mã xác nhận được gửi qua điện thoại của người nộp.",
            "Hội nghị trực tuyến toàn tỉnh",
            "Bình luận về dự thảo nghị định",
            "Theo dõi tiến độ giải ngân",
            "5 phút trước giờ khai mạc, hội trường đã kín chỗ",
            "Danh sách kèm theo",
            "",
            "12.345",
            "Ngày 05/10/2026",
        ] {
            assert!(!is_furniture(&fold(line)), "{line}");
        }
    }
}
