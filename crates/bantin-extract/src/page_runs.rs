//! What an article's page says, independent of how it is read: the hashes of its runs of text. When a newer version reads
//! an item differently, they tell whether the agency changed the page or only the reading changed.
//!
//! Of a run, the letters a to z count: digits (view counters, clocks), blanks, accents and entities do not, so that
//! neither a counter nor another way of decoding the bytes makes another hash. A run ends at every tag that is not
//! inline. The scan takes the bytes as they came, not the tree, which later versions may build differently.

/// The version of the page reader, kept with what it read. Raise it by one in a release that reads pages differently
/// from the one before: titles, dates, texts, attachments, rows. Sources and articles of lower versions are then read
/// once more, and what differs on an unchanged page is stored without a revision.
pub const READER_VERSION: u32 = 1;

/// Runs that are kept of one page; further ones are not looked at.
const MOST_RUNS: usize = 1_000;
/// Bytes of a page that are looked at.
const MOST_BYTES: usize = 4 << 20;
/// Letters of a run from which on it is kept: a shorter one is a label.
const SHORTEST_RUN: usize = 4;
/// Letters from which on a passage is not found inside another text by chance.
const DISTINCT: usize = 12;

/// The hashes of a page's runs of text, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRuns(Vec<u32>);

impl PageRuns {
    /// Returns what [`PageRuns::to_bytes`] gave; bytes left over are ignored.
    pub fn from_bytes(bytes: &[u8]) -> PageRuns {
        let hash = |four: &[u8]| four.iter().fold(0, |hash, byte| hash << 8 | u32::from(*byte));
        let mut hashes: Vec<u32> = bytes.chunks_exact(4).map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        PageRuns(hashes)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|hash| hash.to_be_bytes()).collect()
    }

    fn has(&self, hash: u32) -> bool {
        self.0.binary_search(&hash).is_ok()
    }
}

/// The letters of a page, run by run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageText {
    letters: String,
    /// Where each run ends in `letters`.
    ends: Vec<usize>,
}

/// What an item says: the title, the lead and the text, as far as there are any.
pub type ItemTexts<'a> = [&'a str];

impl PageText {
    pub fn of(body: &[u8]) -> PageText {
        let mut text = PageText::default();
        let body = &body[..body.len().min(MOST_BYTES)];
        let mut at = 0;
        while at < body.len() && text.ends.len() < MOST_RUNS {
            at = match body[at] {
                b'<' => text.skip_tag(body, at),
                b'&' => skip_entity(body, at),
                b'\\' => skip_escape(body, at),
                byte => {
                    text.push(byte);
                    at + 1
                }
            };
        }
        text.end_run();
        text
    }

    /// Returns the same for a listing, whose titles are also in attributes and scripts: with all
    /// letters of the page once more.
    pub fn of_listing(body: &[u8]) -> PageText {
        let mut text = PageText::of(body);
        let body = &body[..body.len().min(MOST_BYTES)];
        let mut at = 0;
        while at < body.len() {
            at = match body[at] {
                b'&' => skip_entity(body, at),
                b'\\' => skip_escape(body, at),
                byte => {
                    text.push(byte);
                    at + 1
                }
            };
        }
        text.end_run();
        text
    }

    /// Returns the hashes of the runs.
    pub fn runs(&self) -> PageRuns {
        let mut hashes: Vec<u32> = self.pieces().map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        PageRuns(hashes)
    }

    /// Whether the page shows this text, letters compared. A text of few letters is not looked for.
    pub fn has(&self, text: &str) -> Option<bool> {
        let wanted = letters_of(text.trim_end_matches('…'));
        (wanted.len() >= DISTINCT).then(|| self.letters.contains(&wanted))
    }

    /// Whether the agency changed what an item says, between the page with the runs `before`, read as `old`, and this
    /// page, read as `new`: a run of the new text was not on the page, or a passage of the old one was and is not.
    pub fn is_edited_since(
        &self,
        before: &PageRuns,
        old: &ItemTexts<'_>,
        new: &ItemTexts<'_>,
    ) -> bool {
        let lines = |texts: &ItemTexts<'_>| -> Vec<String> {
            texts.iter().flat_map(|text| text.lines()).map(letters_of).collect()
        };
        let (new_lines, now) = (lines(new), self.runs());
        let whole: String = new_lines.join("\n");
        let is_said = |run: &str| {
            run.len() >= DISTINCT && whole.contains(run) || new_lines.iter().any(|line| line == run)
        };
        let added = self.pieces().any(|run| !before.has(hash(run)) && is_said(run));
        let removed = |line: &String| {
            let hash = hash(line);
            line.len() >= SHORTEST_RUN && before.has(hash) && !now.has(hash)
        };
        added || lines(old).iter().any(removed)
    }

    /// Whether the page has lost a passage of an item, of which it has others.
    pub fn has_lost_some_of(&self, old: &ItemTexts<'_>) -> bool {
        let found: Vec<bool> =
            old.iter().flat_map(|text| text.lines()).filter_map(|line| self.has(line)).collect();
        found.contains(&true) && found.contains(&false)
    }

    fn pieces(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.letters[start..*end])
    }

    fn push(&mut self, byte: u8) {
        if byte.is_ascii_alphabetic() {
            self.letters.push(char::from(byte.to_ascii_lowercase()));
        }
    }

    /// Ends the run; one of a few letters is forgotten.
    fn end_run(&mut self) {
        let start = self.ends.last().copied().unwrap_or(0);
        if self.letters.len() < start + SHORTEST_RUN {
            self.letters.truncate(start);
        } else {
            self.ends.push(self.letters.len());
        }
    }

    /// Returns where the tag ends; what scripts and styles hold is skipped with it.
    fn skip_tag(&mut self, body: &[u8], at: usize) -> usize {
        let rest = &body[at..];
        if rest.starts_with(b"<!--") {
            return end_of(body, at + 4, b"-->");
        }
        if rest.starts_with(b"<![CDATA[") {
            return at + 9;
        }
        let from = at + 1 + usize::from(rest.get(1) == Some(&b'/'));
        let name: Vec<u8> = body[from..]
            .iter()
            .take(12)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase)
            .collect();
        if name.is_empty() && !matches!(rest.get(1), Some(b'!' | b'?' | b'/')) {
            return at + 1;
        }
        if !INLINE.contains(&&*name) {
            self.end_run();
        }
        let end = end_of(body, from, b">");
        match (&*name, from == at + 1) {
            (b"script", true) => end_of(body, end, b"</script"),
            (b"style", true) => end_of(body, end, b"</style"),
            _ => end,
        }
    }
}

/// Tags inside a line of text.
const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"big", b"cite", b"em", b"font", b"i", b"ins", b"mark", b"q", b"s",
    b"small", b"span", b"strong", b"sub", b"sup", b"u", b"wbr",
];

/// Returns the place after the next `what`, in upper or lower case; the end where there is none.
fn end_of(body: &[u8], from: usize, what: &[u8]) -> usize {
    let rest = body.get(from..).unwrap_or_default();
    let found = match what {
        [byte] => rest.iter().position(|here| here == byte),
        _ => rest.windows(what.len()).position(|here| here.eq_ignore_ascii_case(what)),
    };
    found.map_or(body.len(), |found| from + found + what.len())
}

fn skip_entity(body: &[u8], at: usize) -> usize {
    let name = body[at + 1..].iter().take(10);
    let length = name.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    let is_ended = body.get(at + 1 + length) == Some(&b';') && length > 0;
    if is_ended { at + length + 2 } else { at + 1 }
}

/// JSON's `\u1ea1`, and `\n` and the like.
fn skip_escape(body: &[u8], at: usize) -> usize {
    match body.get(at + 1) {
        Some(b'u') => at + 6,
        Some(b'n' | b'r' | b't' | b'b' | b'f') => at + 2,
        _ => at + 1,
    }
}

fn letters_of(text: &str) -> String {
    text.bytes()
        .filter(u8::is_ascii_alphabetic)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect()
}

/// FNV-1a: the same in every build.
fn hash(letters: &str) -> u32 {
    letters
        .bytes()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "Sở Y tế tổ chức tiêm chủng cho trẻ em";
    const TEXT: &str =
        "Sáng nay, Sở Y tế bắt đầu đợt tiêm chủng mới.\nPhụ huynh đưa trẻ đến trạm y tế của xã.";

    fn page(change: impl Fn(String) -> String) -> String {
        change(format!(
            "<html><head><title>{TITLE}</title><script>var n = 'một dòng chữ trong mã';</script></head><body>\
             <div class=gio>Thứ ba, 01/12/2026 08:15</div><h1>{TITLE}</h1>\
             <p>Sáng nay, <b>Sở Y tế</b> bắt đầu đợt tiêm chủng mới.</p>\
             <p>Phụ huynh đưa trẻ đến trạm y tế của xã.</p><span>Lượt xem: 120</span>\
             <ul class=khac><li><a href=/2>Hội nghị tổng kết công tác năm của ngành</a></ul></body></html>"
        ))
    }

    /// Whether a page that became `after` counts as edited; it was read well before and after.
    fn check(what: &str, after: String, edited: bool) {
        check_texts(what, after, &[TITLE, TEXT], &[TITLE, TEXT], edited);
    }

    fn check_texts(what: &str, after: String, old: &[&str], new: &[&str], edited: bool) {
        let before = PageText::of(page(|html| html).as_bytes()).runs();
        let before = PageRuns::from_bytes(&before.to_bytes());
        let after = PageText::of(after.as_bytes());
        assert_eq!(after.is_edited_since(&before, old, new), edited, "{what}");
    }

    fn swapped(from: &'static str, to: &'static str) -> String {
        page(|html| {
            assert!(html.contains(from), "{from}");
            html.replace(from, to)
        })
    }

    #[test]
    fn what_moves_by_itself_is_no_edit() {
        check("nothing", page(|html| html), false);
        check("a counter", swapped("Lượt xem: 120", "Lượt xem: 9.121"), false);
        check("a clock", swapped("Thứ ba, 01/12/2026 08:15", "Thứ tư, 02/12/2026 21:40"), false);
        check("a script", swapped("một dòng chữ", "một dòng chữ khác hẳn"), false);
        check("a side box", swapped("tổng kết công tác năm", "triển khai nhiệm vụ mới"), false);
        check("a class", swapped("<h1>", "<h1 class=\"tieu-de lon hon\">"), false);
        check("inline tags", swapped("<b>Sở Y tế</b>", "Sở <i>Y tế</i>"), false);
        check("blanks and entities", swapped("đợt tiêm", "đợt&nbsp;\n  tiêm"), false);
        check("a comment", swapped("<p>Sáng", "<!-- bộ nhớ đệm của trang --><p>Sáng"), false);
    }

    #[test]
    fn what_the_agency_changes_in_the_text_is_an_edit() {
        let text = TEXT.replace("bắt đầu", "kết thúc");
        let after = swapped("bắt đầu", "kết thúc");
        check_texts("a word", after, &[TITLE, TEXT], &[TITLE, &text], true);
        let title = TITLE.replace("tổ chức", "hoãn");
        let after = swapped("tổ chức", "hoãn");
        check_texts("the title", after, &[TITLE, TEXT], &[&title, TEXT], true);
        let text = format!("{TEXT}\nLịch tiêm được đăng ở cổng thông tin.");
        let after =
            swapped("của xã.</p>", "của xã.</p><p>Lịch tiêm được đăng ở cổng thông tin.</p>");
        check_texts("a paragraph more", after, &[TITLE, TEXT], &[TITLE, &text], true);
        let text = TEXT.lines().next().expect("it has two");
        let after = swapped("<p>Phụ huynh đưa trẻ đến trạm y tế của xã.</p>", "");
        check_texts("a paragraph less", after, &[TITLE, TEXT], &[TITLE, text], true);
    }

    #[test]
    fn what_only_the_reading_changed_is_no_edit() {
        let same = || page(|html| html);
        let first = TEXT.lines().next().expect("it has two");
        check_texts("another title", same(), &["Trang chủ", TEXT], &[TITLE, TEXT], false);
        check_texts("more of the text", same(), &[TITLE, first], &[TITLE, TEXT], false);
        let menu = format!("{TEXT}\nHội nghị tổng kết công tác năm của ngành");
        check_texts("a box less", same(), &[TITLE, &menu], &[TITLE, TEXT], false);
        let garbled = TEXT.replace('á', "Ã¡").replace('ế', "áº¿");
        check_texts("repaired letters", same(), &[TITLE, &garbled], &[TITLE, TEXT], false);
        let rotated = swapped("tổng kết công tác năm", "triển khai nhiệm vụ mới");
        check_texts("a title beside a new box", rotated, &["x", first], &[TITLE, TEXT], false);
    }

    #[test]
    fn a_page_without_known_runs_is_asked_for_the_passages_that_were_read() {
        let check = |after: String, old: &[&str], lost: bool| {
            assert_eq!(PageText::of(after.as_bytes()).has_lost_some_of(old), lost, "{old:?}");
        };
        check(page(|html| html), &[TITLE, TEXT], false);
        check(swapped("bắt đầu", "kết thúc"), &[TITLE, TEXT], true);
        // Of this nothing is found: it was read in another way altogether.
        check(page(|html| html), &["Một câu không có ở đâu trên trang này cả"], false);
    }

    #[test]
    fn listings_in_json_and_xml_are_looked_through_as_well() {
        let check = |body: &str| assert_eq!(PageText::of(body.as_bytes()).has(TITLE), Some(true));
        check(
            r#"{"title":"S\u1edf Y t\u1ebf t\u1ed5 ch\u1ee9c ti\u00eam ch\u1ee7ng cho tr\u1ebb em"}"#,
        );
        check(&format!("<item><title><![CDATA[{TITLE}]]></title></item>"));
        check(
            "<title>S&#7903; Y t&#7871; t&#7893; ch&#7913;c ti&ecirc;m ch&#7911;ng cho tr&#7867; em</title>",
        );
    }

    #[test]
    fn hostile_pages_are_scanned_to_their_end() {
        for body in ["<", "</", "&", "\\", "\\u12", "<!--", "<script>", "<style", "&#", "<![CDATA["]
        {
            PageText::of(body.as_bytes());
            PageText::of(body.repeat(5_000).as_bytes());
        }
        let many = "<p>Mot doan van ban</p>".repeat(50_000);
        assert_eq!(PageText::of(many.as_bytes()).runs().to_bytes().len(), 4);
    }
}
