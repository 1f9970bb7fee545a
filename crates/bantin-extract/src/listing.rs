//! A listing page to rows, by a recipe. One odd row costs only itself, one odd date only the date.

mod between;
mod buttons;
mod documents;
mod grids;
mod labels;
mod shared;
mod short_days;
mod together;

use std::cell::{LazyCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::rc::Rc;

use chrono::{DateTime, Datelike, Duration};
use dom_query::{Matcher, NodeId, NodeRef};

pub use buttons::is_a_code;

use super::document_field::may_hold_symbol;
use super::page::{self, Address, Lead, Page};
use super::text::{clean, fold, shorten};
use super::visibility::Visibility;
use super::{Listing, Reading, dates, recipe, script_list};
use crate::limits;
use crate::model::{ItemKey, ListingRecipe, Problem, ProblemCode, Published, Row, Wishes};

pub fn read(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    let failed = |what: String| Listing {
        problems: vec![Problem::new("listing", what)],
        ..Listing::default()
    };
    // A bad selector is told before anything is read.
    match Rules::compile(recipe) {
        Ok(rules) => match Page::parse_list(html, reading.url) {
            Ok(page) => {
                let mut listing = Reader::new(&page, rules, reading).read();
                if listing.rows.is_empty()
                    && let Some(other) = read_unwrapped(html, recipe, reading)
                {
                    listing = other;
                }
                listing
                    .problems
                    .extend(page.cut.map(|what| Problem::of_listing(ProblemCode::TooLarge, what)));
                listing
            }
            Err(what) => failed(what),
        },
        Err(what) => failed(what),
    }
}

/// What a recipe reads where the page keeps its list in `<noscript>`, a `<template>` or a frame of its own.
fn read_unwrapped(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Option<Listing> {
    let whole = page::unwrapped(html)?;
    let page = Page::parse_list(&whole, reading.url).ok()?;
    Some(read_page(&page, recipe, reading)).filter(|listing| !listing.rows.is_empty())
}

/// The same of a page that has its tree.
pub fn read_page(page: &Page, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    match Reader::open(page, recipe, reading) {
        Ok(reader) => reader.read(),
        Err(what) => {
            Listing { problems: vec![Problem::new("listing", what)], ..Listing::default() }
        }
    }
}

/// What is said of a row without a date where others have one.
const NO_DATE: &str = "no date";

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
    outcome: Result<Row, (ProblemCode, String)>,
    /// The row's key, also where the row itself has no title.
    key: Option<ItemKey>,
    date_problem: Option<String>,
    /// What else its texts say of its date.
    hint: together::Hint,
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
    let several = shared::several(&parts);
    let mut rows: Vec<Row> = Vec::new();
    let mut at_of: HashMap<ItemKey, usize> = HashMap::new();
    let mut date_problems: Vec<(usize, usize, String)> = Vec::new();
    for part in parts {
        let mut row = match part.outcome {
            Ok(row) => row,
            // A thumbnail whose title stands in another item is no loss.
            Err(_) if part.key.as_ref().is_some_and(|key| titled.contains(key)) => continue,
            Err((code, what)) => {
                problems.push(Problem::of_row(part.place, code, what));
                continue;
            }
        };
        let mut key = part.key.unwrap_or_else(|| ItemKey::of(&row.url));
        if several.contains(&key) {
            if !row.published.is_known() {
                continue;
            }
            row.id = Some(row.id_beside_others());
            key = row.key();
        }
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
            date_problems.push((at, part.place, NO_DATE.to_owned()));
        }
    }
    date_problems.dedup_by_key(|(at, ..)| *at);
    for (at, place, what) in date_problems {
        if !rows[at].published.is_known() {
            let code = if what == NO_DATE { ProblemCode::NoDate } else { ProblemCode::BadDate };
            problems.push(Problem::of_row(place, code, what));
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
    row.brought = row.brought.take().or(other.brought);
}

/// A link of a row.
struct Link<'p> {
    node: NodeRef<'p>,
    address: Rc<Address>,
}

/// What a recipe's `item` matched.
struct Item<'p> {
    node: NodeRef<'p>,
    /// The elements below it that belong to no item inside it, in page order.
    own: Vec<NodeRef<'p>>,
    links: Vec<Link<'p>>,
    /// The first link that only a script could follow.
    script: Option<String>,
    /// Which of the links is the item's.
    chosen: Option<usize>,
}

/// The items that have an address: how many, and where the first and the last of them stand.
struct Sharing {
    count: usize,
    first: usize,
    last: usize,
}

impl Sharing {
    fn is_of_a_card(&self) -> bool {
        self.count == 2 && self.last - self.first == 1
    }
}

/// Whether most items lead to one page, each to another place on it.
fn are_anchors(page: &Page, items: &[NodeRef<'_>]) -> bool {
    const LEAST: usize = 3;
    let is_link = |node: &NodeRef<'_>| node.has_name("a") && node.has_attr("href");
    let mut of_page: HashMap<String, HashSet<String>> = HashMap::new();
    for item in items {
        let link = if is_link(item) { Some(*item) } else { item.descendants_it().find(is_link) };
        let Some(address) = link.and_then(|link| page.anchor(&link)) else { continue };
        let mut url = address.url.clone();
        let fragment = url.fragment().unwrap_or_default().to_owned();
        url.set_fragment(None);
        of_page.entry(url.into()).or_default().insert(fragment);
    }
    let most = of_page.values().map(HashSet::len).max().unwrap_or(0);
    most >= LEAST && most * 5 >= items.len() * 4
}

/// Takes those out that stand in another and have no link: a row of a table that lays out one cell of its row is a part of
/// that. What is left, by the numbers of the nodes.
fn drop_parts(nodes: &mut Vec<NodeRef<'_>>, rule: Option<&Matcher>) -> HashSet<NodeId> {
    /// Elements between a row and its part.
    const FAR: usize = 8;
    let is_link = |node: &NodeRef<'_>| match rule {
        Some(rule) => node.is_match(rule),
        None => node.has_attr("href"),
    };
    let mut ids: HashSet<NodeId> = nodes.iter().map(|node| node.id).collect();
    nodes.retain(|node| {
        let is_part = node.ancestors_it(Some(FAR)).any(|above| ids.contains(&above.id))
            && !is_link(node)
            && !node.descendants_it().any(|inner| inner.is_element() && is_link(&inner));
        if is_part {
            ids.remove(&node.id);
        }
        !is_part
    });
    ids
}

/// Where an item's date, lead and picture are looked for: in it, or around it where it is a bare link.
struct Scope<'s, 'p> {
    node: NodeRef<'p>,
    own: &'s [NodeRef<'p>],
    /// What stands beside it and has no element to share with it.
    beside: Vec<NodeRef<'p>>,
}

/// Pieces of a row's text by the blocks they stand in; read once, where anything asks.
type Segments<'s> = &'s dyn Deref<Target = Vec<(NodeId, String)>>;

/// A recipe at work on a page.
pub struct Reader<'a, 'p> {
    page: &'p Page,
    rules: Rules,
    reading: Reading<'a>,
    items: Vec<Item<'p>>,
    ids: HashSet<NodeId>,
    /// Whether the recipe matches more than is read.
    crowded: bool,
    /// Whether what has no element in common with its row stands above it: `<span>05.18.15</span><h2>…</h2>`.
    dates_above: bool,
    /// Whether the rows are places on one page: `<a href="#so-16">`.
    by_anchor: bool,
    /// In how many items an address occurs: one that several share is a section's or an author's.
    shared: HashMap<ItemKey, Sharing>,
    /// What the columns of tables are called, as far as anything asked.
    heads: RefCell<labels::Heads>,
    /// What the columns of tables hold, where these list documents.
    columns: documents::KnownColumns,
    /// The heads of grids of boxes.
    grids: grids::KnownGrids,
    shared_texts: buttons::SharedTexts,
    /// The same of all links of the items.
    buttons: buttons::SharedTexts,
}

impl<'a, 'p> Reader<'a, 'p> {
    /// The error says what is wrong with the recipe.
    pub fn open(
        page: &'p Page,
        recipe: &ListingRecipe,
        reading: Reading<'a>,
    ) -> Result<Self, String> {
        Ok(Reader::new(page, Rules::compile(recipe)?, reading))
    }

    fn new(page: &'p Page, rules: Rules, reading: Reading<'a>) -> Self {
        let mut nodes = page::below(&page.document.root(), &rules.item);
        let crowded = nodes.len() > limits::ROWS;
        nodes.truncate(limits::ROWS);
        Visibility::of(page.document.root()).drop_hidden(&mut nodes);
        let ids = drop_parts(&mut nodes, rules.link.as_ref());
        let (items, shared) = (Vec::new(), HashMap::new());
        let dates_above = false;
        let by_anchor = are_anchors(page, &nodes);
        let heads = RefCell::default();
        let columns = documents::KnownColumns::default();
        let grids = grids::KnownGrids::default();
        let mut reader = Reader {
            page,
            rules,
            reading,
            items,
            ids,
            crowded,
            dates_above,
            by_anchor,
            shared,
            heads,
            columns,
            grids,
            shared_texts: buttons::SharedTexts::default(),
            buttons: buttons::SharedTexts::default(),
        };
        reader.items = nodes.iter().map(|node| reader.item(node)).collect();
        reader.dates_above = reader.are_dates_above(&nodes);
        for (at, item) in reader.items.iter().enumerate() {
            let keys: HashSet<&ItemKey> = item.links.iter().map(|link| &link.address.key).collect();
            for key in keys {
                match reader.shared.get_mut(key) {
                    Some(sharing) => (sharing.count, sharing.last) = (sharing.count + 1, at),
                    None => {
                        let sharing = Sharing { count: 1, first: at, last: at };
                        reader.shared.insert(key.clone(), sharing);
                    }
                }
            }
        }
        // Which link is meant depends on the other items, so all have to be there.
        let chosen: Vec<Option<usize>> =
            reader.items.iter().map(|item| reader.choose(&item.links)).collect();
        for (item, chosen) in reader.items.iter_mut().zip(chosen) {
            item.chosen = chosen;
        }
        reader
    }

    /// The address that each item leads to, with those of one page once. Neither title nor date is read for it.
    pub fn addresses(&self) -> HashSet<&ItemKey> {
        self.items.iter().filter_map(|item| Some(&item.links[item.chosen?].address.key)).collect()
    }

    /// Whether in some item only the other items tell which link is meant: the first is that of an author who has written
    /// more than one. A newcomer's row would be read as a link to the newcomer.
    pub fn leans_on_neighbours(&self) -> bool {
        self.items.iter().any(|item| {
            let Some(chosen) = item.chosen else { return false };
            let (before, link) = (&item.links[..chosen], &item.links[chosen]);
            before.iter().any(|other| other.address.key != link.address.key)
                && !self.is_headed(link)
                && !self.is_titled(link)
        })
    }

    pub fn read(&self) -> Listing {
        self.in_scripts().unwrap_or_else(|| self.shown())
    }

    /// The list in the data of scripts, where `item` selects nothing but scripts.
    fn in_scripts(&self) -> Option<Listing> {
        let scripts =
            self.items.iter().map(|item| item.node.has_name("script").then_some(item.node.id));
        let scripts: Vec<_> = scripts.collect::<Option<_>>()?;
        script_list::find(self.page, Some(&scripts), self.reading).map(|list| list.listing)
    }

    fn shown(&self) -> Listing {
        let container =
            !self.items.is_empty() || still_there(&self.page.document.root(), &self.rules.source);
        let mut problems = Vec::new();
        if self.crowded {
            problems.push(Problem::of_listing(
                ProblemCode::TooLarge,
                format!("more than {} rows; the rest was not read", limits::ROWS),
            ));
        }
        if self.items.is_empty() {
            problems.push(Problem::of_listing(
                ProblemCode::NoMatch,
                format!("the selector \"{}\" matches nothing", self.rules.source),
            ));
        }
        let mut parts: Vec<Part> =
            self.items.iter().enumerate().filter_map(|(at, item)| self.row(at, item)).collect();
        if self.rules.date.is_none() {
            together::drop_lengths(&mut parts);
            self.date_from_between(&mut parts);
            together::take_regular(&mut parts);
            short_days::take(&mut parts, self.reading);
        }
        if self.rules.date_format.is_none() {
            together::put_month_first(&mut parts, self, self.reading);
        }
        let rows = join(parts, &mut problems);
        Listing { rows, container, problems, wishes: Wishes::default() }
    }

    /// Gives rows the dates that stand between them, where they have none of their own.
    fn date_from_between(&self, parts: &mut [Part]) {
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

    fn row(&self, at: usize, item: &Item<'p>) -> Option<Part> {
        let part = |outcome, key, date_problem| {
            let hint = together::Hint::default();
            Some(Part { place: at + 1, outcome, key, date_problem, hint })
        };
        let links = &item.links;
        let Some(chosen) = item.chosen else {
            return match &item.script {
                Some(script) => {
                    let what = format!("its link is a script, not an address: {script}");
                    part(Err((ProblemCode::NoAddress, what)), None, None)
                }
                // A heading row, or an outer item whose links all belong to inner ones.
                None if self.is_only_frame(&item.node) || grids::is_heads(&item.node) => None,
                None => part(Err((ProblemCode::NoAddress, "no link".to_owned())), None, None),
            };
        };
        let address = &links[chosen].address;
        let (url, key) = (address.url.clone(), address.key.clone());
        let same: Vec<&Link<'_>> = links.iter().filter(|link| link.address.key == key).collect();
        let around = self.around(&item.node);
        let own = (around.id != item.node.id).then(|| self.own_with(&around, Some(item.node.id)));
        let scope = Scope {
            node: around,
            own: own.as_deref().unwrap_or(&item.own),
            beside: self.beside(&around),
        };
        let segments = LazyCell::new(|| self.segments(&scope, &same));
        let segments: Segments<'_> = &segments;
        let named = self.title(item, &scope, &same, segments);
        let named = named.map(|title| self.named_beside(title, &scope, segments));
        let written_in_title = named.as_deref().and_then(dates::order::written);
        let (named, in_title) = match named {
            Some(title) => Some(self.without_date(title)).unzip(),
            None => (None, None),
        };
        let in_title = in_title.unwrap_or_default();
        let document = self.document(&scope, &same, segments, named.as_deref());
        let Some(title) = document.as_ref().map(|document| document.title.clone()).or(named) else {
            return part(Err((ProblemCode::NoTitle, "no title".to_owned())), Some(key), None);
        };
        let (mut published, date_problem) = self.date(&scope, segments, in_title);
        if !published.is_known() && date_problem.is_none() {
            published = self.date_of_links(&scope, &key);
        }
        let is_other = |nth, found| self.is_other_date(&scope, segments, nth, found);
        let mut hint = together::Hint::of(segments, published, &is_other, self.reading);
        if published.is_known() && hint.written.is_none() {
            hint.written = match published == in_title {
                true => written_in_title,
                false => self.written_in_elements(&scope, published),
            };
        }
        hint.clock = self.rules.date.is_none() && self.is_by_clock(&scope, segments, published);
        if self.rules.date.is_none() && !published.is_known() && !hint.loose.is_known() {
            hint.short = short_days::ShortDay::of(segments, &title);
        }
        if self.doubt(hint.loose).is_some() {
            hint.loose = Published::Unknown;
        }
        let row = Row {
            lead: self.lead(&scope, segments, &title),
            image: self.image(&scope, &same),
            id: (self.by_anchor && url.fragment().is_some()).then(|| page::anchor_id(&url)),
            url,
            title: shorten(title, limits::TITLE_CHARS),
            published,
            brought: document.and_then(|document| document.brought(published)),
        };
        part(Ok(row), Some(key), date_problem).map(|part| Part { hint, ..part })
    }

    /// The numbers of a date inside the row's link, where a whole card is one.
    fn written_in_elements(
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

    /// The legal document of a row, where it lists one and the recipe does not say where its title stands.
    fn document(
        &self,
        scope: &Scope<'_, 'p>,
        links: &[&Link<'p>],
        segments: Segments<'_>,
        title: Option<&str>,
    ) -> Option<documents::ListedDocument> {
        if self.rules.title.is_some() {
            return None;
        }
        let (node, reading) = (scope.node, self.reading);
        let row = documents::RowText { node, pieces: segments, title, reading, grids: &self.grids };
        // The symbol may be a second link to the page.
        let is_linked = || {
            links.len() > 1
                && links.iter().any(|link| may_hold_symbol(&page::visible_text(&link.node)))
        };
        if !row.may_be_a_document() && !is_linked() {
            return None;
        }
        // With the link's own words, which the segments leave out.
        let mut pieces = Vec::new();
        self.gather(&node, node.id, &HashSet::new(), &mut pieces);
        pieces.iter_mut().for_each(|(_, piece)| *piece = clean(piece));
        pieces.retain(|(_, piece)| !piece.is_empty());
        documents::RowText { pieces: &pieces, ..row }.document(&self.columns)
    }

    /// Elements below a node that belong to no item inside it.
    fn own(&self, node: &NodeRef<'p>) -> Vec<NodeRef<'p>> {
        self.own_with(node, None)
    }

    /// The same with an item inside it.
    fn own_with(&self, node: &NodeRef<'p>, item: Option<NodeId>) -> Vec<NodeRef<'p>> {
        let mut found = Vec::new();
        let mut left: Vec<NodeRef<'p>> = node.first_element_child().into_iter().collect();
        while let Some(inner) = left.pop() {
            left.extend(inner.next_element_sibling());
            if !self.ids.contains(&inner.id) || item == Some(inner.id) {
                found.push(inner);
                left.extend(inner.first_element_child());
            }
        }
        found
    }

    fn item(&self, item: &NodeRef<'p>) -> Item<'p> {
        let own = self.own(item);
        let is_link =
            |node: &NodeRef<'p>| matches!(&*page::tag(node), "a" | "area") && node.has_attr("href");
        let mut nodes = match &self.rules.link {
            Some(rule) => linked(item, &own, rule),
            None => own.iter().copied().filter(|node| is_link(node)).collect(),
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
            if self.by_anchor
                && let Some(address) = self.page.anchor(&node)
            {
                links.push(Link { node, address });
                continue;
            }
            match self.page.lead(&node) {
                Some(Lead::Address(address)) => links.push(Link { node, address }),
                Some(Lead::Script) => {
                    let href = || node.attr("href").unwrap_or_default();
                    script = script.or_else(|| Some(shorten(clean(&href()), 80)));
                }
                Some(Lead::Nowhere) | None => {}
            }
        }
        Item { node: *item, own, links, script, chosen: None }
    }

    /// A link inside a heading, or in something called a title; else the first that says something and that only this
    /// item has; else the first that only this item has; else the first.
    fn choose(&self, links: &[Link<'p>]) -> Option<usize> {
        let headed = |link: &Link<'p>| self.is_headed(link);
        let titled = |link: &Link<'p>| self.is_titled(link);
        let lonely =
            |link: &Link<'p>| self.shared.get(&link.address.key).is_none_or(|of| of.count <= 1);
        // A card whose picture and headline are an item each.
        let of_one_card =
            |link: &Link<'p>| self.shared.get(&link.address.key).is_some_and(Sharing::is_of_a_card);
        // A thumbnail's address is called something by the title beside it, an avatar's by nothing.
        let is_called = |link: &Link<'p>| {
            let mut same = links.iter().filter(|other| other.address.key == link.address.key);
            same.any(|link| {
                let said = page::visible_text(&link.node);
                says_something(&said) && !documents::names_a_file(&said)
            })
        };
        links
            .iter()
            .position(|link| headed(link) && lonely(link))
            .or_else(|| links.iter().position(|link| headed(link) && of_one_card(link)))
            .or_else(|| links.iter().position(|link| titled(link) && lonely(link)))
            .or_else(|| {
                let named = |link: &Link<'p>| lonely(link) && is_called(link);
                let first = links.iter().position(named)?;
                // A button to another site is not the row's page, where the row has one here.
                (!self.is_button_elsewhere(&links[first], links)).then_some(first)
            })
            .or_else(|| {
                let is_row =
                    |link: &Link<'p>| lonely(link) && !self.is_button_elsewhere(link, links);
                links.iter().position(is_row)
            })
            .or_else(|| links.iter().position(lonely))
            .or((!links.is_empty()).then_some(0))
    }

    fn is_headed(&self, link: &Link<'p>) -> bool {
        let inside = link.node.ancestors_it(Some(3)).any(|node| is_heading(&node));
        inside || link.node.descendants_it().any(|node| is_heading(&node))
    }

    fn is_titled(&self, link: &Link<'p>) -> bool {
        let above =
            link.node.ancestors_it(Some(2)).take_while(|above| !self.ids.contains(&above.id));
        std::iter::once(link.node)
            .chain(above)
            .any(|node| node.is_element() && page::is_named(&node, TITLES))
    }

    fn is_only_frame(&self, item: &NodeRef<'p>) -> bool {
        let holds_items = item.descendants_it().any(|node| self.ids.contains(&node.id));
        let (mut heads, mut cells) = (false, false);
        for node in item.descendants_it().filter(NodeRef::is_element) {
            heads |= node.has_name("th");
            cells |= node.has_name("td");
        }
        holds_items || heads && !cells || page::visible_text(item).is_empty()
    }

    /// The widest element around an item that is itself a link and holds no other item: there stand its date, lead and
    /// picture. Any other item holds them itself.
    fn around(&self, item: &NodeRef<'p>) -> NodeRef<'p> {
        /// Nodes of a row; more are a part of the page.
        const MOST: usize = 400;
        let mut around = *item;
        if !item.has_name("a") {
            return around;
        }
        for wider in item.ancestors_it(Some(4)) {
            let mut nodes = 0;
            let others = wider.descendants_it().any(|node| {
                nodes += 1;
                nodes > MOST
                    || self.ids.contains(&node.id)
                        && node.id != item.id
                        && !self.leads_alike(&node, item)
            });
            if others || matches!(&*page::tag(&wider), "body" | "html" | "") {
                break;
            }
            around = wider;
        }
        around
    }

    fn leads_alike(&self, one: &NodeRef<'p>, other: &NodeRef<'p>) -> bool {
        match (self.page.lead(one), self.page.lead(other)) {
            (Some(Lead::Address(one)), Some(Lead::Address(other))) => one.key == other.key,
            _ => false,
        }
    }

    fn title(
        &self,
        item: &Item<'p>,
        scope: &Scope<'_, 'p>,
        links: &[&Link<'p>],
        segments: Segments<'_>,
    ) -> Option<String> {
        if let Some(rule) = &self.rules.title {
            let mut nodes = std::iter::once(&item.node).chain(&item.own);
            if let Some(title) = nodes
                .find(|node| node.is_match(rule))
                .map(|node| whole_text(node, &text_of_link(node)))
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
            .or_else(|| heading_near(scope, links))
            .or_else(|| {
                links
                    .iter()
                    .filter_map(|link| link.node.attr("title"))
                    .map(|title| clean(&title))
                    .find(|title| says_something(title))
            })
            .or_else(|| self.words_beside(scope, segments))
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
    /// Takes a date off the end or the beginning of a title: "Tên bài (22/5/2020)".
    fn without_date(&self, title: String) -> (String, Published) {
        let known = |text: &str| match may_be_dated(text) {
            true => dates::alone(text, self.reading.zone, self.reading.now),
            false => Published::Unknown,
        };
        if let Some(open) = title.rfind(['(', '[']).filter(|_| title.ends_with([')', ']'])) {
            let found = known(&title[open..]);
            if found.is_known() && open > 0 {
                return (title[..open].trim_end().to_owned(), found);
            }
        }
        for (at, separator) in title.match_indices([')', ']', ':', '|', '-', '–', '—']).take(6)
        {
            let (head, tail) = (
                &title[..at + separator.len()],
                title[at + separator.len()..].trim_start_matches([' ', '-', '–', '—', ':', '|']),
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

    fn date_by_rule(
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
    fn date_by_itself(
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

    /// The day of a segment with the clock time that the one before or behind it is: each in an element of its own.
    fn with_clock_beside(&self, segments: Segments<'_>, nth: usize) -> Option<Published> {
        let day = &segments[nth].1;
        let clock = [nth.checked_sub(1)?, nth + 1]
            .into_iter()
            .filter_map(|nth| segments.get(nth))
            .find(|(_, text)| is_clock(text))?;
        let finer =
            dates::alone(&format!("{} {day}", clock.1), self.reading.zone, self.reading.now);
        matches!(finer, Published::At(_)).then_some(finer)
    }

    /// Whether a date is today's because a clock alone stands in the row.
    fn is_by_clock(
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
    fn date_of_links(&self, scope: &Scope<'_, 'p>, key: &ItemKey) -> Published {
        let leads_there = |node: &&NodeRef<'p>| {
            node.has_name("a")
                && matches!(self.page.lead(node), Some(Lead::Address(there)) if there.key == *key)
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
    fn segments(&self, scope: &Scope<'_, 'p>, links: &[&Link<'p>]) -> Vec<(NodeId, String)> {
        let mut pieces: Vec<(NodeId, String)> = Vec::new();
        let mut skip = HashSet::new();
        for link in links.iter().map(|link| &link.node).filter(|link| link.id != scope.node.id) {
            // A link around a whole card holds more than its headline.
            match headline(link) {
                Some((part, _)) => skip.insert(part.id),
                None => skip.insert(link.id),
            };
            pieces.extend(day_of_link(link));
        }
        self.gather(&scope.node, scope.node.id, &skip, &mut pieces);
        for node in &scope.beside {
            pieces.push((node.id, String::new()));
            if node.is_text() {
                pieces.push((node.id, node.text().to_string()));
            } else {
                self.gather(node, node.id, &skip, &mut pieces);
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
        let name = page::tag(item);
        let alone = self.ids.contains(&item.id);
        let flows = matches!(&*name, "a" | "dt" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
        if !alone || !flows {
            return Vec::new();
        }
        let is_end = |node: &NodeRef<'p>| self.ids.contains(&node.id) || node.has_name(&name);
        let mut found = Vec::new();
        if self.dates_above {
            found.extend(self.date_right_above(item));
        }
        if &*name == "a" {
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
        let mut next = item.next_sibling();
        while let Some(node) = next.filter(|node| found.len() < FAR && !is_end(node)) {
            if self.dates_above && self.is_date(&node) {
                break;
            }
            let holds_items = node.is_element()
                && node.descendants_it().take(200).any(|inner| self.ids.contains(&inner.id));
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

    /// Whether the first row has a date right above it, and the last none below it: then each date is that of the next row.
    fn are_dates_above(&self, items: &[NodeRef<'p>]) -> bool {
        let Some((first, last)) = items.first().zip(items.last()) else { return false };
        let mut below = std::iter::successors(last.next_sibling(), NodeRef::next_sibling).take(8);
        items.len() >= 2
            && self.date_right_above(first).is_some()
            && self.date_right_above(last).is_some()
            && !below.any(|node| self.is_date(&node))
    }

    /// What stands right before an item, where that is nothing but a date.
    fn date_right_above(&self, item: &NodeRef<'p>) -> Option<NodeRef<'p>> {
        let mut before = std::iter::successors(item.prev_sibling(), NodeRef::prev_sibling);
        let is_blank = |node: &NodeRef<'p>| {
            !node.is_element() && node.text().trim().is_empty()
                || matches!(&*page::tag(node), "br" | "hr")
        };
        before.find(|node| !is_blank(node)).filter(|node| self.is_date(node))
    }

    /// Whether a node says nothing but a date.
    fn is_date(&self, node: &NodeRef<'p>) -> bool {
        let text = match node.is_text() {
            true => Some(node.text().to_string()),
            false if node.is_element() => page::short_text(node, 60),
            false => None,
        };
        let text = text.filter(|text| text.bytes().any(|b| b.is_ascii_digit()));
        text.is_some_and(|text| {
            dates::alone(&text, self.reading.zone, self.reading.now).is_known()
                || written_day(&text)
        })
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
                let name = page::tag(&child);
                if page::is_unseen(&name)
                    || self.ids.contains(&child.id) && !skip.contains(&child.id)
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
                if &*name == "br" || skip.contains(&child.id) || page::is_block(&name) {
                    pieces.push((child.id, String::new()));
                }
            }
        }
    }

    fn lead(&self, scope: &Scope<'_, 'p>, segments: Segments<'_>, title: &str) -> Option<String> {
        if let Some(rule) = &self.rules.lead {
            let found = scope.own.iter().filter(|node| node.is_match(rule));
            return found.map(page::visible_text).find(|lead| !lead.is_empty());
        }
        // A sentence or two beside the link; shorter things are counters, sections and places.
        let sentences = segments
            .iter()
            .map(|(_, segment)| segment)
            .filter(|segment| segment.chars().count() >= 50 && segment.split(' ').count() >= 10);
        sentences
            .max_by_key(|segment| segment.chars().count())
            .filter(|lead| !title.ends_with(lead.as_str()))
            .cloned()
    }

    fn image(&self, scope: &Scope<'_, 'p>, links: &[&Link<'p>]) -> Option<String> {
        let picture = |node: &NodeRef<'p>| page::picture(node, &self.page.base);
        if let Some(rule) = &self.rules.image {
            let mut found = scope.own.iter().filter(|node| node.is_match(rule));
            return found.find_map(|node| {
                if node.has_name("img") {
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
        let in_scope = scope.own.iter().copied().filter(|node| node.has_name("img"));
        in_links.chain(in_scope).find_map(|node| picture(&node))
    }
}

impl dates::order::AroundRows for Reader<'_, '_> {
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
    date_told(node, &seen_text, reading)
}

/// The same of an element whose text is known.
fn date_told(node: &NodeRef<'_>, seen_text: &str, reading: Reading<'_>) -> Published {
    let seen = dates::parse(seen_text, reading.zone, reading.now);
    let inner =
        node.descendants_it().find(|inner| inner.has_name("time") && inner.has_attr("datetime"));
    let (told, is_iso) = ["datetime", "content", "data-time", "data-date", "title"]
        .iter()
        .filter_map(|name| node.attr(name))
        .chain(inner.and_then(|inner| inner.attr("datetime")))
        .map(|value| (dates::parse(&value, reading.zone, reading.now), is_year_first(&value)))
        .find(|(told, _)| told.is_known())
        .unwrap_or_default();
    if stated_alike(node, seen, reading) {
        return told;
    }
    // What is written year first can mean one day only, and shows that "04/11/13" is in US order.
    if is_iso && are_turned(seen, told, reading) {
        return told;
    }
    let vague = told.is_known() && is_vague(seen_text, seen, reading);
    agree(seen, told, vague, reading)
}

/// Whether what a machine is told has an offset of its own and the figures that a reader sees.
fn stated_alike(node: &NodeRef<'_>, seen: Published, reading: Reading<'_>) -> bool {
    let inner = || {
        let inner = node.descendants_it().find(|inner| inner.has_name("time"))?;
        inner.attr("datetime")
    };
    let stated = node.attr("datetime").or_else(inner);
    seen.is_known() && stated.is_some_and(|stated| has_same_figures(seen, &stated, reading))
}

/// Whether a date that a reader sees is the same on the clock of the offset that a machine is told with it: that is the clock
/// the page shows, whatever zone we expected.
pub fn has_same_figures(seen: Published, stated: &str, reading: Reading<'_>) -> bool {
    let Ok(stated) = DateTime::parse_from_rfc3339(stated.trim()) else { return false };
    let clock = stated.naive_local();
    match seen {
        Published::At(at) => {
            let shown = at.with_timezone(&reading.zone).naive_local();
            (shown - clock).num_seconds().abs() < 60
        }
        Published::On(day) => day == clock.date(),
        Published::Unknown => false,
    }
}

/// "2013-04-11", as ISO 8601 has it.
fn is_year_first(text: &str) -> bool {
    let (year, rest) = text.trim().split_at_checked(4).unwrap_or_default();
    year.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with(['-', '/', '.'])
}

/// Whether two days differ only in which number is the month.
fn are_turned(one: Published, other: Published, reading: Reading<'_>) -> bool {
    let day = |published: Published| {
        published.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    day(one).zip(day(other)).is_some_and(|(one, other)| {
        (one.year(), one.day(), one.month()) == (other.year(), other.month(), other.day())
    })
}

/// "05.19.15": a day in an order that only its neighbours tell.
fn written_day(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split(['.', '/', '-']).collect();
    let is_number =
        |part: &&str| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

/// "16:52", "8h05".
fn is_clock(text: &str) -> bool {
    let (hours, minutes) = text.trim().split_once([':', 'h']).unwrap_or_default();
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    matches!(hours.len(), 1 | 2) && minutes.len() == 2 && is_number(hours) && is_number(minutes)
}

/// Of a paragraph no more than its beginning, where a place and a date may stand: the others are those of the events that it
/// speaks of. Any shorter text is left whole.
fn beside_prose(text: &str) -> &str {
    /// Letters of a paragraph, and of what may stand before its first sentence.
    const LONG: usize = 120;
    const HEAD: usize = 30;
    if text.ends_with([')', ']']) || text.chars().nth(LONG).is_none() {
        return text;
    }
    text.char_indices().nth(HEAD).map_or(text, |(at, _)| &text[..at])
}

/// Whether it is worth while to look for a date: a sentence without a digit has none, and most text is such.
fn may_be_dated(text: &str) -> bool {
    text.len() <= 60 || text.chars().any(char::is_numeric)
}

/// "2 giờ trước", "14:15", "22/5": means another day when it is read on another day, so any attribute knows better.
fn is_vague(text: &str, seen: Published, reading: Reading<'_>) -> bool {
    let Some(at) = seen.moment(reading.zone) else { return false };
    // With the year in it, it means this day whenever it is read.
    if text.contains(&at.with_timezone(&reading.zone).year().to_string()) {
        return false;
    }
    let earlier = reading.now - Duration::days(400);
    dates::parse(text, reading.zone, earlier) != seen
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

/// Links by the recipe's selector: what it matches, or the link in it or around it.
fn linked<'p>(item: &NodeRef<'p>, own: &[NodeRef<'p>], rule: &Matcher) -> Vec<NodeRef<'p>> {
    let is_link = |node: &NodeRef<'p>| node.has_attr("href");
    let matched = std::iter::once(item).chain(own).filter(|node| node.is_match(rule));
    let mut links: Vec<NodeRef<'p>> = matched
        .filter_map(|node| {
            if is_link(node) {
                return Some(*node);
            }
            let inner = node.descendants_it().find(is_link);
            inner.or_else(|| node.ancestors_it(Some(3)).find(is_link))
        })
        .collect();
    links.dedup_by_key(|node| node.id);
    links
}

/// Parts of the names that portals give to headlines.
const TITLES: &[&str] = &["title", "tieude", "tieu-de", "headline"];

fn is_heading(node: &NodeRef<'_>) -> bool {
    matches!(&*page::tag(node), "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// The first heading of the narrowest element around a link that has one: a row may begin with the heading of its block.
fn heading_near(scope: &Scope<'_, '_>, links: &[&Link<'_>]) -> Option<String> {
    /// Elements between a row and its link.
    const FAR: usize = 12;
    let headings: Vec<(&NodeRef<'_>, String)> = scope
        .own
        .iter()
        .filter(|node| is_heading(node))
        .map(|node| (node, page::visible_text(node)))
        .filter(|(_, title)| says_something(title))
        .collect();
    let is_around = |outer: NodeId, node: &NodeRef<'_>| {
        node.ancestors_it(Some(FAR)).any(|above| above.id == outer)
    };
    let around = links.first().into_iter().flat_map(|link| link.node.ancestors_it(Some(FAR)));
    let mut near = around
        .take_while(|outer| outer.id != scope.node.id)
        .filter_map(|outer| headings.iter().find(|(node, _)| is_around(outer.id, node)));
    near.next().or_else(|| headings.first()).map(|(_, title)| title.clone())
}

/// The headline in a link: a heading or an element called title, where the link wraps a whole card.
fn text_of_link(link: &NodeRef<'_>) -> String {
    let without_date = |node: &NodeRef<'_>| {
        node.has_name("time") || page::is_named(node, &["date", "time", "ngay"]) || is_day(node)
    };
    headline(link)
        .map_or_else(|| page::visible_text_without(link, &without_date), |(_, headline)| headline)
}

/// The part of a link that is its headline, where the link wraps a whole card, and what it says.
fn headline<'p>(link: &NodeRef<'p>) -> Option<(NodeRef<'p>, String)> {
    let inner = |wanted: fn(&NodeRef<'_>) -> bool| {
        link.descendants_it()
            .filter(|node| node.is_element() && wanted(node))
            .map(|node| (node, page::visible_text(&node)))
            .find(|(_, text)| says_something(text))
    };
    inner(is_heading).or_else(|| inner(|node| page::is_named(node, TITLES)))
}

/// The day in an element of its own in a link that is no card: `<a><b>Tên bài</b> <i>28/11/2026</i></a>`.
fn day_of_link(link: &NodeRef<'_>) -> Option<(NodeId, String)> {
    link.first_element_child()?;
    let day = link.descendants_it().find(is_day)?;
    let text = page::visible_text(&day);
    headline(link).is_none().then_some((day.id, text))
}

/// Whether an element holds a day in numbers and nothing else.
fn is_day(node: &NodeRef<'_>) -> bool {
    node.is_element()
        && node.first_element_child().is_none()
        && page::short_text(node, 12).is_some_and(|text| {
            text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b'.'))
                && dates::order::written(&text).is_some()
        })
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
    says_something_folded(&fold(text))
}

/// The same of a text that is folded.
pub fn says_something_folded(folded: &str) -> bool {
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
        "tim hieu them",
        "tim hieu",
        "learn more",
        "doc bai",
        "doc bai viet",
        "doc toan van",
        "xem them chi tiet",
        "chi tiet tin",
        "rss",
        "rss 20",
        "rss feed",
        "atom",
        "feed",
    ];
    /// Buttons for a file are made of these, in any order, with its size: "[PDF]", "Tải về (DOCX, 35 KB)".
    const OF_FILES: &[&str] = &[
        "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "rar", "txt", "html", "kb",
        "mb", "file", "tap", "tin", "dinh", "kem", "toan", "van", "ban", "goc", "tai", "ve",
        "xuong", "xem", "day", "download", "here", "link", "tep",
    ];
    // A longer text is no button.
    if folded.len() > 60 {
        return folded.chars().any(char::is_alphabetic);
    }
    let words: String = folded.chars().filter(|c| c.is_alphanumeric() || *c == ' ').collect();
    let words = words.trim();
    let is_of_a_file =
        |word: &str| OF_FILES.contains(&word) || !word.contains(|c: char| c.is_alphabetic());
    words.chars().any(char::is_alphabetic)
        && !BUTTONS.contains(&words)
        && !words.split(' ').all(is_of_a_file)
}
