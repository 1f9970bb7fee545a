//! A listing page to rows, by a recipe. One odd row costs only itself, one odd date only the date.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;

use chrono::Duration;
use dom_query::{Matcher, NodeId, NodeRef};
use url::Url;

use super::page::{self, Page, Target};
use super::text::{clean, fold, shorten};
use super::{Listing, Reading, dates, recipe};
use crate::limits;
use crate::model::{ItemKey, ListingRecipe, Problem, Published, Row};

pub fn read(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    let failed = |what: String| Listing {
        problems: vec![Problem::new("listing", what)],
        ..Listing::default()
    };
    let rules = match Rules::compile(recipe) {
        Ok(rules) => rules,
        Err(what) => return failed(what),
    };
    match Page::parse(html, reading.url) {
        Ok(page) => read_by(&page, &rules, reading),
        Err(what) => failed(what),
    }
}

/// The same of a page that has its tree.
pub fn read_page(page: &Page, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    match Rules::compile(recipe) {
        Ok(rules) => read_by(page, &rules, reading),
        Err(what) => {
            Listing { problems: vec![Problem::new("listing", what)], ..Listing::default() }
        }
    }
}

fn read_by(page: &Page, rules: &Rules, reading: Reading<'_>) -> Listing {
    let root = page.document.root();
    let mut items = page::below(&root, &rules.item);
    let container = !items.is_empty() || still_there(&root, &rules.source);
    let mut problems = Vec::new();
    if items.len() > limits::ROWS {
        problems.push(Problem::new(
            "listing",
            format!("more than {} rows; the rest was not read", limits::ROWS),
        ));
        items.truncate(limits::ROWS);
    }
    if items.is_empty() {
        problems.push(Problem::new(
            "listing",
            format!("the selector \"{}\" matches nothing", rules.source),
        ));
    }
    let reader = Reader::new(page, rules, reading, &items);
    let parts: Vec<Part> =
        items.iter().enumerate().filter_map(|(at, item)| reader.row(at, item)).collect();
    let rows = join(parts, &mut problems);
    Listing { rows, container, problems }
}

/// A recipe, compiled.
struct Rules {
    source: String,
    item: Matcher,
    link: Option<Matcher>,
    title: Option<Matcher>,
    date: Option<Matcher>,
    date_format: Option<String>,
    lead: Option<Matcher>,
    image: Option<Matcher>,
}

impl Rules {
    fn compile(listing: &ListingRecipe) -> Result<Self, String> {
        let Some(source) = &listing.item else {
            return Err(
                "the recipe has no \"item\" selector, so there is nothing to read rows from"
                    .to_owned(),
            );
        };
        let optional = |key: &str, selector: &Option<String>| match selector {
            Some(selector) => {
                recipe::compile(selector).map(Some).map_err(|error| format!("{key}: {error}"))
            }
            None => Ok(None),
        };
        Ok(Rules {
            source: source.clone(),
            item: recipe::compile(source).map_err(|error| format!("item: {error}"))?,
            link: optional("link", &listing.link)?,
            title: optional("title", &listing.title)?,
            date: optional("date", &listing.date)?,
            date_format: listing.date_format.clone(),
            lead: optional("lead", &listing.lead)?,
            image: optional("image", &listing.image)?,
        })
    }
}

/// Whether the list that the rows stood in is still on the page: an empty list is news, a missing one a redesign.
fn still_there(root: &NodeRef<'_>, selector: &str) -> bool {
    recipe::ancestors(selector)
        .iter()
        .filter_map(|part| recipe::compile(part).ok())
        .any(|part| root.descendants_it().any(|node| node.is_element() && node.is_match(&part)))
}

/// What one item gave.
struct Part {
    place: usize,
    outcome: Result<Row, String>,
    /// The row's key, also where the row itself has no title.
    key: Option<ItemKey>,
    date_problem: Option<String>,
}

/// One row an address, in page order; what one of them lacks, the other may have.
fn join(parts: Vec<Part>, problems: &mut Vec<Problem>) -> Vec<Row> {
    let titled: HashSet<ItemKey> = parts
        .iter()
        .filter(|part| part.outcome.is_ok())
        .filter_map(|part| part.key.clone())
        .collect();
    let dated =
        parts.iter().any(|part| matches!(&part.outcome, Ok(row) if row.published.is_known()));
    let mut rows: Vec<Row> = Vec::new();
    let mut at_of: HashMap<ItemKey, usize> = HashMap::new();
    let mut date_problems: Vec<(usize, usize, String)> = Vec::new();
    for part in parts {
        let place = format!("row {}", part.place);
        let row = match part.outcome {
            Ok(row) => row,
            // A thumbnail whose title stands in another item is no loss.
            Err(_) if part.key.as_ref().is_some_and(|key| titled.contains(key)) => continue,
            Err(what) => {
                problems.push(Problem::new(place, what));
                continue;
            }
        };
        let key = part.key.unwrap_or_else(|| ItemKey::of(&row.url));
        let at = match at_of.get(&key) {
            Some(at) => {
                merge(&mut rows[*at], row);
                *at
            }
            None => {
                at_of.insert(key, rows.len());
                rows.push(row);
                rows.len() - 1
            }
        };
        if let Some(what) = part.date_problem {
            date_problems.push((at, part.place, what));
        } else if dated {
            date_problems.push((at, part.place, "no date".to_owned()));
        }
    }
    date_problems.dedup_by_key(|(at, ..)| *at);
    for (at, place, what) in date_problems {
        if !rows[at].published.is_known() {
            problems.push(Problem::new(format!("row {place}"), what));
        }
    }
    rows
}

fn merge(row: &mut Row, other: Row) {
    if other.title.chars().count() > row.title.chars().count() {
        row.title = other.title;
    }
    if !row.published.is_known() {
        row.published = other.published;
    }
    row.lead = row.lead.take().or(other.lead);
    row.image = row.image.take().or(other.image);
}

/// A link of a row.
struct Link<'a> {
    node: NodeRef<'a>,
    url: Url,
    key: ItemKey,
}

/// Pieces of a row's text by the blocks they stand in; read once, where anything asks.
type Segments<'s> = &'s dyn Deref<Target = Vec<(NodeId, String)>>;

struct Reader<'a, 'p> {
    page: &'p Page,
    rules: &'a Rules,
    reading: Reading<'a>,
    items: HashSet<NodeId>,
    /// In how many items an address occurs: one that several share is a section's or an author's.
    shared: HashMap<ItemKey, usize>,
    /// Of each item, its links and the first that only a script could follow.
    links: Vec<(Vec<Link<'p>>, Option<String>)>,
}

impl<'a, 'p> Reader<'a, 'p> {
    fn new(page: &'p Page, rules: &'a Rules, reading: Reading<'a>, items: &[NodeRef<'p>]) -> Self {
        let ids = items.iter().map(|item| item.id).collect();
        let (shared, links) = (HashMap::new(), Vec::new());
        let mut reader = Reader { page, rules, reading, items: ids, shared, links };
        reader.links = items.iter().map(|item| reader.links(item)).collect();
        for (links, _) in &reader.links {
            let keys: HashSet<&ItemKey> = links.iter().map(|link| &link.key).collect();
            for key in keys {
                *reader.shared.entry(key.clone()).or_default() += 1;
            }
        }
        reader
    }

    fn row(&self, at: usize, item: &NodeRef<'p>) -> Option<Part> {
        let part =
            |outcome, key, date_problem| Some(Part { place: at + 1, outcome, key, date_problem });
        let (links, scripted) = &self.links[at];
        let Some(chosen) = self.choose(links) else {
            return match scripted {
                Some(script) => {
                    part(Err(format!("its link is a script, not an address: {script}")), None, None)
                }
                // A heading row, or an outer item whose links all belong to inner ones.
                None if self.is_only_frame(item) => None,
                None => part(Err("no link".to_owned()), None, None),
            };
        };
        let key = links[chosen].key.clone();
        let url = links[chosen].url.clone();
        let same: Vec<&Link> = links.iter().filter(|link| link.key == key).collect();
        let scope = self.scope(item);
        let segments = LazyCell::new(|| self.segments(&scope, &same));
        let segments: Segments<'_> = &segments;
        let Some(title) = self.title(item, &scope, &same, segments) else {
            return part(Err(format!("no title for {url}")), Some(key), None);
        };
        let (title, in_title) = self.without_date(title);
        let (published, date_problem) = self.date(&scope, segments, in_title);
        let row = Row {
            lead: self.lead(&scope, segments, &title),
            image: self.image(&scope, &same),
            url,
            title: shorten(title, limits::TITLE_CHARS),
            published,
            id: None,
            brought: None,
        };
        part(Ok(row), Some(key), date_problem)
    }

    /// Elements of an item that belong to no item inside it.
    fn own(&self, item: &NodeRef<'p>, wanted: &dyn Fn(&NodeRef<'p>) -> bool) -> Vec<NodeRef<'p>> {
        let mut found = Vec::new();
        let mut left = item.children();
        left.reverse();
        while let Some(node) = left.pop() {
            if !node.is_element() || self.items.contains(&node.id) && node.id != item.id {
                continue;
            }
            if wanted(&node) {
                found.push(node);
            }
            let mut children = node.children();
            children.reverse();
            left.extend(children);
        }
        found
    }

    /// The links of an item that lead to a page, and the first that only a script could follow.
    fn links(&self, item: &NodeRef<'p>) -> (Vec<Link<'p>>, Option<String>) {
        let is_link = |node: &NodeRef<'p>| {
            matches!(&*page::name(node), "a" | "area") && node.has_attr("href")
        };
        let mut nodes = match &self.rules.link {
            Some(rule) => self.linked(item, rule),
            None => self.own(item, &is_link),
        };
        if self.rules.link.is_none() {
            if is_link(item) {
                nodes.insert(0, *item);
            } else if nodes.is_empty() {
                // A card wrapped in its link.
                nodes.extend(item.ancestors_it(Some(3)).find(is_link));
            }
        }
        let (mut links, mut script) = (Vec::new(), None);
        for node in nodes {
            let href = node.attr("href").unwrap_or_default();
            match page::target(&href, &self.page.base) {
                Target::Address(url) => links.push(Link { node, key: ItemKey::of(&url), url }),
                Target::Script => script = script.or_else(|| Some(shorten(clean(&href), 80))),
                Target::Nowhere => {}
            }
        }
        (links, script)
    }

    /// Links by the recipe's selector, and those beside them that lead to the same page.
    fn linked(&self, item: &NodeRef<'p>, rule: &Matcher) -> Vec<NodeRef<'p>> {
        let is_link = |node: &NodeRef<'p>| node.has_attr("href");
        let mut chosen = self.own(item, &|node| node.is_match(rule));
        if item.is_match(rule) {
            chosen.insert(0, *item);
        }
        let mut links: Vec<NodeRef<'p>> = chosen
            .iter()
            .filter_map(|node| {
                let inner = || node.descendants_it().find(is_link);
                if is_link(node) {
                    Some(*node)
                } else {
                    inner().or_else(|| node.ancestors_it(Some(3)).find(is_link))
                }
            })
            .collect();
        links.dedup_by_key(|node| node.id);
        links
    }

    /// A link inside a heading, or in something called a title; else the first that only this item has; else the first.
    fn choose(&self, links: &[Link<'p>]) -> Option<usize> {
        let headed = |link: &Link<'p>| self.is_headed(link);
        let titled = |link: &Link<'p>| self.is_titled(link);
        let lonely = |link: &Link<'p>| self.shared.get(&link.key).is_none_or(|count| *count <= 1);
        links
            .iter()
            .position(|link| headed(link) && lonely(link))
            .or_else(|| links.iter().position(|link| titled(link) && lonely(link)))
            .or_else(|| links.iter().position(lonely))
            .or((!links.is_empty()).then_some(0))
    }

    fn is_headed(&self, link: &Link<'p>) -> bool {
        let inside = link.node.ancestors_it(Some(3)).any(|node| is_heading(&node));
        inside || link.node.descendants_it().any(|node| is_heading(&node))
    }

    fn is_titled(&self, link: &Link<'p>) -> bool {
        let above =
            link.node.ancestors_it(Some(2)).take_while(|above| !self.items.contains(&above.id));
        std::iter::once(link.node)
            .chain(above)
            .any(|node| node.is_element() && page::is_named(&node, TITLES))
    }

    fn is_only_frame(&self, item: &NodeRef<'p>) -> bool {
        let holds_items = item.descendants_it().any(|node| self.items.contains(&node.id));
        let (mut heads, mut cells) = (false, false);
        for node in item.descendants_it().filter(NodeRef::is_element) {
            heads |= page::name(&node) == "th";
            cells |= page::name(&node) == "td";
        }
        holds_items || heads && !cells || page::visible_text(item).is_empty()
    }

    /// Where an item's date, lead and picture are looked for. An item that is itself a link stands among them.
    fn scope(&self, item: &NodeRef<'p>) -> NodeRef<'p> {
        let mut scope = *item;
        if page::name(item) != "a" {
            return scope;
        }
        for wider in item.ancestors_it(Some(4)) {
            let others = wider.descendants_it().any(|node| {
                self.items.contains(&node.id)
                    && node.id != item.id
                    && !self.leads_alike(&node, item)
            });
            if others || matches!(&*page::name(&wider), "body" | "html") || !wider.is_element() {
                break;
            }
            scope = wider;
        }
        scope
    }

    fn leads_alike(&self, one: &NodeRef<'p>, other: &NodeRef<'p>) -> bool {
        let key = |node: &NodeRef<'p>| match page::target(&node.attr("href")?, &self.page.base) {
            Target::Address(url) => Some(ItemKey::of(&url)),
            Target::Script | Target::Nowhere => None,
        };
        key(one).is_some_and(|key_of_one| Some(key_of_one) == key(other))
    }

    fn title(
        &self,
        item: &NodeRef<'p>,
        scope: &NodeRef<'p>,
        links: &[&Link<'p>],
        segments: Segments<'_>,
    ) -> Option<String> {
        if let Some(rule) = &self.rules.title {
            let found = if item.is_match(rule) {
                Some(*item)
            } else {
                self.own(item, &|node| node.is_match(rule)).into_iter().next()
            };
            if let Some(title) = found
                .map(|node| whole_text(&node, &text_of_link(&node)))
                .filter(|title| !title.is_empty())
            {
                return Some(title);
            }
        }
        let of_links = |of: &dyn Fn(&Link<'p>) -> bool| -> Option<String> {
            links
                .iter()
                .filter(|link| of(link))
                .map(|link| whole_text(&link.node, &text_of_link(&link.node)))
                .filter(|title| says_something(title))
                .max_by_key(|title| title.chars().count())
        };
        // Where the lead is a link as well, it is longer than the headline.
        let longest = of_links(&|link| self.is_headed(link))
            .or_else(|| of_links(&|link| self.is_titled(link)))
            .or_else(|| of_links(&|_| true));
        longest
            .or_else(|| {
                self.own(scope, &is_heading)
                    .iter()
                    .map(page::visible_text)
                    .find(|title| says_something(title))
            })
            .or_else(|| {
                links
                    .iter()
                    .filter_map(|link| link.node.attr("title"))
                    .map(|title| clean(&title))
                    .find(|title| says_something(title))
            })
            .or_else(|| self.longest_segment(segments))
            .or_else(|| {
                let pictures = links.iter().flat_map(|link| {
                    link.node
                        .descendants_it()
                        .filter(|node| node.has_attr("alt"))
                        .collect::<Vec<_>>()
                });
                pictures
                    .filter_map(|node| node.attr("alt"))
                    .map(|alt| clean(&alt))
                    .find(|alt| says_something(alt))
            })
    }

    /// A table's row may call its document in one cell and link it in another.
    fn longest_segment(&self, segments: Segments<'_>) -> Option<String> {
        let segments = segments.iter().map(|(_, segment)| segment);
        let worded = segments.filter(|segment| {
            says_something(segment)
                && !dates::alone(segment, self.reading.zone, self.reading.now).is_known()
        });
        worded
            .max_by_key(|segment| segment.chars().count())
            .filter(|segment| segment.chars().count() >= 8)
            .cloned()
    }

    /// Takes a date off the end or the beginning of a title: "Tên bài (22/5/2020)".
    fn without_date(&self, title: String) -> (String, Published) {
        let known = |text: &str| dates::alone(text, self.reading.zone, self.reading.now);
        if let Some(open) = title.rfind(['(', '[']).filter(|_| title.ends_with([')', ']'])) {
            let found = known(&title[open..]);
            if found.is_known() && open > 0 {
                return (title[..open].trim_end().to_owned(), found);
            }
        }
        for (at, separator) in title.match_indices([')', ']', ':', '|', '-', '–']).take(6) {
            let (head, tail) = (
                &title[..at + separator.len()],
                title[at + separator.len()..].trim_start_matches([' ', '-', '–', ':', '|']),
            );
            let found = known(head);
            // A clock's colon stands between two digits.
            let inside = tail.starts_with(|c: char| c.is_ascii_digit());
            if found.is_known() && !inside && says_something(tail) {
                return (tail.to_owned(), found);
            }
        }
        (title, Published::Unknown)
    }

    fn date(
        &self,
        scope: &NodeRef<'p>,
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

    fn date_by_rule(
        &self,
        scope: &NodeRef<'p>,
        rule: &Matcher,
        in_title: Published,
    ) -> (Published, Option<String>) {
        let mut nodes = self.own(scope, &|node| node.is_match(rule));
        if scope.is_match(rule) {
            nodes.insert(0, *scope);
        }
        for node in &nodes {
            let found = date_of(node, self.rules.date_format.as_deref(), self.reading);
            if found.is_known() {
                return (found, None);
            }
        }
        let said = nodes.iter().map(page::visible_text).find(|said| !said.is_empty());
        match said {
            _ if in_title.is_known() => (in_title, None),
            Some(said) => (
                Published::Unknown,
                Some(format!("the date \"{}\" cannot be read", shorten(said, 60))),
            ),
            None => (Published::Unknown, Some("no date".to_owned())),
        }
    }

    /// Elements made for dates, then any text outside the links, then what stood in the title.
    fn date_by_itself(
        &self,
        scope: &NodeRef<'p>,
        segments: Segments<'_>,
        in_title: Published,
    ) -> Published {
        const NAMED: &[&str] =
            &["date", "time", "ngay", "posted", "publish", "thoigian", "thoi-gian"];
        let is_made_for_it = |node: &NodeRef<'p>| {
            let name = page::name(node);
            name == "time"
                || !matches!(&*name, "img" | "a")
                    && page::is_named(node, NAMED)
                    && node.descendants_it().nth(12).is_none()
        };
        let mut made_for_it = self.own(scope, &is_made_for_it);
        for node in self.beside(scope).into_iter().filter(NodeRef::is_element) {
            if is_made_for_it(&node) {
                made_for_it.push(node);
            }
            made_for_it.extend(self.own(&node, &is_made_for_it));
        }
        // Day and time may each have an element; the time alone would be today's.
        let texts: Vec<String> = made_for_it
            .iter()
            .filter(|node| node.first_element_child().is_none())
            .map(page::visible_text)
            .collect();
        let together = texts.windows(3).chain(texts.windows(2)).map(|texts| texts.join(" "));
        let mut together = together
            .map(|text| dates::alone(&text, self.reading.zone, self.reading.now))
            .filter(|found| found.is_known());
        let of_elements = || {
            // What is marked as a time knows better than what holds two of them.
            let marked = made_for_it.iter().filter(|node| node.has_name("time"));
            let others = made_for_it.iter().filter(|node| !node.has_name("time"));
            marked
                .chain(others)
                .map(|node| (date_of(node, None, self.reading), node))
                .filter(|(found, _)| found.is_known())
        };
        let sure = of_elements().find(|(found, node)| {
            !is_vague(&page::visible_text(node), *found, self.reading) || node.has_attr("datetime")
        });
        match sure {
            // Two dates, such as of publication and of change, make no better one together.
            Some((found @ Published::At(_), _)) => return found,
            Some((found, _)) => {
                let finer = together.find(|finer| {
                    matches!(finer, Published::At(_))
                        && agree(found, *finer, false, self.reading) == *finer
                });
                return finer.unwrap_or(found);
            }
            None => {
                let found =
                    together.next().or_else(|| of_elements().next().map(|(found, _)| found));
                if let Some(found) = found {
                    return found;
                }
            }
        }
        let of = |text: &str| dates::find(text, self.reading.zone, self.reading.now);
        if let Some(found) =
            segments.iter().map(|(_, segment)| of(segment)).find(|found| found.is_known())
        {
            return found;
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
            .or_else(|| self.date_for_machines(scope))
            .unwrap_or_default()
    }

    /// A date that the row has for scripts only: `data-publishtime="1583801692"`.
    fn date_for_machines(&self, scope: &NodeRef<'p>) -> Option<Published> {
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
    fn doubt(&self, found: Published) -> Option<String> {
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

    /// Pieces of text outside the title's links, by the blocks and elements they stand in.
    fn segments(&self, scope: &NodeRef<'p>, links: &[&Link<'p>]) -> Vec<(NodeId, String)> {
        let skip: HashSet<NodeId> =
            links.iter().map(|link| link.node.id).filter(|id| *id != scope.id).collect();
        let mut pieces: Vec<(NodeId, String)> = Vec::new();
        self.gather(scope, scope.id, &skip, &mut pieces);
        for node in self.beside(scope) {
            pieces.push((node.id, String::new()));
            if node.is_text() {
                pieces.push((node.id, node.text().to_string()));
            } else {
                self.gather(&node, node.id, &skip, &mut pieces);
            }
        }
        pieces.iter_mut().for_each(|(_, piece)| *piece = clean(piece));
        pieces.retain(|(_, piece)| !piece.is_empty());
        pieces
    }

    /// What stands beside an item that has no element to share with it: the `<dd>` behind its `<dt>`, the paragraph
    /// under its heading, the text around a bare link as far as the line or the next item.
    fn beside(&self, item: &NodeRef<'p>) -> Vec<NodeRef<'p>> {
        /// Nodes, blank texts among them; a longer way leads to something else.
        const FAR: usize = 8;
        let name = page::name(item);
        let alone = self.items.contains(&item.id);
        let flows = matches!(&*name, "a" | "dt" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        if !alone || !flows {
            return Vec::new();
        }
        let is_end = |node: &NodeRef<'p>| self.items.contains(&node.id) || node.has_name(&name);
        if name == "a" {
            let before = item.prev_sibling().filter(|node| node.is_text());
            let dated = before.filter(|node| {
                dates::alone(
                    node.text().trim_matches([' ', '\n', '\t', '-', '–', ':', '|', '•', '*', '+']),
                    self.reading.zone,
                    self.reading.now,
                )
                .is_known()
            });
            if let Some(before) = dated {
                return vec![before];
            }
        }
        let mut found = Vec::new();
        let mut next = item.next_sibling();
        while let Some(node) = next.filter(|node| found.len() < FAR && !is_end(node)) {
            let holds_items = node.is_element()
                && node.descendants_it().take(200).any(|inner| self.items.contains(&inner.id));
            if holds_items {
                break;
            }
            if node.is_text() || node.is_element() {
                found.push(node);
            }
            next = node.next_sibling();
        }
        found
    }

    fn gather(
        &self,
        node: &NodeRef<'p>,
        block: NodeId,
        skip: &HashSet<NodeId>,
        pieces: &mut Vec<(NodeId, String)>,
    ) {
        for child in node.children_it(false) {
            if child.is_text() {
                match pieces.last_mut() {
                    Some((same, piece)) if *same == block => piece.push_str(&child.text()),
                    _ => pieces.push((block, child.text().to_string())),
                }
            } else if child.is_element() {
                let name = page::name(&child);
                if page::is_unseen(&name)
                    || self.items.contains(&child.id) && !skip.contains(&child.id)
                {
                    continue;
                }
                if !skip.contains(&child.id) {
                    // Bold words belong to their sentence; other elements are pieces of their own.
                    let part = matches!(
                        &*name,
                        "b" | "strong" | "i" | "em" | "u" | "font" | "sup" | "sub" | "a"
                    );
                    self.gather(&child, if part { block } else { child.id }, skip, pieces);
                }
                if name == "br" || skip.contains(&child.id) || page::is_block(&name) {
                    pieces.push((child.id, String::new()));
                }
            }
        }
    }

    fn lead(&self, scope: &NodeRef<'p>, segments: Segments<'_>, title: &str) -> Option<String> {
        if let Some(rule) = &self.rules.lead {
            let found = self.own(scope, &|node| node.is_match(rule));
            return found.iter().map(page::visible_text).find(|lead| !lead.is_empty());
        }
        // A sentence or two beside the link; shorter things are counters, sections and places.
        let sentences = segments
            .iter()
            .map(|(_, segment)| segment)
            .filter(|segment| segment.chars().count() >= 50 && segment.split(' ').count() >= 10);
        sentences
            .max_by_key(|segment| segment.chars().count())
            .filter(|lead| *lead != title)
            .cloned()
    }

    fn image(&self, scope: &NodeRef<'p>, links: &[&Link<'p>]) -> Option<String> {
        let picture = |node: &NodeRef<'p>| page::picture(node, &self.page.base);
        if let Some(rule) = &self.rules.image {
            let found = self.own(scope, &|node| node.is_match(rule));
            return found.iter().find_map(|node| {
                if page::name(node) == "img" {
                    picture(node)
                } else {
                    node.descendants_it()
                        .filter(|inner| inner.has_name("img"))
                        .find_map(|inner| picture(&inner))
                }
            });
        }
        let in_links = links.iter().flat_map(|link| {
            link.node.descendants_it().filter(|node| node.has_name("img")).collect::<Vec<_>>()
        });
        let in_scope = self.own(scope, &|node| node.has_name("img"));
        in_links.chain(in_scope).find_map(|node| picture(&node))
    }
}

/// The date of an element: what a reader sees and what a machine is told, where they agree on the day the finer of the
/// two. Where they do not, the reader's: attributes in US order stand beside day-first text on one page.
pub fn date_of(node: &NodeRef<'_>, format: Option<&str>, reading: Reading<'_>) -> Published {
    let seen_text = page::visible_text(node);
    if let Some(format) = format {
        let attributes = ["datetime", "content", "title", "data-time", "data-date"]
            .iter()
            .filter_map(|name| node.attr(name));
        let texts = std::iter::once(seen_text).chain(attributes.map(|value| value.to_string()));
        let mut found = texts.map(|text| dates::with_format(&text, format, reading.zone));
        return found.find(|found| found.is_known()).unwrap_or_default();
    }
    let seen = dates::parse(&seen_text, reading.zone, reading.now);
    let inner =
        node.descendants_it().find(|inner| inner.has_name("time") && inner.has_attr("datetime"));
    let told = ["datetime", "content", "data-time", "data-date", "title"]
        .iter()
        .filter_map(|name| node.attr(name))
        .chain(inner.and_then(|inner| inner.attr("datetime")))
        .map(|value| dates::parse(&value, reading.zone, reading.now))
        .find(|told| told.is_known())
        .unwrap_or_default();
    agree(seen, told, is_vague(&seen_text, seen, reading), reading)
}

/// "2 giờ trước", "14:15", "22/5": means another day when it is read on another day, so any attribute knows better.
fn is_vague(text: &str, seen: Published, reading: Reading<'_>) -> bool {
    let earlier = reading.now - Duration::days(400);
    seen.is_known() && dates::parse(text, reading.zone, earlier) != seen
}

/// One date from two.
pub fn agree(seen: Published, told: Published, vague: bool, reading: Reading<'_>) -> Published {
    let day = |published: Published| {
        published.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    match (seen, told) {
        (Published::Unknown, other) | (other, Published::Unknown) => other,
        (_, told) if vague => told,
        (Published::On(_), Published::At(_)) if day(seen) == day(told) => told,
        // The seconds that a reader is not shown.
        (Published::At(seen_at), Published::At(told_at))
            if (told_at - seen_at).num_seconds().abs() < 60 =>
        {
            told
        }
        _ => seen,
    }
}

/// Parts of the names that portals give to headlines.
const TITLES: &[&str] = &["title", "tieude", "tieu-de", "headline"];

fn is_heading(node: &NodeRef<'_>) -> bool {
    node.is_element() && matches!(&*page::name(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// The headline in a link: a heading or an element called title, where the link wraps a whole card.
fn text_of_link(link: &NodeRef<'_>) -> String {
    let inner = |wanted: fn(&NodeRef<'_>) -> bool| {
        link.descendants_it()
            .filter(|node| node.is_element() && wanted(node))
            .map(|node| page::visible_text(&node))
            .find(|text| says_something(text))
    };
    let without_date = |node: &NodeRef<'_>| {
        page::name(node) == "time" || page::is_named(node, &["date", "time", "ngay"])
    };
    inner(is_heading)
        .or_else(|| inner(|node| page::is_named(node, TITLES)))
        .unwrap_or_else(|| page::visible_text_without(link, &without_date))
}

/// The text, or the `title` attribute where the text was cut off.
fn whole_text(node: &NodeRef<'_>, text: &str) -> String {
    let cut = text.trim_end_matches(['…', '.']).trim_end();
    if !(text.ends_with('…') || text.ends_with("...")) {
        return text.to_owned();
    }
    let titles = node
        .attr("title")
        .into_iter()
        .chain(node.descendants_it().filter_map(|inner| inner.attr("title")));
    let whole =
        titles.map(|title| clean(&title)).find(|title| title.chars().count() > cut.chars().count());
    whole.unwrap_or_else(|| text.to_owned())
}

/// Whether a text could be a headline: letters, and not the words of a button.
pub fn says_something(text: &str) -> bool {
    const BUTTONS: &[&str] = &[
        "xem tiep",
        "chi tiet",
        "xem chi tiet",
        "doc them",
        "doc tiep",
        "xem them",
        "tiep tuc doc",
        "read more",
        "more",
        "details",
        "xem",
        "tai ve",
        "download",
        "xem ngay",
        "continue reading",
        "xem toan bo",
        "xem tat ca",
        "binh luan",
        "chia se",
        "share",
        "xem bai viet",
        "detail",
        "view",
        "view more",
        "tai xuong",
    ];
    let folded = fold(text);
    let words: String = folded.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    let words = words.trim();
    words.chars().any(char::is_alphabetic) && !BUTTONS.contains(&words)
}
