//! The date of a row: by the recipe, by elements made for dates, by texts, by dates between the
//! rows.

use chrono::Duration;
use dom_query::{Matcher, NodeRef};

use super::super::dates;
use super::super::page::{self, LinkTarget};
use super::super::text::shorten;
use super::date_elements::{
    agree, beside_prose, date_of, date_told, is_clock, is_vague, may_be_dated,
};
use super::link_words::is_heading;
use super::{ListingReader, NO_DATE, ReadRow, Scope, Segments, between};
use crate::model::{ItemKey, Published};

impl<'p> ListingReader<'_, 'p> {
    pub(super) fn date(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        in_title: Published,
    ) -> (Published, Option<String>) {
        let (found, problem) = match &self.rules.date {
            Some(rule) => self.date_by_rule(scope, rule, in_title),
            None => (self.date_by_itself(scope, segments, in_title), None),
        };
        match self.doubt(found) {
            Some(what) => (Published::Unknown, Some(what)),
            None => (found, problem),
        }
    }

    pub(super) fn date_by_rule(
        &self,
        scope: &Scope<'_, 'p>,
        rule: &Matcher,
        in_title: Published,
    ) -> (Published, Option<String>) {
        let nodes: Vec<&NodeRef<'p>> = std::iter::once(&scope.node)
            .chain(scope.own)
            .filter(|node| node.is_match(rule))
            .collect();
        for node in &nodes {
            let found = date_of(node, self.rules.date_format.as_deref(), self.reading);
            if found.is_known() {
                return (found, None);
            }
        }
        let said = nodes.into_iter().map(page::visible_text).find(|said| !said.is_empty());
        match said {
            _ if in_title.is_known() => (in_title, None),
            Some(said) => (
                Published::Unknown,
                Some(format!("the date \"{}\" cannot be read", shorten(said, 60))),
            ),
            None => (Published::Unknown, Some(NO_DATE.to_owned())),
        }
    }

    /// Elements made for dates, then any text outside the links, then what stood in the title.
    pub(super) fn date_by_itself(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        in_title: Published,
    ) -> Published {
        const NAMED: &[&str] =
            &["date", "time", "ngay", "posted", "publish", "thoigian", "thoi-gian"];
        let is_made_for_it = |node: &NodeRef<'p>| {
            let tag = page::tag(node);
            &*tag == "time"
                || !matches!(&*tag, "img" | "a" | "")
                    && page::is_named(node, NAMED)
                    && node.descendants_it().nth(12).is_none()
        };
        let beside = scope.beside.iter().filter(|node| node.is_element());
        let beside = beside.flat_map(|node| std::iter::once(*node).chain(self.own(node)));
        let made_for_it: Vec<(NodeRef<'p>, String)> = scope
            .own
            .iter()
            .copied()
            .chain(beside)
            .filter(is_made_for_it)
            .map(|node| (node, page::visible_text(&node)))
            .collect();
        // Day and time may each have an element; the time alone would be today's.
        let texts: Vec<&str> = made_for_it
            .iter()
            .filter(|(node, _)| node.first_element_child().is_none())
            .map(|(_, text)| &**text)
            .collect();
        let together = texts.windows(3).chain(texts.windows(2)).map(|texts| texts.join(" "));
        let mut together = together
            .map(|text| dates::alone(&text, self.reading.zone, self.reading.now))
            .filter(|found| found.is_known());
        let of_elements = || {
            // What is marked as a time knows better than what holds two of them.
            let marked = made_for_it.iter().filter(|(node, _)| node.has_name("time"));
            let others = made_for_it.iter().filter(|(node, _)| !node.has_name("time"));
            marked
                .chain(others)
                .map(|(node, text)| (date_told(node, text, self.reading), node, text))
                .filter(|(found, ..)| found.is_known())
        };
        let mut said: Vec<_> = of_elements()
            .map(|(found, node, text)| (self.said_date(scope, node, text, found), node, text))
            .filter(|(said, ..)| said.rank() > 0)
            .collect();
        said.sort_by_key(|(said, ..)| std::cmp::Reverse(said.rank()));
        let of_elements = || said.iter().map(|(said, node, text)| (said.found, *node, *text));
        let sure = of_elements().find(|(found, node, text)| {
            !is_vague(text, *found, self.reading) || node.has_attr("datetime")
        });
        // Of an element that only says when the row was changed, the text beside it may know better.
        let is_changed = said.first().is_some_and(|(said, ..)| said.label == dates::Label::Updated);
        match sure.filter(|_| !is_changed) {
            // Two dates, such as of publication and of change, make no better one together.
            Some((found @ Published::At(_), ..)) => return found,
            Some((found, ..)) => {
                let finer = together.find(|finer| {
                    matches!(finer, Published::At(_))
                        && agree(found, *finer, false, self.reading) == *finer
                });
                return finer.unwrap_or(found);
            }
            None if is_changed => {}
            None => {
                let found =
                    together.next().or_else(|| of_elements().next().map(|(found, ..)| found));
                if let Some(found) = found {
                    return found;
                }
            }
        }
        let of = |text: &str| dates::find(text, self.reading.zone, self.reading.now);
        let dated = segments
            .iter()
            .enumerate()
            .filter(|(_, (_, segment))| may_be_dated(segment))
            .map(|(nth, (_, segment))| (nth, of(beside_prose(segment))))
            .filter(|(_, found)| found.is_known())
            .map(|(nth, found)| (nth, self.said_segment(scope, segments, nth, found)))
            .filter(|(_, said)| said.rank() > 0);
        // The first of those that are said to be the same.
        let best =
            dated.reduce(|best, next| if next.1.rank() > best.1.rank() { next } else { best });
        if let Some((nth, said)) = best {
            return self.with_clock_beside(segments, nth).unwrap_or(said.found);
        }
        if let Some((changed, ..)) = said.first() {
            return changed.found;
        }
        if in_title.is_known() {
            return in_title;
        }
        // A calendar leaf: day, month and year each in an element of its own.
        let short: Vec<&str> = segments
            .iter()
            .map(|(_, segment)| &**segment)
            .filter(|segment| segment.chars().count() <= 12)
            .collect();
        short
            .windows(2)
            .chain(short.windows(3))
            .map(|leaf| leaf.join(" "))
            .map(|leaf| dates::alone(&leaf, self.reading.zone, self.reading.now))
            .find(|found| found.is_known())
            .or_else(|| self.date_for_machines(&scope.node))
            .unwrap_or_default()
    }

    /// Returns the day of a segment with the clock time of the segment before or after it, each in
    /// an element of its own.
    pub(super) fn with_clock_beside(
        &self,
        segments: Segments<'_>,
        nth: usize,
    ) -> Option<Published> {
        let day = &segments[nth].1;
        let clock = [nth.checked_sub(1)?, nth + 1]
            .into_iter()
            .filter_map(|nth| segments.get(nth))
            .find(|(_, text)| is_clock(text))?;
        let finer =
            dates::alone(&format!("{} {day}", clock.1), self.reading.zone, self.reading.now);
        matches!(finer, Published::At(_)).then_some(finer)
    }

    /// Returns whether a date is today's because the row shows only a clock time.
    pub(super) fn is_by_clock(
        &self,
        scope: &Scope<'_, 'p>,
        segments: Segments<'_>,
        published: Published,
    ) -> bool {
        let zone = self.reading.zone;
        let Published::At(at) = published else { return false };
        let (at, now) = (at.with_timezone(&zone), self.reading.now.with_timezone(&zone));
        if at.date_naive() != now.date_naive() {
            return false;
        }
        let says = |text: &str| {
            let letters = text.bytes().filter(|b| b.is_ascii_alphabetic()).count();
            text.len() <= 11
                && letters <= 2
                && text.contains([':', 'h'])
                && dates::alone(text, zone, self.reading.now) == published
        };
        segments.iter().any(|(_, text)| says(text))
            || scope.own.iter().any(|node| {
                node.first_element_child().is_none()
                    && page::short_text(node, 11).is_some_and(|text| says(&text))
            })
    }

    /// The date of a forum's thread is itself a link to it: "Hôm qua, lúc 20:02".
    pub(super) fn date_of_links(&self, scope: &Scope<'_, 'p>, key: &ItemKey) -> Published {
        let leads_there = |node: &&NodeRef<'p>| {
            node.has_name("a")
                && matches!(self.page.lead(node), Some(LinkTarget::Address(there)) if there.key == *key)
        };
        scope
            .own
            .iter()
            .filter(leads_there)
            .filter_map(|node| page::short_text(node, 60))
            .map(|text| dates::alone(&text, self.reading.zone, self.reading.now))
            .find(|found| found.is_known() && self.doubt(*found).is_none())
            .unwrap_or_default()
    }

    /// A date that the row has for scripts only: `data-publishtime="1583801692"`.
    pub(super) fn date_for_machines(&self, scope: &NodeRef<'p>) -> Option<Published> {
        let names = ["time", "date", "publish"];
        let attributes = scope.attrs();
        let values = attributes.iter().filter(|attribute| {
            let name = &*attribute.name.local;
            name.starts_with("data-") && names.iter().any(|part| name.contains(part))
        });
        values
            .map(|attribute| attribute.value.trim())
            .filter(|value| value.len() >= 8 && value.starts_with(|c: char| c.is_ascii_digit()))
            .map(|value| dates::alone(value, self.reading.zone, self.reading.now))
            .find(|found| found.is_known())
    }

    /// A date that cannot be: it costs the date, not the row.
    pub(super) fn doubt(&self, found: Published) -> Option<String> {
        let at = found.moment(self.reading.zone)?;
        let shown = dates::show(found, self.reading.zone)?;
        if at > self.reading.now + Duration::days(1) {
            Some(format!("the date {shown} lies in the future"))
        } else if shown.as_str() < "1990" {
            Some(format!("the date {shown} is older than the web"))
        } else {
            None
        }
    }

    /// The numbers of a date inside the row's link, where a whole card is one.
    pub(super) fn written_in_elements(
        &self,
        scope: &Scope<'_, 'p>,
        published: Published,
    ) -> Option<dates::order::Written> {
        /// Elements of a card.
        const MOST: usize = 40;
        let day = published.moment(self.reading.zone)?.with_timezone(&self.reading.zone);
        let leaves =
            scope.own.iter().take(MOST).filter(|node| node.first_element_child().is_none());
        let mut texts = leaves.filter_map(|node| page::short_text(node, 60));
        texts.find_map(|text| dates::order::written_as(&text, day.date_naive()))
    }

    /// Gives rows the dates between them, where they have none of their own.
    pub(super) fn date_from_between(&self, parts: &mut [ReadRow]) {
        let rows = parts.iter().filter_map(|part| part.outcome.as_ref().ok());
        let (count, dated) = rows.fold((0, 0), |(count, dated), row| {
            (count + 1, dated + usize::from(row.published.is_known()))
        });
        if count < 2 || dated * 10 > count {
            return;
        }
        let nodes: Vec<NodeRef<'p>> = self.items.iter().map(|item| item.node).collect();
        let between = between::dates(&nodes, &self.ids, self.reading);
        for part in parts {
            let (found, written) = between[part.place - 1];
            if let Ok(row) = &mut part.outcome
                && !row.published.is_known()
                && found.is_known()
                && self.doubt(found).is_none()
            {
                row.published = found;
                part.hint.written = written;
            }
        }
    }
}

impl dates::order::AroundRows for ListingReader<'_, '_> {
    fn is_american(&self) -> bool {
        let texts = self.items.iter().take(20).map(|item| page::visible_text(&item.node));
        let text: String = texts.collect::<Vec<_>>().join(" ");
        dates::order::is_american(&self.page.langs(), &text, self.reading.url)
    }

    fn months(&self) -> Vec<(i32, u32)> {
        let root = self.page.document.root();
        // A headline names the month of its event: "Lịch công tác tháng 5/2026".
        let is_of_row = |node: &NodeRef<'_>| {
            self.ids.contains(&node.id)
                || node.ancestors_it(None).any(|above| self.ids.contains(&above.id))
        };
        let headings = root.descendants_it().filter(|node| {
            node.is_element() && (is_heading(node) || node.has_name("caption")) && !is_of_row(node)
        });
        let texts = headings.filter_map(|node| page::short_text(&node, 60));
        texts.filter_map(|text| dates::order::month_named(&text)).take(50).collect()
    }
}
