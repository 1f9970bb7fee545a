//! When an article was published and changed, from metadata, from what a reader sees, and from the
//! address.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use dom_query::{Matcher, NodeId, NodeRef};

use super::ArticleReader;
use crate::Reading;
use crate::body::Body;
use crate::date_context::{label_before, names_documents};
use crate::dates::{self, Label, order};
use crate::flat::FlatElement;
use crate::listing::{agree, date_of, has_same_figures};
use crate::model::Published;
use crate::page;
use crate::text::shorten;

/// A date that the page shows.
#[derive(Default)]
struct Seen {
    score: i32,
    found: Published,
    /// The numbers that it is written in.
    written: Option<order::Written>,
}

impl<'a> ArticleReader<'a> {
    pub(super) fn dates(
        &self,
        title_at: Option<usize>,
        body_at: Option<usize>,
        roots: &[usize],
        body: &Body,
        problem: &mut impl FnMut(String),
    ) -> (Published, Option<DateTime<Utc>>) {
        let told = self.told(&self.facts.published);
        let told_updated = self.told(&self.facts.updated);
        let (seen, seen_updated) = match &self.rules.date {
            Some(rule) => (self.date_by_rule(rule, problem), Published::Unknown),
            None => self.seen_dates(title_at, body_at, roots, body),
        };
        let mut published = if self.rules.date.is_some() && seen.is_known() {
            agree_on_day(seen, told, self.reading)
        } else {
            self.weigh(seen, told)
        };
        let mut updated =
            [told_updated, seen_updated].into_iter().find(|one| one.is_known()).unwrap_or_default();
        if !published.is_known() {
            // The only date there is.
            published = std::mem::take(&mut updated);
        }
        if !published.is_known() {
            published = self.told(&self.facts.published_in_markup);
        }
        if !published.is_known() {
            published = self.day_of_address();
        }
        if let Some(at) = published
            .moment(self.reading.zone)
            .filter(|at| *at > self.reading.now + Duration::days(1))
        {
            problem(format!(
                "the date {} lies in the future",
                at.with_timezone(&self.reading.zone).to_rfc3339()
            ));
            published = Published::Unknown;
        }
        if !updated.is_known() {
            updated = self.told(&self.facts.changed);
        }
        let updated = match updated {
            Published::At(at) if Some(at) > published.moment(self.reading.zone) => Some(at),
            _ => None,
        };
        (published, updated)
    }

    /// Reads a date of the metadata.
    fn told(&self, text: &Option<String>) -> Published {
        let Some(text) = text else { return Published::Unknown };
        let found = dates::parse(text, self.reading.zone, self.reading.now);
        self.in_order(found, order::written(text))
    }

    /// The day that the address names: "/2026/11/27/…", "….20261127081500.htm".
    fn day_of_address(&self) -> Published {
        let url = self.reading.url;
        let day = order::day_in_address(url).or_else(|| order::moment_in_address(url));
        let tomorrow = self.reading.now + Duration::days(1);
        day.filter(|day| *day <= tomorrow.date_naive()).map_or(Published::Unknown, Published::On)
    }

    /// A date in numbers as the page orders them: month first in the United States, or where the address says so.
    fn in_order(&self, found: Published, written: Option<order::Written>) -> Published {
        let Some(written) = written.filter(|written| written.is_open()) else { return found };
        let row = order::RowDate { written: Some(written), found, url: self.reading.url };
        match order::is_month_first(&[row], self, self.reading) {
            true => order::turned(found, written, self.reading).unwrap_or(found),
            false => found,
        }
    }

    fn date_by_rule(&self, rule: &Matcher, problem: &mut impl FnMut(String)) -> Published {
        let nodes = self.matching(rule);
        let found = nodes
            .iter()
            .map(|node| date_of(node, self.rules.date_format.as_deref(), self.reading))
            .find(|found| found.is_known());
        if found.is_none() {
            let said = nodes.first().map(page::visible_text);
            problem(match said {
                Some(said) => format!("the date \"{}\" cannot be read", shorten(said, 60)),
                None => "the \"date\" selector matches nothing".to_owned(),
            });
        }
        found.unwrap_or_default()
    }

    /// Weighs the date that a reader sees against that of the metadata. The same clock time in the
    /// metadata's own offset: the metadata's, since the page shows that clock, whatever zone was
    /// expected; a midnight is only a day. The same day: the finer of the two. Day and month
    /// exchanged: the reader's. Otherwise the metadata's, since many dates on a page are not the
    /// article's.
    fn weigh(&self, seen: Published, told: Published) -> Published {
        let day = |one: Published| {
            one.moment(self.reading.zone)
                .map(|at| at.with_timezone(&self.reading.zone).date_naive())
        };
        let stated = self.facts.published.as_deref().map(str::trim);
        let clock = stated.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        if let (Published::On(day), Some(clock)) = (seen, clock)
            && day == clock.date_naive()
            && clock.time() == NaiveTime::MIN
        {
            return seen;
        }
        if stated.is_some_and(|text| has_same_figures(seen, text, self.reading)) {
            return told;
        }
        match (day(seen), day(told)) {
            (Some(a), Some(b)) if a == b => agree(seen, told, false, self.reading),
            (Some(a), Some(b)) if is_exchanged(a, b) => seen,
            (Some(_), None) => seen,
            _ => told,
        }
    }

    /// The dates that the page shows: published and updated. Those between headline and body count most.
    fn seen_dates(
        &self,
        title_at: Option<usize>,
        body_at: Option<usize>,
        roots: &[usize],
        body: &Body,
    ) -> (Published, Published) {
        let mut best = [Seen { score: 1, ..Seen::default() }, Seen { score: 1, ..Seen::default() }];
        let mut known: (usize, String, Option<(Published, Label)>) = (0, String::new(), None);
        let mut beside_links: HashMap<NodeId, bool> = HashMap::new();
        let spoken = self.spoken_parts(roots);
        for (number, element) in self.flat.elements.iter().enumerate() {
            let inside_body = body_at.is_some_and(|body_at| element.place > body_at);
            if inside_body
                || element.is_unseen
                || element.letters == 0
                || element.letters > 120
                || element.in_link
                || element.in_margin
                || element.end - number > 14
            {
                continue;
            }
            let node = element.node;
            let text = page::visible_text(&node);
            let is_time = element.tag == "time";
            if !(is_time || text.contains(|c: char| c.is_ascii_digit()))
                || text.chars().count() > 140
            {
                continue;
            }
            // A box around one date says what the date says.
            if known.1 != text {
                let read = dates::find_labelled(&text, self.reading.zone, self.reading.now);
                known = (number, text, read);
            }
            let Some((found, own_label)) = known.2 else { continue };
            let label = match own_label {
                Label::None => label_before(&node, |_| false),
                label => label,
            };
            if label == Label::Other {
                continue;
            }
            let mut score = self.score(number, title_at, found, label);
            // A list of other news: each line a link and a date.
            let neighbour = node.parent().is_some_and(|parent| {
                *beside_links.entry(parent.id).or_insert_with(|| {
                    parent.element_children().iter().any(|child| {
                        child.has_name("a") && page::visible_text(child).chars().count() > 25
                    })
                })
            });
            score -= i32::from(neighbour) * 4;
            // "Bắt đầu năm học: 10/08/2022" is what the text is about.
            let is_spoken = spoken.iter().any(|part| part.contains(&number));
            score -= i32::from(is_spoken && label != Label::Published) * 3;
            let slot = &mut best[usize::from(label == Label::Updated)];
            if score > slot.score {
                let precise = date_of(&node, None, self.reading);
                *slot = Seen {
                    score,
                    found: if precise.is_known() { precise } else { found },
                    written: order::written(&known.1),
                };
            }
        }
        let [published, updated] = best.map(|seen| self.in_order(seen.found, seen.written));
        (if published.is_known() { published } else { body.date }, updated)
    }

    /// Returns the parts of the body after its first sentence, as ranges of elements.
    fn spoken_parts(&self, roots: &[usize]) -> Vec<Range<usize>> {
        /// Letters of a block that is a sentence.
        const SENTENCE: usize = 60;
        let elements = &self.flat.elements;
        let part = |root: &usize| {
            let end = elements[*root].end;
            let first = (*root..end).find(|at| {
                let one = &elements[*at];
                one.own >= SENTENCE && one.own_linked * 2 < one.own && !one.is_unseen
            });
            first.map(|first| first + 1..end)
        };
        roots.iter().filter_map(part).collect()
    }

    /// How much speaks for a date on the page being the article's.
    fn score(&self, number: usize, title_at: Option<usize>, found: Published, label: Label) -> i32 {
        let element = &self.flat.elements[number];
        let mut score = match label {
            Label::None => 0,
            Label::Other | Label::Updated => 3,
            Label::Issued if self.is_of_documents(element) => 5,
            Label::Issued => 3,
            Label::Published => 4,
        };
        score += i32::from(matches!(found, Published::At(_)));
        score += i32::from(
            self.flat.is_named(number, &["date", "time", "ngay", "publish", "meta"])
                || element.tag == "time",
        ) * 2;
        if let Some(title_at) = title_at {
            score += match element.place.checked_sub(title_at) {
                Some(0..=60) => 3,
                Some(_) => 0,
                // Just above the headline, as "Thứ sáu, 22/05/2020 | Tin hoạt động".
                None if title_at - element.place <= 25 => 1,
                None => -2,
            };
        }
        // Issued above the headline are the documents of a box, none of them the article.
        let is_of_a_box = title_at.is_some_and(|title_at| element.place < title_at);
        score -= i32::from(is_of_a_box && label == Label::Issued) * 3;
        let is_above = !matches!(title_at, Some(title_at) if element.place > title_at);
        let is_recent = found
            .moment(self.reading.zone)
            .is_some_and(|at| self.reading.now - at < Duration::hours(24));
        // Many a portal shows a clock, also in a copy that a cache keeps for days.
        // "Cập nhật: 30/11/2026 10:15" may be said of the whole portal.
        let is_clock = label <= Label::None
            && is_above
            && (is_recent && label == Label::None
                || self.is_outside(number, title_at)
                || self.flat.is_named(number, CLOCKS));
        score - i32::from(is_clock) * 5
    }

    /// Whether an element above the headline is a part of the page and not of the article: what holds both is the page itself,
    /// with its menu.
    fn is_outside(&self, number: usize, title_at: Option<usize>) -> bool {
        /// Links between the beginning of an article's box and its headline: the way to it, a section.
        const WAY: usize = 5;
        let elements = &self.flat.elements;
        let Some(title_at) = title_at else { return false };
        let title = elements.partition_point(|element| element.place < title_at);
        let mut around = number;
        // The element that holds the headline ends after it.
        while elements[around].end <= title && elements[around].parent != around {
            around = elements[around].parent;
        }
        if matches!(elements[around].tag, "body" | "html" | "form") {
            return true;
        }
        let before = elements.get(around..title).unwrap_or_default();
        before.iter().filter(|element| element.tag == "a").count() > WAY
    }

    /// Whether an element is of a table of a legal document's properties.
    fn is_of_documents(&self, element: &FlatElement<'a>) -> bool {
        /// Elements of such a table.
        const MOST: usize = 200;
        let mut above = element.node.ancestors_it(Some(6));
        let table = above.find(|node| node.has_name("table") || node.has_name("dl"));
        let is_name = |node: &NodeRef<'_>| matches!(&*page::tag(node), "th" | "td" | "dt");
        table.is_some_and(|table| {
            let names =
                table.descendants_it().filter(NodeRef::is_element).take(MOST).filter(is_name);
            names.filter_map(|node| page::short_text(&node, 40)).any(|text| names_documents(&text))
        })
    }
}

impl order::AroundRows for ArticleReader<'_> {
    fn is_american(&self) -> bool {
        let text = page::visible_text(&self.root);
        order::is_american(&self.facts.langs, &text, self.reading.url)
    }

    fn months(&self) -> Vec<(i32, u32)> {
        Vec::new()
    }
}

/// Parts of the names that portals give to their clocks.
const CLOCKS: &[&str] = &[
    "clock",
    "today",
    "dongho",
    "dong-ho",
    "homnay",
    "hom-nay",
    "currentdate",
    "current-date",
    "datenow",
    "date-now",
    "ngayhientai",
    "ngay-hien-tai",
];

fn agree_on_day(seen: Published, told: Published, reading: Reading<'_>) -> Published {
    let day = |one: Published| {
        one.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    if day(seen) == day(told) { agree(seen, told, false, reading) } else { seen }
}

fn is_exchanged(a: NaiveDate, b: NaiveDate) -> bool {
    use chrono::Datelike;
    a.year() == b.year() && a.month() == b.day() && a.day() == b.month()
}
