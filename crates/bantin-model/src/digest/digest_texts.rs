//! Every word a digest says by itself, one table per language: a third language is a third table.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;

use crate::Lang;

/// The words of a digest in one language. Singular and plural differ where the language has them;
/// `{n}` is replaced by the number.
#[derive(Debug)]
pub struct DigestTexts {
    one_new: &'static str,
    many_new: &'static str,
    nothing_new: &'static str,
    one_older: &'static str,
    many_older: &'static str,
    many_revised: &'static str,
    /// Heads the items that were revised after they had been sent.
    pub revised: &'static str,
    /// Heads the items that the mail only counts, on the digest's page.
    pub counted: &'static str,
    one_more: &'static str,
    many_more: &'static str,
    broken: &'static str,
    /// Replaces an empty title.
    pub untitled: &'static str,
    /// From Monday.
    weekdays: [&'static str; 7],
    /// None where dates are written in figures alone.
    months: Option<[&'static str; 12]>,
}

const VI: DigestTexts = DigestTexts {
    one_new: "1 tin mới",
    many_new: "{n} tin mới",
    nothing_new: "không có tin mới",
    one_older: "và 1 tin cũ hơn",
    many_older: "và {n} tin cũ hơn",
    many_revised: "{n} tin đã gửi trước đây nay đã được sửa trên cổng nguồn.",
    revised: "Đã sửa sau khi gửi",
    counted: "Các tin khác của kỳ này",
    one_more: "và 1 tin khác",
    many_more: "và {n} tin khác",
    broken: "Hiện chưa đọc được các nguồn sau, nên có thể còn thiếu tin:",
    untitled: "(không có tiêu đề)",
    weekdays: ["Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"],
    months: None,
};

const EN: DigestTexts = DigestTexts {
    one_new: "1 new item",
    many_new: "{n} new items",
    nothing_new: "nothing new",
    one_older: "and 1 older item",
    many_older: "and {n} older items",
    many_revised: "{n} items that were sent before have been revised on their portals.",
    revised: "Revised after it was sent",
    counted: "The other items of this issue",
    one_more: "and 1 more item",
    many_more: "and {n} more items",
    broken: "These sources cannot be read at present, so news may be missing:",
    untitled: "(no title)",
    weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: Some([
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]),
};

impl DigestTexts {
    pub fn of(lang: Lang) -> &'static DigestTexts {
        match lang {
            Lang::Vi => &VI,
            Lang::En => &EN,
        }
    }

    /// "3 tin mới", or that there is none.
    pub fn new_items(&self, n: usize) -> String {
        match n {
            0 => self.nothing_new.to_owned(),
            1 => self.one_new.to_owned(),
            _ => self.many_new.replace("{n}", &n.to_string()),
        }
    }

    /// "và 3 tin khác"
    pub fn more(&self, n: usize) -> String {
        let pattern = if n == 1 { self.one_more } else { self.many_more };
        pattern.replace("{n}", &n.to_string())
    }

    /// "và 3 tin cũ hơn"
    pub fn older(&self, n: usize) -> String {
        let pattern = if n == 1 { self.one_older } else { self.many_older };
        pattern.replace("{n}", &n.to_string())
    }

    /// That so many items were revised, where they are too many to list.
    pub fn revised_many(&self, n: usize) -> String {
        self.many_revised.replace("{n}", &n.to_string())
    }

    /// Leads the list of sources that cannot be read.
    pub fn broken(&self) -> &'static str {
        self.broken
    }

    /// "Thứ Sáu, 22/05/2020" or "Friday, 22 May 2020"
    pub fn day(&self, day: NaiveDate) -> String {
        let weekday = self.weekdays[day.weekday().num_days_from_monday() as usize];
        format!("{weekday}, {}", self.short_day(day))
    }

    /// "22/05/2020" or "22 May 2020"
    pub fn short_day(&self, day: NaiveDate) -> String {
        match self.months {
            None => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
            Some(months) => {
                format!("{} {} {}", day.day(), months[day.month0() as usize], day.year())
            }
        }
    }

    /// "Thứ Sáu, 22/05/2020, 08:26"
    pub fn moment(&self, at: DateTime<Tz>) -> String {
        format!("{}, {:02}:{:02}", self.day(at.date_naive()), at.hour(), at.minute())
    }
}
