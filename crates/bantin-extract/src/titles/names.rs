//! Texts that name a site, an office or a section, and so are never the title of an article.

use crate::facts::words;
use crate::text::fold;

/// Titles that say nothing of an article, as [`words`] has them.
const GENERAL: &[&str] = &[
    "article",
    "articles",
    "baiviet",
    "bantin",
    "cactinkhac",
    "chitiet",
    "chitietbaidang",
    "chitietbaiviet",
    "chitietthongbao",
    "chitiettin",
    "chitiettinbai",
    "chitiettintuc",
    "chitietvanban",
    "chitietsukien",
    "chuyenmuc",
    "danhmuc",
    "default",
    "detail",
    "details",
    "diaphuong",
    "docthem",
    "doctiep",
    "document",
    "documents",
    "gioithieu",
    "hethongvanban",
    "home",
    "homepage",
    "hoidap",
    "index",
    "lienhe",
    "main",
    "more",
    "news",
    "newsdetail",
    "newsdetails",
    "newpage",
    "noidung",
    "noidungchitiet",
    "noidungtin",
    "noidungtintuc",
    "page",
    "post",
    "quocte",
    "readmore",
    "sukien",
    "thongbao",
    "thongtin",
    "thongtinchitiet",
    "timkiem",
    "tinbai",
    "tindiaphuong",
    "tinhoatdong",
    "tinkhac",
    "tinlienquan",
    "tinmoi",
    "tinmoinhat",
    "tinnoibat",
    "tinchitiet",
    "tinquocte",
    "tintrongnuoc",
    "tintrungtuong",
    "tintuc",
    "tintucsukien",
    "tintucmoi",
    "tintucchitiet",
    "tintucthongbao",
    "tintucvasukien",
    "sukientintuc",
    "trangchu",
    "trangnhat",
    "trangtin",
    "trungtam",
    "trungtuong",
    "trunguong",
    "tintrunguong",
    "untitled",
    "untitleddocument",
    "vanban",
    "vanbanmoi",
    "vanbanphapluat",
    "view",
    "viewnews",
    "viewdetail",
    "welcome",
    "xem",
    "xemchitiet",
    "xemthem",
    "xemtin",
    "xemtiep",
    "xemvanban",
    "chitiethoidap",
    "thongtintuyentruyen",
    "error",
    "notfound",
    "404",
    // The head of every official document.
    "conghoaxahoichunghiavietnam",
    "conghoaxahoichunghiavietnamdoclaptudohanhphuc",
    "doclaptudohanhphuc",
    "dangcongsanvietnam",
];

/// Beginnings of the names of sites, folded.
const SITES: &[&str] = &[
    "cong thong tin",
    "cong ttdt",
    "trang thong tin",
    "trang tin dien tu",
    "trang ttdt",
    "website ",
    "trang chu ",
    "home page",
    "official website",
    "welcome to",
    "chao mung ",
    "cong dich vu cong",
    "trang web ",
    "portal ",
];

/// Beginnings of the names of offices, folded.
const OFFICES: &[&str] = &[
    "so",
    "uy ban nhan dan",
    "ubnd",
    "hoi dong nhan dan",
    "hdnd",
    "bo",
    "cuc",
    "chi cuc",
    "tong cuc",
    "vu",
    "vien",
    "truong",
    "benh vien",
    "trung tam",
    "bao",
    "dai",
    "hoi",
    "doan",
    "tinh doan",
    "tinh uy",
    "huyen uy",
    "thanh uy",
    "thi uy",
    "dang uy",
    "dang bo",
    "ban",
    "phong",
    "van phong",
    "cong ty",
    "tong cong ty",
    "lien doan lao dong",
    "lien hiep",
    "uy ban mttq",
    "mat tran to quoc",
    "toa an",
    "toa an nhan dan",
    "vien kiem sat",
    "cong an",
    "kho bac",
    "thanh tra",
    "bhxh",
    "bao hiem xa hoi",
    "tinh",
    "huyen",
    "thanh pho",
    "quan",
    "xa",
    "phuong",
    "thi xa",
    "thi tran",
];

/// Those of them that begin other words too: "Báo cáo", "Hội nghị", "Ban hành".
const AMBIGUOUS: &[&str] = &[
    "bao", "hoi", "doan", "ban", "vu", "phong", "dai", "tinh", "quan", "xa", "bo", "truong",
    "vien", "huyen", "phuong", "cuc",
];

/// Words that a sentence has and a name has not, in lower case.
const SENTENCE: &[&str] = &[
    "về", "với", "cho", "tại", "để", "đã", "sẽ", "được", "bị", "không", "các", "những", "nhiều",
    "từ", "đến", "trong", "sau", "trước", "năm", "tháng", "ngày", "lần", "dịp", "theo", "khi",
    "vì", "hơn", "triển", "tổ", "họp", "thăm", "trao", "tặng", "ký", "bắt", "đón", "dâng", "chúc",
    "đẩy", "xét", "tuyển", "mở", "giải", "đạt", "góp", "ủng", "lên", "ra", "vào", "nhận", "hưởng",
    "tăng", "giảm", "mời", "yêu", "đề", "khẩn", "chủ", "tham", "tiếp", "khởi", "tri",
];

/// The same in two words.
const SENTENCE_PAIRS: &[(&str, &str)] = &[
    ("phát", "động"),
    ("làm", "việc"),
    ("kiểm", "tra"),
    ("công", "bố"),
    ("thông", "báo"),
    ("thông", "qua"),
    ("ban", "hành"),
    ("khai", "mạc"),
    ("bế", "mạc"),
    ("xử", "lý"),
    ("thực", "hiện"),
];

/// Words of the names of offices, besides those of the lists above, folded.
const FIELDS: &[&str] = &[
    "giao", "thong", "van", "tai", "xay", "dung", "chinh", "ke", "hoach", "dau", "tu", "nong",
    "nghiep", "phat", "trien", "thon", "moi", "truong", "nguyen", "khoa", "hoc", "cong", "nghe",
    "giao", "duc", "dao", "tao", "y", "te", "hoa", "the", "thao", "du", "lich", "phap", "noi",
    "ngoai", "vu", "thuong", "lao", "dong", "binh", "va", "xa", "hoi", "tin", "truyen", "dan",
    "toc", "ton", "thanh", "tra", "quan", "ly", "an", "khu", "kinh", "te", "dien", "tu", "nhan",
    "uy", "ban", "hoi", "tinh", "huyen", "pho", "phuong", "thi", "tran", "tp", "ubnd", "hdnd",
    "so", "cuc", "thue", "thong", "ke", "dai", "bao", "hiem", "cao", "dang", "doan", "dang", "bo",
    "dia", "ban", "tap", "chi", "viet", "nam", "nuoc", "trung", "hdnd", "vnd", "thpt", "thcs",
    "tieu", "mam", "non",
];

const PLACES: &[&str] =
    &["tinh", "huyen", "quan", "xa", "phuong", "tp", "tp.", "pho", "tran", "thon", "dao"];

/// Whether a title says nothing of an article: "Chi tiết tin", "Tin tức - Sự kiện".
pub fn is_general(text: &str) -> bool {
    let whole = words(text);
    // No title has fewer than four letters, and none is all figures.
    whole.chars().count() < 4
        || whole.bytes().all(|byte| byte.is_ascii_digit())
        || GENERAL.contains(&&*whole)
}

/// Whether a text is the name of a site or of an office, by its wording alone.
pub fn is_institution(text: &str) -> bool {
    let folded = fold(text);
    let folded: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if folded.is_empty() || folded.len() > 16 || text.contains([':', '?', '!', '"', '“']) {
        return false;
    }
    let line = folded.join(" ");
    let written: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if let Some(site) = SITES.iter().find(|site| format!("{line} ").starts_with(*site)) {
        let skip = site.split_whitespace().count();
        return !is_sentence(written.get(skip..).unwrap_or_default());
    }
    let office = OFFICES
        .iter()
        .filter(|office| line.strip_prefix(**office).is_some_and(|rest| rest.starts_with(' ')))
        .max_by_key(|office| office.len());
    let Some(office) = office else { return false };
    let skip = office.split(' ').count();
    names_an_office(text, &folded, &written, skip)
}

/// Whether what follows the first words of an office ends in the name of a place, or is made of the names of fields.
fn names_an_office(text: &str, folded: &[&str], written: &[&str], skip: usize) -> bool {
    let (Some(rest), Some(shown)) = (folded.get(skip..), written.get(skip..)) else { return false };
    if rest.len() != shown.len() || rest.is_empty() {
        return false;
    }
    let capital = |word: &str| word.starts_with(char::is_uppercase);
    let all_capitals = !text.contains(char::is_lowercase);
    if skip == 1 && AMBIGUOUS.contains(&folded[0]) && (all_capitals || !capital(shown[0])) {
        return false;
    }
    let named = rest
        .iter()
        .zip(shown)
        .all(|(folded, shown)| FIELDS.contains(folded) || !all_capitals && capital(shown));
    if named && rest.len() <= 10 {
        return true;
    }
    // "… tỉnh Đồi Thông": a place at the end, and no word of a sentence before it.
    let place = rest.iter().rposition(|word| PLACES.contains(word));
    place.is_some_and(|place| {
        (1..=4).contains(&(rest.len() - place - 1))
            && shown[place + 1..].iter().all(|word| capital(word))
            && !is_sentence(&shown[..place])
    })
}

fn is_sentence(written: &[&str]) -> bool {
    let words: Vec<String> = written.iter().map(|word| word.to_lowercase()).collect();
    words.iter().any(|word| SENTENCE.contains(&&**word))
        || words.windows(2).any(|pair| SENTENCE_PAIRS.contains(&(&*pair[0], &*pair[1])))
}

/// The names by which a page's site is known: as it tells machines, and of its link home.
pub struct SiteNames {
    names: Vec<String>,
}

impl SiteNames {
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| words(&name)).filter(|name| name.len() >= 3);
        SiteNames { names: names.collect() }
    }

    /// Whether a text is the site's name, or the name of an office.
    pub fn has(&self, text: &str) -> bool {
        let text_words = words(text);
        self.names.contains(&text_words) || is_institution(text)
    }

    /// Whether a text can be the title of an article.
    pub fn admits(&self, text: &str) -> bool {
        !is_general(text)
            && !self.has(text)
            && !is_file(text)
            && parts(text).iter().any(|part| !is_general(part) && !self.has(part))
    }

    /// A title without the names of the site and of the page before and after it; whether there was one. None where
    /// nothing else is left.
    pub fn strip<'a>(&self, title: &'a str) -> Option<(&'a str, bool)> {
        let mut kept = title.trim();
        let mut stripped = false;
        let foreign = |part: &str| {
            let part = part.trim();
            words(part).is_empty() || self.has(part) || is_general(part)
        };
        loop {
            let (first, last) = (first_separator(kept), last_separator(kept));
            if let Some((at, end)) = last
                && foreign(&kept[end..])
            {
                kept = kept[..at].trim();
            } else if let Some((at, end)) = first
                && foreign(&kept[..at])
            {
                kept = kept[end..].trim();
            } else {
                break;
            }
            stripped = true;
        }
        (!foreign(kept) && !is_file(kept)).then_some((kept, stripped))
    }
}

/// What parts a headline and the name of a site.
const SEPARATORS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " » ", " « ", " • ", " · ", " > ", "|", " / "];

fn first_separator(text: &str) -> Option<(usize, usize)> {
    let found = SEPARATORS.iter().filter_map(|mark| Some((text.find(mark)?, mark.len())));
    found.min().map(|(at, length)| (at, at + length))
}

fn last_separator(text: &str) -> Option<(usize, usize)> {
    let found = SEPARATORS.iter().filter_map(|mark| Some((text.rfind(mark)?, mark.len())));
    found.max().map(|(at, length)| (at, at + length))
}

/// The parts of a title between separators.
pub fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((at, end)) = first_separator(rest).filter(|_| parts.len() < 12) {
        parts.push(rest[..at].trim());
        rest = &rest[end..];
    }
    parts.push(rest.trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a text is the name of a file or an address.
pub fn is_file(text: &str) -> bool {
    const ENDINGS: &[&str] = &[
        ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".rar", ".ppt", ".pptx", ".jpg", ".png",
        ".aspx", ".html",
    ];
    let lower = text.trim().to_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending)) && !lower.contains(' ')
        || ["http://", "https://", "www."].iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_official_document_is_no_title() {
        for text in [
            "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
            "Độc lập - Tự do - Hạnh phúc",
            "ĐẢNG CỘNG SẢN VIỆT NAM",
        ] {
            assert!(is_general(text), "{text}");
        }
        for text in [
            "Hiến pháp nước Cộng hòa xã hội chủ nghĩa Việt Nam",
            "Đảng Cộng sản Việt Nam tròn 95 tuổi",
        ] {
            assert!(!is_general(text), "{text}");
        }
    }

    #[test]
    fn names_of_offices_and_sites_are_told_from_headlines_about_them() {
        for (text, institution) in [
            ("Sở Tài chính", true),
            ("Sở Giao thông vận tải tỉnh Đồi Thông", true),
            ("SỞ VÍ DỤ TỈNH ĐỒI THÔNG", true),
            ("Sở Ví dụ tỉnh Mẫu", true),
            ("Ủy ban nhân dân huyện Đất Mẫu", true),
            ("UBND HUYỆN ĐẤT MẪU", true),
            ("Báo Đồi Thông", true),
            ("Trường THPT Nguyễn Văn Mẫu", true),
            ("Cổng thông tin điện tử tỉnh Đồi Thông", true),
            ("Trang chủ - Website Sở Thử nghiệm", true),
            ("Bộ Nông nghiệp và Phát triển nông thôn", true),
            ("Sở Tài chính tổ chức hội nghị", false),
            ("UBND tỉnh làm việc với huyện Đất Mẫu", false),
            ("Ban hành quy chế mới", false),
            ("Bộ trưởng thăm huyện Đất Mẫu", false),
            ("Cổng thông tin điện tử tỉnh được nâng cấp", false),
            ("Hội nghị sơ kết", false),
            ("Hội thi tay nghề", false),
            ("Xã Đồi Thông đón chuẩn nông thôn mới", false),
            ("Huyện Đất Mẫu triển khai tiêm chủng", false),
            ("Báo cáo kinh tế xã hội", false),
            ("Công an tỉnh bắt nhóm trộm xe", false),
        ] {
            assert_eq!(is_institution(text), institution, "{text}");
        }
    }
}
