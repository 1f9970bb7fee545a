//! The properties with which portals describe a legal document, in the header of a table or as "label: value".

use super::text::fold;

/// What a label says that its value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentField {
    /// "Số, ký hiệu": 125/QĐ-UBND.
    Symbol,
    /// "Trích yếu": what it is about.
    Summary,
    /// "Ngày ban hành".
    Issued,
    /// "Ngày có hiệu lực", "Ngày đăng công báo": dates that are not that of issue.
    OtherDate,
    /// "Cơ quan ban hành".
    Issuer,
    /// "Người ký".
    Signer,
    /// "Loại văn bản".
    Kind,
    /// "Lĩnh vực".
    Sector,
    /// "Tình trạng hiệu lực".
    Status,
    /// "Tệp đính kèm".
    Files,
    /// "STT".
    Count,
}

/// Letters of a label; what is longer is a value.
const LONGEST: usize = 36;

/// What a label says; None where it is none of a document.
pub fn field_of(label: &str) -> Option<DocumentField> {
    use DocumentField::*;
    if label.chars().count() > LONGEST {
        return None;
    }
    let folded = fold(label);
    let folded = folded.trim_matches(|c: char| !c.is_alphanumeric());
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(word));
    let is = |words: &[&str]| words.contains(&folded);
    Some(if is(&["stt", "tt", "no", "#"]) {
        Count
    } else if has(&["trich yeu", "ten van ban", "tieu de van ban", "noi dung van ban"])
        || is(&["noi dung", "tieu de", "ve viec", "summary", "abstract", "subject", "title", "ten"])
    {
        Summary
    } else if has(&["ky hieu", "so hieu", "so/kh", "so van ban", "so vb", "document number"])
        || has(&["document no", "reference number", "so quyet dinh", "so cong van"])
        || is(&["so", "so kh", "symbol", "number", "reference", "ref", "ref. no"])
    {
        Symbol
    } else if has(&["tinh trang", "trang thai"]) || is(&["status", "hieu luc", "validity"]) {
        Status
    } else if has(&["hieu luc", "het han", "cong bao", "effective", "expiry", "ap dung"])
        || has(&["ngay nhan", "ngay dang", "ngay cap nhat"])
    {
        OtherDate
    } else if has(&["ngay ban hanh", "ngay ky", "date of issue", "issue date", "ngay van ban"])
        || has(&["issued on", "date issued", "ngay vb", "ngay thang", "ngay bh"])
        || is(&["ngay", "date", "issued", "ban hanh"])
    {
        Issued
    } else if has(&["co quan", "don vi", "noi ban hanh", "issuing", "cap ban hanh"])
        || is(&["issuer", "agency", "issued by"])
    {
        Issuer
    } else if has(&["nguoi ky", "signer", "signed by", "chuc danh nguoi ky"]) {
        Signer
    } else if has(&["loai van ban", "loai vb", "hinh thuc", "the loai", "document type"])
        || is(&["loai", "type"])
    {
        Kind
    } else if has(&["linh vuc"]) || is(&["field", "sector", "nganh"]) {
        Sector
    } else if has(&["dinh kem", "tep", "tap tin", "tai ve", "file", "download", "toan van"])
        || is(&["tai", "attachment", "attachments", "xem", "van ban goc"])
    {
        Files
    } else {
        return None;
    })
}

/// A line of "label: value", where the label is one of a document.
pub fn labelled(line: &str) -> Option<(DocumentField, &str)> {
    let (label, value) = line.split_once(':')?;
    let value = value.trim();
    // "Số: 125/QĐ-UBND" has letters enough; a clock's hour has none.
    let field = field_of(label).filter(|_| label.chars().any(char::is_alphabetic))?;
    Some((field, value))
}

/// The symbol that a short text is, beside words such as "Số" and those of buttons: "Số: 125/QĐ-UBND (tệp)".
pub fn lone_symbol(text: &str) -> Option<String> {
    #[rustfmt::skip]
    const BESIDE: &[&str] = &[
        "so", "ky", "hieu", "van", "ban", "vb", "no", "number", "symbol", "document", "tep", "file",
        "tai", "ve", "xuong", "pdf", "doc", "docx", "xem", "moi", "new", "download", "tin", "tap",
        "quyet", "dinh", "cong", "ke", "hoach", "thong", "bao", "nghi", "chi", "thi", "tu", "to",
        "trinh", "cao", "huong", "dan", "luat", "lenh", "phap", "dien", "qd", "cv", "kh", "tb", "ngay",
    ];
    if text.len() > 120 || !may_hold_symbol(text) {
        return None;
    }
    let close = text.replace(" /", "/").replace("/ ", "/").replace("- ", "-").replace(" -", "-");
    let mut symbol = None;
    for word in close.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        if symbol.is_none() && is_symbol(word) {
            symbol = Some(word.to_owned());
        } else if !word.is_empty() && !is_day(word) && !BESIDE.contains(&&*fold(word)) {
            return None;
        }
    }
    let symbol = symbol?;
    Some(super::refs(&symbol).into_iter().next().map_or(symbol, |found| found.symbol))
}

/// Whether a text could hold a symbol, at a glance: a number, and a slash or hyphen before a capital. A day such as
/// "27/11/2026" has none, so that rows of news, dated as they are, cost no further look.
pub fn may_hold_symbol(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_mark = |byte: u8| matches!(byte, b'/' | b'-');
    // A capital, or the first byte of "Đ".
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte >= 0x80;
    let joins = |at: &[u8]| match (at[0], at[1], at[2]) {
        (before, mark, after) if is_mark(mark) && is_capital(after) => {
            before.is_ascii_alphanumeric()
        }
        // "17/ NQ-CP", "17 /NQ-CP".
        (before, mark, b' ') if is_mark(mark) => before.is_ascii_digit(),
        (before, b' ', mark) => is_mark(mark) && before.is_ascii_digit(),
        _ => false,
    };
    bytes.windows(3).any(joins)
        && bytes.iter().any(u8::is_ascii_digit)
        && text.chars().any(char::is_uppercase)
}

/// "27/11/2026", of "125/QĐ-UBND ngày 27/11/2026".
fn is_day(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '.' | '-'))
}

/// "125/QĐ-UBND", "30/2020/NĐ-CP", "52-NQ/TW".
fn is_symbol(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.contains(['/', '-'])
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '-' | '&' | '.'))
        && letters >= 2
        && capitals * 2 >= letters
        && word.chars().count() <= 40
}
