//! Why the next poll of a source has its time: for programs, and as a sentence for the admin.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lang::Lang;

/// The time of the next poll, and the reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextPoll {
    /// The poll meant: the reason is void once something else has moved it.
    pub at: DateTime<Utc>,
    /// The reason as a sentence, in English.
    pub what: String,
    #[serde(default)]
    pub reason: NextPollReason,
}

/// Times are in seconds; those that are kept as text are on the source's own clocks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum NextPollReason {
    /// Written by a version that kept the sentence alone.
    #[default]
    Other,
    Schedule {
        line: String,
    },
    /// By what is usual in an hour of the week: `day` 0 is Monday.
    Adaptive {
        day: u8,
        hour: u8,
        hundredths_an_hour: u32,
        gap: i64,
        /// Days without an item, where that counts.
        silent_days: Option<i64>,
    },
    Gone,
    Failures {
        polls: u32,
        wait: i64,
    },
    /// How long the server says that the page holds, and how much of that is believed.
    Lifetime {
        said: i64,
        held: i64,
    },
    /// What the feed asks for between polls.
    Interval {
        wait: i64,
    },
    RetryAfter {
        wait: i64,
    },
    /// The feed names hours or days in which it wants no polls.
    Skipped,
    /// The host wants no request before.
    HostSilent {
        until: String,
    },
    /// No host answers.
    LineDown {
        since: String,
        failure: String,
    },
}

impl NextPoll {
    pub fn new(at: DateTime<Utc>, reason: NextPollReason) -> Self {
        let what = reason.sentence(Lang::En).unwrap_or_default();
        NextPoll { at, what, reason }
    }

    /// Returns the reason as a sentence, with the language that it is in.
    pub fn sentence(&self, lang: Lang) -> (String, Lang) {
        match self.reason.sentence(lang) {
            Some(told) => (told, lang),
            None => (self.what.clone(), Lang::En),
        }
    }
}

impl NextPollReason {
    /// Returns the reason as a word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            NextPollReason::Other => "other",
            NextPollReason::Schedule { .. } => "schedule",
            NextPollReason::Adaptive { .. } => "adaptive",
            NextPollReason::Gone => "gone",
            NextPollReason::Failures { .. } => "failures",
            NextPollReason::Lifetime { .. } => "lifetime",
            NextPollReason::Interval { .. } => "interval",
            NextPollReason::RetryAfter { .. } => "retry-after",
            NextPollReason::Skipped => "skipped",
            NextPollReason::HostSilent { .. } => "host-silent",
            NextPollReason::LineDown { .. } => "line-down",
        }
    }

    fn sentence(&self, lang: Lang) -> Option<String> {
        match lang {
            Lang::Vi => self.in_vietnamese(),
            Lang::En => self.in_english(),
        }
    }

    fn in_english(&self) -> Option<String> {
        let long = |seconds: i64| length(seconds, Lang::En);
        Some(match self {
            NextPollReason::Other => return None,
            NextPollReason::Schedule { line } => format!("by its schedule \"{line}\""),
            NextPollReason::Adaptive { day, hour, hundredths_an_hour, gap, silent_days } => {
                let day = DAYS[usize::from(*day % 7)].1;
                let usual = format!(
                    "adaptive: {day} from {hour} to {} usually brings {} items an hour, which makes {} between polls",
                    hour + 1,
                    hundredths(*hundredths_an_hour, '.'),
                    long(*gap)
                );
                match silent_days {
                    Some(days) => format!("{usual}; nothing has come for {days} days"),
                    None => usual,
                }
            }
            NextPollReason::Gone => "the page is gone: it is looked for once a week".to_owned(),
            NextPollReason::Failures { polls, wait } => {
                format!("{polls} polls in a row gave nothing: {} between them", long(*wait))
            }
            NextPollReason::Lifetime { said, held } => {
                let why = format!("the server says that the page holds for {}", long(*said));
                if said > held {
                    format!("{why}; no more than {} of it is believed", long(*held))
                } else {
                    why
                }
            }
            NextPollReason::Interval { wait } => {
                format!("the feed asks for {} between polls", long(*wait))
            }
            NextPollReason::RetryAfter { wait } => {
                format!("the server wants no request for {} (Retry-After)", long(*wait))
            }
            NextPollReason::Skipped => {
                "the feed wants no polls before (skipHours, skipDays)".to_owned()
            }
            NextPollReason::HostSilent { until } => {
                format!("not asked for: several pages of its host want no request before {until}")
            }
            NextPollReason::LineDown { since, failure } => format!(
                "not counted, since no host answers: our own line seems to be down since {since} ({failure})"
            ),
        })
    }

    fn in_vietnamese(&self) -> Option<String> {
        let long = |seconds: i64| length(seconds, Lang::Vi);
        Some(match self {
            NextPollReason::Other => return None,
            NextPollReason::Schedule { line } => format!("theo lịch \u{201c}{line}\u{201d}"),
            NextPollReason::Adaptive { day, hour, hundredths_an_hour, gap, silent_days } => {
                let day = DAYS[usize::from(*day % 7)].0;
                let usual = format!(
                    "tự điều chỉnh: {day} từ {hour} đến {} giờ thường có {} tin mỗi giờ, nên các lần lấy tin cách nhau {}",
                    hour + 1,
                    hundredths(*hundredths_an_hour, ','),
                    long(*gap)
                );
                match silent_days {
                    Some(days) => format!("{usual}; đã {days} ngày không có tin"),
                    None => usual,
                }
            }
            NextPollReason::Gone => "trang đã bị gỡ: mỗi tuần xem lại một lần".to_owned(),
            NextPollReason::Failures { polls, wait } => {
                format!("{polls} lần liên tiếp không đọc được: mỗi lần cách nhau {}", long(*wait))
            }
            NextPollReason::Lifetime { said, held } => {
                let why = format!("máy chủ cho biết trang không đổi trong {}", long(*said));
                if said > held {
                    format!("{why}; bantin chỉ chờ nhiều nhất {}", long(*held))
                } else {
                    why
                }
            }
            NextPollReason::Interval { wait } => {
                format!("feed yêu cầu các lần lấy tin cách nhau {}", long(*wait))
            }
            NextPollReason::RetryAfter { wait } => {
                format!("máy chủ yêu cầu không hỏi lại trong {} (Retry-After)", long(*wait))
            }
            NextPollReason::Skipped => {
                "feed không muốn được lấy tin trước giờ đó (skipHours, skipDays)".to_owned()
            }
            NextPollReason::HostSilent { until } => {
                format!("chưa hỏi: nhiều trang của máy chủ này yêu cầu không hỏi lại trước {until}")
            }
            NextPollReason::LineDown { since, failure } => format!(
                "không tính lỗi, vì không máy chủ nào trả lời: có lẽ đường mạng của bantin bị đứt từ {since} ({failure})"
            ),
        })
    }
}

const DAYS: [(&str, &str); 7] = [
    ("thứ Hai", "Mon"),
    ("thứ Ba", "Tue"),
    ("thứ Tư", "Wed"),
    ("thứ Năm", "Thu"),
    ("thứ Sáu", "Fri"),
    ("thứ Bảy", "Sat"),
    ("Chủ nhật", "Sun"),
];

fn hundredths(number: u32, point: char) -> String {
    format!("{}{point}{:02}", number / 100, number % 100)
}

/// Returns a time as people say it: minutes up to a hundred of them, then hours.
pub fn length(seconds: i64, lang: Lang) -> String {
    let minutes = (seconds + 30) / 60;
    let tenths = (minutes + 3) / 6;
    match (lang, minutes < 100) {
        (Lang::En, true) => format!("{minutes} min"),
        (Lang::En, false) => format!("{}.{} h", tenths / 10, tenths % 10),
        (Lang::Vi, true) => format!("{minutes} phút"),
        (Lang::Vi, false) => format!("{},{} giờ", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<NextPollReason> {
        let text = || "2026-12-01 10:00".to_owned();
        vec![
            NextPollReason::Schedule { line: "*/15 * * * *".to_owned() },
            NextPollReason::Adaptive {
                day: 1,
                hour: 9,
                hundredths_an_hour: 207,
                gap: 626,
                silent_days: None,
            },
            NextPollReason::Adaptive {
                day: 6,
                hour: 23,
                hundredths_an_hour: 2,
                gap: 36_000,
                silent_days: Some(20),
            },
            NextPollReason::Gone,
            NextPollReason::Failures { polls: 5, wait: 57_600 },
            NextPollReason::Lifetime { said: 3_600, held: 3_600 },
            NextPollReason::Lifetime { said: 31_536_000, held: 14_400 },
            NextPollReason::Interval { wait: 5_400 },
            NextPollReason::RetryAfter { wait: 7_200 },
            NextPollReason::Skipped,
            NextPollReason::HostSilent { until: text() },
            NextPollReason::LineDown { since: text(), failure: "timeout".to_owned() },
        ]
    }

    #[test]
    fn each_reason_is_told_in_both_languages_and_has_a_code_that_is_kept() {
        for reason in all() {
            let why = NextPoll::new(DateTime::UNIX_EPOCH, reason.clone());
            let (vi, en) = (why.sentence(Lang::Vi), why.sentence(Lang::En));
            assert_eq!((vi.1, en.1), (Lang::Vi, Lang::En));
            assert_ne!(vi.0, en.0);
            assert_eq!(en.0, why.what);
            let json = serde_json::to_value(&why).expect("it has a JSON form");
            assert_eq!(json["reason"]["code"], reason.code());
            assert_eq!(serde_json::from_value::<NextPoll>(json).expect("it is read"), why);
        }
    }

    #[test]
    fn a_sentence_kept_by_an_earlier_version_stays_what_it_was() {
        let old = r#"{"at":"2026-12-01T00:00:00Z","what":"by its schedule \"0 * * * *\""}"#;
        let why: NextPoll = serde_json::from_str(old).expect("it is read");
        assert_eq!(why.reason.code(), "other");
        assert_eq!(why.sentence(Lang::Vi), ("by its schedule \"0 * * * *\"".to_owned(), Lang::En));
    }

    #[test]
    fn times_are_told_in_minutes_and_then_in_hours() {
        let told = |minutes: i64| (length(minutes * 60, Lang::En), length(minutes * 60, Lang::Vi));
        assert_eq!(told(99), ("99 min".to_owned(), "99 phút".to_owned()));
        assert_eq!(told(240), ("4.0 h".to_owned(), "4,0 giờ".to_owned()));
        assert_eq!(told(100), ("1.7 h".to_owned(), "1,7 giờ".to_owned()));
    }
}
