//! What the words beside a date say it is.

use super::patterns::Day;
use super::tokens::Sort;
use super::{Reader, abroad};
use crate::text::fold;

/// What a date was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    Updated,
    None,
    Published,
}

impl Reader {
    pub(super) fn label(&self, day: &Day, days: &[Day]) -> Label {
        let own = self.own_label(day);
        // One label before a lone date is enough, however far off.
        if own == Label::None && days.len() == 1 { self.label_within(0, day.start) } else { own }
    }

    pub(super) fn own_label(&self, day: &Day) -> Label {
        let since = (0..day.start).rev().find(|at| {
            self.used[*at] && self.is_number(*at) && self.is_day_number(*at) && {
                // A time belongs to the day it stands before, so the label may stand before both.
                !self.touches(*at + 1, day.start, &[])
            }
        });
        self.label_within(since.map_or(0, |at| at + 1).max(day.start.saturating_sub(14)), day.start)
    }

    pub(super) fn label_within(&self, start: usize, end: usize) -> Label {
        let word = |at: usize, text: &str| {
            self.tokens[at].text == text || self.tokens[at].text == fold(text)
        };
        let mut label = Label::None;
        for at in start..end {
            if self.used[at] {
                continue;
            }
            let pair = at + 1 < end;
            if pair
                && (word(at, "cập") && word(at + 1, "nhật")
                    || word(at, "chỉnh") && word(at + 1, "sửa"))
                || self.word_is(at, &["updated", "modified"])
                || self.word(at).is_some_and(abroad::is_updated)
            {
                label = Label::Updated;
            } else if word(at, "đăng")
                || pair
                    && (word(at, "xuất") && word(at + 1, "bản")
                        || word(at, "phát") && word(at + 1, "hành")
                        || word(at, "ngày") && word(at + 1, "tạo"))
                || self.word_is(at, &["published", "posted"])
            {
                label = Label::Published;
            }
        }
        label
    }

    pub(super) fn only_labels_left(&self) -> bool {
        self.tokens.iter().zip(&self.used).all(|(token, used)| {
            *used
                || match token.sort {
                    Sort::Number => false,
                    Sort::Word => is_label(&token.folded) || abroad::is_label(&token.folded),
                    Sort::Mark => !matches!(&*token.text, "%" | "$" | "₫"),
                }
        })
    }
}

/// Words that stand around dates and say nothing else, folded.
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
