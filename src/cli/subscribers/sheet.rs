//! A list of people as a spreadsheet program writes it: bytes in, rows out. The separator is found, the header's names may
//! be Vietnamese or English.

use encoding_rs::{Encoding, UTF_8};
use unicode_normalization::UnicodeNormalization as _;

use bantin_model::limits::IMPORT_LINES;
use bantin_model::query::fold;

/// One line of the sheet. What a column is missing from is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SheetLine {
    /// From 1, the header's included.
    pub number: u64,
    pub address: String,
    pub name: String,
    pub group: String,
    pub feeds: String,
    pub query: String,
    pub schedule: String,
    pub zone: String,
    pub lang: String,
    pub when_empty: String,
    /// More cells than the header names.
    pub too_long: bool,
}

/// The sheet, read.
#[derive(Debug, PartialEq, Eq)]
pub struct SubscriberSheet {
    pub lines: Vec<SheetLine>,
    /// Headers that nothing is known about.
    pub unused: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SheetColumn {
    Address,
    Name,
    Group,
    Feeds,
    Query,
    Schedule,
    Zone,
    Lang,
    WhenEmpty,
    /// Known from our own export, and not read back.
    State,
}

/// Names of columns, folded: no accents, lower case, one blank between words.
const NAMES: &[(SheetColumn, &[&str])] = &[
    (
        SheetColumn::Address,
        &[
            "email",
            "e mail",
            "mail",
            "address",
            "email address",
            "mail address",
            "dia chi",
            "dia chi thu",
            "dia chi email",
            "dia chi mail",
            "dia chi thu dien tu",
            "thu dien tu",
            "hop thu",
            "hop thu dien tu",
        ],
    ),
    (SheetColumn::Name, &["name", "full name", "ten", "ho ten", "ho va ten", "ho ten can bo"]),
    (
        SheetColumn::Group,
        &[
            "group",
            "office",
            "unit",
            "department",
            "nhom",
            "phong",
            "phong ban",
            "don vi",
            "co quan",
            "don vi cong tac",
            "co quan don vi",
            "ten don vi",
        ],
    ),
    (SheetColumn::Feeds, &["feeds", "feed", "ban tin", "cac ban tin", "chuyen muc"]),
    (SheetColumn::Query, &["query", "words", "tu khoa", "truy van"]),
    (SheetColumn::Schedule, &["schedule", "when", "lich", "lich gui", "gio nhan", "gio gui"]),
    (SheetColumn::Zone, &["zone", "time zone", "mui gio"]),
    (SheetColumn::Lang, &["lang", "language", "ngon ngu"]),
    (SheetColumn::WhenEmpty, &["when empty", "khi khong co tin"]),
    (SheetColumn::State, &["state", "trang thai"]),
];

/// Reads a file's bytes. The error is for the admin, and repeats no cell.
pub fn read(bytes: &[u8], encoding: Option<&'static Encoding>) -> Result<SubscriberSheet, String> {
    let text = text_of(bytes, encoding)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(&text))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut places = LineCounter { text: &text, seen: 0, line: 1 };
    let mut columns: Option<Vec<Option<SheetColumn>>> = None;
    let mut sheet = SubscriberSheet { lines: Vec::new(), unused: Vec::new() };
    for record in reader.records() {
        // The text is UTF-8 and any number of cells is taken, so nothing is left to go wrong.
        let record = record.map_err(|error| format!("the CSV cannot be read: {error}"))?;
        let number = places.line_of(record.position());
        if record.iter().all(str::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(header(&record, &mut sheet.unused)?);
            continue;
        };
        if sheet.lines.len() >= IMPORT_LINES {
            return Err(format!("the file has more than {IMPORT_LINES} lines: split it"));
        }
        sheet.lines.push(line(&record, columns, number));
    }
    match columns {
        Some(_) => Ok(sheet),
        None => Err("the file is empty".to_owned()),
    }
}

/// Counts lines as editors do. The CSV reader's own count is one too low after a line that ended in
/// CR LF or was empty.
struct LineCounter<'t> {
    text: &'t str,
    seen: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position.and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(self.seen);
        let bytes = self.text.as_bytes();
        let blank =
            bytes.iter().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = (start + blank).min(bytes.len());
        let passed = bytes.get(self.seen..start).unwrap_or_default();
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.seen = self.seen.max(start);
        self.line
    }
}

fn text_of(bytes: &[u8], encoding: Option<&'static Encoding>) -> Result<String, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, bad) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return if bad { Err(not_text(bytes)) } else { Ok(text.nfc().collect()) };
    }
    let encoding = encoding.unwrap_or(UTF_8);
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    Ok(text.ok_or_else(|| not_text(bytes))?.nfc().collect())
}

fn not_text(bytes: &[u8]) -> String {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let line = bytes[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
    format!(
        "line {line} is not UTF-8: save the file as \"CSV UTF-8\" in your spreadsheet program, or say how it was saved with \
         --encoding windows-1258 (Vietnamese) or windows-1252 (Western); TCVN3 and VNI have to be converted first"
    )
}

/// Returns the character between the cells of the header line, outside quotes.
fn separator(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some(count) = counts.iter_mut().find(|(mark, _)| *mark == byte && !quoted) {
            count.1 += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(mark, _)| *mark)
}

fn header(
    record: &csv::StringRecord,
    unused: &mut Vec<String>,
) -> Result<Vec<Option<SheetColumn>>, String> {
    let mut columns: Vec<Option<SheetColumn>> = Vec::new();
    for cell in record {
        let name = fold(cell).replace(['-', '_', '/', '.', '(', ')'], " ");
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = NAMES.iter().find(|(_, names)| names.contains(&name.as_str()));
        let column = found.map(|(column, _)| *column);
        if column.is_some() && columns.contains(&column) {
            return Err(format!("two columns of the header mean the same: the second is {cell:?}"));
        }
        if column.is_none() && !cell.contains('@') {
            unused.push(cell.to_owned());
        }
        columns.push(column);
    }
    if !columns.contains(&Some(SheetColumn::Address)) {
        return Err(
            "the first line names no column with addresses: call it email or địa chỉ (others: name or họ tên, group or \
             đơn vị, feeds, query, schedule, zone, lang)"
                .to_owned(),
        );
    }
    Ok(columns)
}

fn line(record: &csv::StringRecord, columns: &[Option<SheetColumn>], number: u64) -> SheetLine {
    let mut line = SheetLine { number, ..SheetLine::default() };
    line.too_long = record.iter().skip(columns.len()).any(|cell| !cell.is_empty());
    for (cell, column) in record.iter().zip(columns) {
        let cell = unsafe_cell(cell).to_owned();
        match column {
            Some(SheetColumn::Address) => line.address = cell,
            Some(SheetColumn::Name) => line.name = cell,
            Some(SheetColumn::Group) => line.group = cell,
            Some(SheetColumn::Feeds) => line.feeds = cell,
            Some(SheetColumn::Query) => line.query = cell,
            Some(SheetColumn::Schedule) => line.schedule = cell,
            Some(SheetColumn::Zone) => line.zone = cell,
            Some(SheetColumn::Lang) => line.lang = cell,
            Some(SheetColumn::WhenEmpty) => line.when_empty = cell,
            Some(SheetColumn::State) | None => {}
        }
    }
    line
}

/// A cell that a spreadsheet program would run as a formula gets a quote before it, as OWASP advises ("CSV Injection").
pub fn safe_cell(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

/// The reverse of [`safe_cell`].
fn unsafe_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], encoding: Option<&'static Encoding>, expected: &[&str]) {
        let told: Vec<String> = match read(bytes, encoding) {
            Ok(sheet) => sheet
                .lines
                .iter()
                .map(|l| format!("{} {}|{}|{}", l.number, l.address, l.name, l.group))
                .chain(sheet.unused.iter().map(|name| format!("unused {name}")))
                .collect(),
            Err(error) => vec![error.chars().take(40).collect()],
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn sheets_are_read_however_they_were_saved() {
        check(
            b"email,name\na@b.vn,Lan\n\n\"c@d.vn\",\"Minh, A\"\n",
            None,
            &["2 a@b.vn|Lan|", "4 c@d.vn|Minh, A|"],
        );
        check(
            "\u{feff}Đơn vị;Thư điện tử;Họ và tên\r\nSở Y tế;a@b.vn;Lan\r\n".as_bytes(),
            None,
            &["2 a@b.vn|Lan|Sở Y tế"],
        );
        check(
            "Phòng ban\tĐỊA CHỈ\tGhi chú\nVăn phòng\ta@b.vn\tx\n".as_bytes(),
            None,
            &["2 a@b.vn||Văn phòng", "unused Ghi chú"],
        );
        // Vietnamese of Windows: a letter, then its tone.
        check(
            b"email;name\na@b.vn;Ho\xe0ng V\xe2n\n",
            Some(encoding_rs::WINDOWS_1258),
            &["2 a@b.vn|Hoàng Vân|"],
        );
        let utf_16: Vec<u8> = "\u{feff}email\tname\na@b.vn\tẢnh\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&utf_16, None, &["2 a@b.vn|Ảnh|"]);
        check(b"email,name\na@b.vn\n", None, &["2 a@b.vn||"]);
    }

    #[test]
    fn a_sheet_that_cannot_be_read_says_why() {
        check(
            b"email,name\na@b.vn,Ho\xe0ng\n",
            None,
            &["line 2 is not UTF-8: save the file as \"C"],
        );
        check(b"", None, &["the file is empty"]);
        check(b"\n \n", None, &["the file is empty"]);
        check(b"name\nLan\n", None, &["the first line names no column with addr"]);
        check(b"a@b.vn,Lan\n", None, &["the first line names no column with addr"]);
        check(b"email,mail\na@b.vn,c@d.vn\n", None, &["two columns of the header mean the same:"]);
    }

    #[test]
    fn a_cell_that_would_run_goes_out_quoted_and_comes_back_plain() {
        for cell in ["=1+1", "+84", "-tin", "@SUM(A1)"] {
            let safe = safe_cell(cell.to_owned());
            assert_eq!((safe.starts_with('\''), unsafe_cell(&safe)), (true, cell));
        }
        for cell in ["'tin'", "tin", ""] {
            assert_eq!(unsafe_cell(&safe_cell(cell.to_owned())), cell);
        }
    }
}
