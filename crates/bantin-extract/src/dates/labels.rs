//! What the words beside a date say it is.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::patterns::Day;
use super::tokens::{TokenKind, tokens};
use super::{DateReader, abroad};
use crate::text::{clean, fold};

/// What a date was said to be, the less telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Of effect, an end, a deadline or another event: never of publication.
    Other,
    Updated,
    None,
    /// Of issue, signature or creation.
    Issued,
    /// Of posting.
    Published,
}

/// Phrases and the meaning that they give to the date after them, in lower case. `None` for phrases
/// that contain another one's words and have no meaning. Of two that begin at one place the longer
/// counts.
#[rustfmt::skip]
const PHRASES: &[(Option<Label>, &[&str])] = &[
    (Some(Label::Published), &[
        "đăng", "đăng tải", "xuất bản", "published", "posted", "publication date", "publish date", "veröffentlicht", "publié",
        "publicado", "publicato", "gepubliceerd",
    ]),
    (Some(Label::Issued), &[
        "ban hành", "phát hành", "ký", "ngày tạo", "bắt đầu", "issued", "issue date", "created", "filed",
    ]),
    (Some(Label::Updated), &[
        "cập nhật", "chỉnh sửa", "sửa lúc", "sửa ngày", "sửa lần", "sửa :", "updated", "modified", "edited", "revised",
        "last update",
    ]),
    (Some(Label::Other), &[
        "hiệu lực", "hạn", "hết hạn", "kết thúc", "công báo", "đăng công báo", "đóng thầu", "mở thầu", "áp dụng", "thi hành",
        "ngày sinh", "hạn đăng", "bế mạc", "diễn ra", "ngày họp", "ngày thi", "effective", "expires", "expiry", "expired", "expiration",
        "deadline", "due", "closing", "closes", "close date", "ends", "ending", "end date", "end :", "valid", "until",
        "argued", "hearing", "gültig", "limite", "échéance", "scadenza", "vence", "vigencia",
    ]),
    (None, &[
        "đăng ký", "đăng kí", "đăng nhập", "đăng cai", "người ký", "người kí", "ký hiệu", "ký kết", "chữ ký", "hạn chế",
        "hạn hán", "hạn mặn", "còn hiệu lực", "còn hạn", "chưa hiệu lực",
        "chưa có hiệu lực", "đã hết hiệu lực", "đã hết hạn", "giới hạn", "vô hạn", "due to", "issued by", "người đăng", "tác giả",
    ]),
];

/// A phrase word by word, as written and folded, with what it says.
type Phrase = (Vec<(String, String)>, Option<Label>);

/// The phrases by their first word, folded.
static BY_FIRST: LazyLock<HashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut found: HashMap<String, Vec<Phrase>> = HashMap::new();
    let phrases = PHRASES.iter().flat_map(|(said, phrases)| phrases.iter().map(|one| (*said, one)));
    for (said, phrase) in phrases {
        let words: Vec<(String, String)> =
            phrase.split(' ').map(|word| (word.to_owned(), fold(word))).collect();
        found.entry(words[0].1.clone()).or_default().push((words, said));
    }
    found
        .values_mut()
        .for_each(|phrases| phrases.sort_by_key(|(words, _)| usize::MAX - words.len()));
    found
});

/// What a text without a date calls the one beside it: "Ngày hiệu lực", "Hạn nộp:", "Posted on". `Label::None` for longer
/// texts and those that call it nothing.
pub fn of_text(text: &str) -> Label {
    /// Letters of a label; a longer text is a sentence.
    const LONGEST: usize = 48;
    if text.len() > 3 * LONGEST || text.chars().count() > LONGEST {
        return Label::None;
    }
    let tokens = tokens(&clean(text));
    let reader = DateReader::of(tokens, chrono_tz::Tz::UTC, chrono::DateTime::UNIX_EPOCH);
    reader.label_within(0, reader.tokens.len())
}

impl DateReader {
    pub(super) fn label(&self, day: &Day, days: &[Day]) -> Label {
        let own = self.own_label(day);
        let alone = days.len() == 1;
        // One label before a lone date is enough, however far off.
        let label = match own {
            Label::None if alone => self.label_within(0, day.start),
            own => own,
        };
        let is_other =
            label <= Label::None && (alone && self.is_limit(day) || self.ends_as_other(day));
        if is_other { Label::Other } else { label }
    }

    /// The days that may be those of publication.
    pub(super) fn without_others(&self, days: Vec<Day>) -> Vec<Day> {
        let mut labels: Vec<Label> = days.iter().map(|day| self.label(day, &days)).collect();
        // "Thời hạn: từ 01/11/2026 đến 20/11/2026": what is said of the beginning is said of the end.
        for nth in 1..days.len() {
            let goes_on = labels[nth] == Label::None
                && labels[nth - 1] == Label::Other
                && (self.is_limit(&days[nth]) || self.is_span(&days[nth - 1], &days[nth]));
            if goes_on {
                labels[nth] = Label::Other;
            }
        }
        let kept = days.into_iter().zip(labels).filter(|(_, label)| *label != Label::Other);
        kept.map(|(day, _)| day).collect()
    }

    /// "đến hết ngày 20/05/2020", "before May 20": a day up to which something lasts.
    fn is_limit(&self, day: &Day) -> bool {
        const BETWEEN: &[&str] = &["ngay", "het", "luc", "gio", "hom"];
        let before = (0..day.start)
            .rev()
            .find(|at| !(self.used[*at] || self.word_is(*at, BETWEEN) || self.is_mark(*at, ",")));
        before.and_then(|at| self.token(at)).is_some_and(|token| {
            matches!(
                &*token.text,
                "đến"
                    | "tới"
                    | "trước"
                    | "den"
                    | "truoc"
                    | "until"
                    | "till"
                    | "before"
                    | "by"
                    | "bis"
            )
        })
    }

    /// "01/11/2026 - 20/11/2026".
    fn is_span(&self, from: &Day, to: &Day) -> bool {
        from.end < to.start && (from.end..to.start).all(|at| self.used[at] || self.is_mark(at, "-"))
    }

    /// "20/05/2020 (hết hạn)": the label follows the date.
    fn ends_as_other(&self, day: &Day) -> bool {
        self.is_mark(day.end, "([")
            && self.phrase(day.end + 1, self.tokens.len()).is_some_and(|(length, said)| {
                said == Some(Label::Other) && self.is_mark(day.end + 1 + length, ")]")
            })
    }

    pub(super) fn own_label(&self, day: &Day) -> Label {
        let since = (0..day.start).rev().find(|at| {
            self.used[*at]
                && self.is_number(*at)
                && self.is_day_number(*at)
                && !self.is_of_clock(*at)
                && {
                    // A time belongs to the day after it, so the label may precede both.
                    !self.touches(*at + 1, day.start, &[])
                }
        });
        self.label_within(since.map_or(0, |at| at + 1).max(day.start.saturating_sub(14)), day.start)
    }

    /// Whether a number is of a time of day.
    fn is_of_clock(&self, at: usize) -> bool {
        const HOUR: &[&str] = &["h", "g", "gio"];
        let before = at.checked_sub(1);
        self.is_mark(at + 1, ":")
            || self.word_is(at + 1, HOUR)
            || before.is_some_and(|before| self.is_mark(before, ":") || self.word_is(before, HOUR))
    }

    /// What the words in a range say of the day at its end: the last of them, but for what an end or effect includes ("ngày
    /// hết hạn đăng tin").
    fn label_within(&self, start: usize, end: usize) -> Label {
        let (mut label, mut other_end, mut at) = (Label::None, 0, start);
        while at < end {
            let phrase = if self.used[at] { None } else { self.phrase(at, end) };
            let Some((length, said)) = phrase else {
                at += 1;
                continue;
            };
            match said {
                Some(Label::Other) if self.reaches(at + length, end) => {
                    (label, other_end) = (Label::Other, at + length);
                }
                Some(said)
                    if said != Label::Other
                        && (label != Label::Other || self.is_set_apart(other_end, at)) =>
                {
                    label = said;
                }
                _ => {}
            }
            at += length;
        }
        label
    }

    /// The longest phrase at a place: its words and what it says.
    fn phrase(&self, at: usize, end: usize) -> Option<(usize, Option<Label>)> {
        let first = self.token(at).filter(|_| at < end)?;
        if abroad::is_updated(&first.folded) {
            return Some((1, Some(Label::Updated)));
        }
        let is_word = |at: usize, (written, folded): &(String, String)| {
            self.tokens[at].text == *written || self.tokens[at].text == *folded
        };
        let fits = |(words, _): &&Phrase| {
            at + words.len() <= end
                && words.iter().enumerate().all(|(nth, word)| is_word(at + nth, word))
        };
        BY_FIRST.get(&first.folded)?.iter().find(fits).map(|(words, said)| (words.len(), *said))
    }

    /// Whether what is said at one place is said of the day at another: few words are between them and no new sentence.
    /// "Thông báo gia hạn nộp hồ sơ (12/05/2020)" says of a headline when it was published.
    fn reaches(&self, from: usize, day: usize) -> bool {
        const MOST: usize = 5;
        let mut words = 0;
        for at in from..day {
            let token = &self.tokens[at];
            if self.used[at] {
                continue;
            }
            words += usize::from(token.sort == TokenKind::Word && !is_label(&token.folded));
            let ends = token.sort == TokenKind::Mark && ".;|!?•·".contains(&*token.text);
            if words > MOST || ends || words > 0 && self.is_mark(at, "([") {
                return false;
            }
        }
        true
    }

    /// Returns whether a label starts a new statement after another one.
    fn is_set_apart(&self, end: usize, start: usize) -> bool {
        (end..start).any(|at| self.is_mark(at, ".;|,:()•·-/"))
            || start > end && self.word_is(start - 1, &["ngay"])
    }

    pub(super) fn only_labels_left(&self) -> bool {
        self.tokens.iter().zip(&self.used).all(|(token, used)| {
            *used
                || match token.sort {
                    TokenKind::Number => false,
                    TokenKind::Word => is_label(&token.folded) || abroad::is_label(&token.folded),
                    TokenKind::Mark => !matches!(&*token.text, "%" | "$" | "₫"),
                }
        })
    }
}

/// Words around dates that have no meaning of their own, folded.
pub(super) fn is_label(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "ngay",
        "dang",
        "cap",
        "nhat",
        "luc",
        "vao",
        "hoi",
        "thu",
        "chu",
        "cn",
        "xuat",
        "ban",
        "phat",
        "hanh",
        "tao",
        "ky",
        "bat",
        "dau",
        "da",
        "issued",
        "edited",
        "revised",
        "post",
        "posted",
        "publish",
        "published",
        "update",
        "updated",
        "modified",
        "on",
        "at",
        "date",
        "time",
        "thoi",
        "gian",
        "gio",
        "gmt",
        "utc",
        "ict",
        "dua",
        "tin",
        "tai",
        "len",
        "hom",
        "mung",
        "nam",
        "thang",
        "t",
        "z",
        "cuoi",
        "lan",
        "moi",
        "khoang",
        "chinh",
        "sua",
        "created",
        "bai",
        "viet",
        "sang",
        "chieu",
        "toi",
        "trua",
        "dem",
        "by",
        "in",
        "from",
        "last",
        "nay",
        "qua",
        "viet",
        "vn",
        "mon",
        "tue",
        "wed",
        "fri",
        "sat",
        "sun",
    ];
    WORDS.contains(&word)
}
