//! One article and one document of the sample portal: which text it was made from, and when. Everything that a page
//! shows is worked out from that, so that a demo left running for days stays small.

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;

use super::images::Scene;
use super::texts::{DOCUMENTS, DocumentText, FileKind, NEWS, NewsText};

/// Addresses are numbered as a portal numbers them that has been running for years and lost some drafts.
const FIRST_NEWS: u32 = 1187;
const NEWS_STEP: u32 = 3;
const FIRST_DOCUMENT: u32 = 412;
const DOCUMENT_STEP: u32 = 2;
/// Between the numbers of the documents made from one text. No two texts of one sign are a multiple of it apart.
const NUMBER_STEP: u32 = 31;

pub struct PortalNews {
    id: u32,
    text: &'static NewsText,
    /// How often the text had been used before.
    round: usize,
    published: DateTime<Utc>,
    corrected: Option<DateTime<Utc>>,
}

impl PortalNews {
    /// The article that comes after `earlier` others.
    pub fn new(earlier: usize, published: DateTime<Utc>) -> PortalNews {
        PortalNews {
            id: FIRST_NEWS + NEWS_STEP * small(earlier),
            text: &NEWS[earlier % NEWS.len()],
            round: earlier / NEWS.len(),
            published,
            corrected: None,
        }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub fn href(&self) -> String {
        format!("/tin-hoat-dong/ChiTiet.aspx?ItemID={}", self.id)
    }

    pub fn image(&self) -> String {
        format!("/anh/{}.svg", self.id)
    }

    pub fn scene(&self) -> Scene {
        self.text.scene
    }

    pub fn published(&self) -> DateTime<Utc> {
        self.published
    }

    pub fn updated(&self) -> DateTime<Utc> {
        self.corrected.unwrap_or(self.published)
    }

    pub fn title(&self) -> String {
        let title = self.say(self.text.title);
        match self.round {
            0 => title,
            round => format!("{title} (kỳ {})", round + 1),
        }
    }

    pub fn lead(&self) -> String {
        self.say(self.text.lead)
    }

    pub fn caption(&self) -> String {
        self.say(self.text.caption)
    }

    pub fn paragraphs(&self) -> Vec<String> {
        self.text.paragraphs.iter().map(|text| self.say(text)).collect()
    }

    pub fn byline(&self) -> &'static str {
        self.text.byline
    }

    /// Whether it has a mistake that is not corrected yet.
    pub fn is_wrong(&self) -> bool {
        self.text.correction.is_some() && self.corrected.is_none()
    }

    pub fn correct(&mut self, now: DateTime<Utc>) {
        self.corrected = Some(now);
    }

    fn say(&self, text: &str) -> String {
        let text = fill(text, self.published);
        match (self.text.correction, self.corrected) {
            (Some((wrong, right)), Some(_)) => text.replace(wrong, right),
            _ => text,
        }
    }
}

pub struct PortalDocument {
    id: u32,
    text: &'static DocumentText,
    round: usize,
    published: DateTime<Utc>,
}

pub struct File {
    /// `412-1.pdf`
    pub name: String,
    pub title: &'static str,
    pub kind: FileKind,
}

impl PortalDocument {
    /// The document that comes after `earlier` others.
    pub fn new(earlier: usize, published: DateTime<Utc>) -> PortalDocument {
        PortalDocument {
            id: FIRST_DOCUMENT + DOCUMENT_STEP * small(earlier),
            text: &DOCUMENTS[earlier % DOCUMENTS.len()],
            round: earlier / DOCUMENTS.len(),
            published,
        }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub fn href(&self) -> String {
        format!("/van-ban/ChiTiet.aspx?ItemID={}", self.id)
    }

    /// `18/TB-STTTT`
    pub fn symbol(&self) -> String {
        format!("{}/{}", self.text.number + NUMBER_STEP * small(self.round), self.text.sign)
    }

    pub fn published(&self) -> DateTime<Utc> {
        self.published
    }

    pub fn title(&self) -> String {
        let title = fill(self.text.title, self.published);
        match self.round {
            0 => title,
            round => format!("{title} (lần {})", round + 1),
        }
    }

    pub fn paragraphs(&self) -> Vec<String> {
        self.text.paragraphs.iter().map(|text| fill(text, self.published)).collect()
    }

    /// Name and rank.
    pub fn signer(&self) -> (&'static str, &'static str) {
        self.text.signer
    }

    pub fn files(&self) -> impl Iterator<Item = File> + '_ {
        self.text.files.iter().zip(1..).map(|((kind, title), number)| File {
            name: format!("{}-{number}.{}", self.id, kind.ending()),
            title,
            kind: *kind,
        })
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a demo does not publish a milliard items")
}

/// `22/5/2020`, as listings print it.
pub fn day(at: DateTime<Utc>) -> String {
    short(at.with_timezone(&Ho_Chi_Minh).date_naive())
}

/// `22/05/2020`, as tables of documents print it.
pub fn long_day(at: DateTime<Utc>) -> String {
    at.with_timezone(&Ho_Chi_Minh).format("%d/%m/%Y").to_string()
}

/// `22/05/2020 8:26:51 SA`: twelve hours, SA before noon and CH after it; 12 is the first hour of either half.
pub fn clock(at: DateTime<Utc>) -> String {
    let at = at.with_timezone(&Ho_Chi_Minh);
    let (afternoon, hour) = at.hour12();
    let half = if afternoon { "CH" } else { "SA" };
    format!("{} {hour}:{} {half}", at.format("%d/%m/%Y"), at.format("%M:%S"))
}

fn short(day: NaiveDate) -> String {
    format!("{}/{}/{}", day.day(), day.month(), day.year())
}

/// Puts the calendar of the day of `at` into a text.
fn fill(text: &str, at: DateTime<Utc>) -> String {
    let today = at.with_timezone(&Ho_Chi_Minh).date_naive();
    text.replace("{ngay}", &short(today))
        .replace("{hom_qua}", &short(today - Days::new(1)))
        .replace("{tuan_sau}", &short(today + Days::new(7)))
        .replace("{thang}", &today.month().to_string())
        .replace("{nam}", &today.year().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn check(hour: u32, minute: u32, shown: &str) {
        let at = Ho_Chi_Minh.with_ymd_and_hms(2020, 5, 22, hour, minute, 51).unwrap();
        assert_eq!(clock(at.with_timezone(&Utc)), shown);
    }

    #[test]
    fn the_clock_has_twelve_hours_and_twelve_is_the_first_of_them() {
        check(8, 26, "22/05/2020 8:26:51 SA");
        check(0, 5, "22/05/2020 12:05:51 SA");
        check(12, 5, "22/05/2020 12:05:51 CH");
        check(23, 59, "22/05/2020 11:59:51 CH");
    }

    #[test]
    fn days_are_those_of_viet_nam() {
        let evening = Utc.with_ymd_and_hms(2019, 12, 31, 18, 0, 0).unwrap();
        assert_eq!((day(evening), long_day(evening)), ("1/1/2020".into(), "01/01/2020".into()));
        assert_eq!(
            fill("{ngay} {hom_qua} {tuan_sau} {thang} {nam}", evening),
            "1/1/2020 31/12/2019 8/1/2020 1 2020"
        );
    }
}
