//! A listing page to rows, by a recipe. One odd row costs only itself, one odd date only the date.

mod between;
mod buttons;
mod date_elements;
mod documents;
mod grids;
mod labels;
mod link_words;
mod row_dates;
mod row_links;
mod row_nodes;
mod row_texts;
mod row_titles;
mod rules;
mod shared;
mod short_days;
mod together;
mod wording;

use std::cell::{LazyCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::rc::Rc;

use dom_query::{NodeId, NodeRef};

pub use buttons::is_a_code;
pub use date_elements::{agree, date_of, has_same_figures};
use row_nodes::{are_anchors, drop_parts};
use rules::ListingRules;
pub use wording::{says_something, says_something_folded};

use super::document_field::may_hold_symbol;
use super::page::{self, Address, Page};
use super::text::{clean, shorten};
use super::visibility::Visibility;
use super::{Listing, Reading, dates, recipe, script_list};
use crate::limits;
use crate::model::{ItemKey, ListingRecipe, Problem, ProblemCode, Published, Row, Wishes};

pub fn read(html: &str, recipe: &ListingRecipe, reading: Reading<'_>) -> Listing {
    let failed = |what: String| Listing {
        problems: vec![Problem::new("listing", what)],
        ..Listing::default()
    };
    // A bad selector is reported before anything is read.
    match ListingRules::compile(recipe) {
        Ok(rules) => match Page::parse_list(html, reading.url) {
            Ok(page) => {
                let mut listing = ListingReader::new(&page, rules, reading).read();
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
    match ListingReader::open(page, recipe, reading) {
        Ok(reader) => reader.read(),
        Err(what) => {
            Listing { problems: vec![Problem::new("listing", what)], ..Listing::default() }
        }
    }
}

/// What is said of a row without a date where others have one.
const NO_DATE: &str = "no date";

/// Whether the list that the rows stood in is still on the page: an empty list is news, a missing one a redesign.
fn still_there(root: &NodeRef<'_>, selector: &str) -> bool {
    recipe::ancestors(selector)
        .iter()
        .filter_map(|part| recipe::compile(part).ok())
        .any(|part| root.descendants_it().any(|node| node.is_element() && node.is_match(&part)))
}

/// What one item gave.
struct ReadRow {
    place: usize,
    outcome: Result<Row, (ProblemCode, String)>,
    /// The row's key, also where the row itself has no title.
    key: Option<ItemKey>,
    date_problem: Option<String>,
    /// What else its texts say of its date.
    hint: together::Hint,
}

/// One row an address, in page order; what one of them lacks, the other may have.
fn join(parts: Vec<ReadRow>, problems: &mut Vec<Problem>) -> Vec<Row> {
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
            // A thumbnail whose title is in another item is no loss.
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
struct RowLink<'p> {
    node: NodeRef<'p>,
    address: Rc<Address>,
}

/// What a recipe's `item` matched.
struct MatchedRow<'p> {
    node: NodeRef<'p>,
    /// The elements below it that belong to no item inside it, in page order.
    own: Vec<NodeRef<'p>>,
    links: Vec<RowLink<'p>>,
    /// The first link that only a script could follow.
    script: Option<String>,
    /// Which of the links is the item's.
    chosen: Option<usize>,
}

/// The items that have an address: how many, and the first and the last of them.
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

/// Where an item's date, lead and picture are looked for: in it, or around it where it is a bare link.
struct Scope<'s, 'p> {
    node: NodeRef<'p>,
    own: &'s [NodeRef<'p>],
    /// Nodes beside it that share no element with it.
    beside: Vec<NodeRef<'p>>,
}

/// Pieces of a row's text by the blocks that contain them, read once, when first asked for.
type Segments<'s> = &'s dyn Deref<Target = Vec<(NodeId, String)>>;

/// A recipe at work on a page.
pub struct ListingReader<'a, 'p> {
    page: &'p Page,
    rules: ListingRules,
    reading: Reading<'a>,
    items: Vec<MatchedRow<'p>>,
    ids: HashSet<NodeId>,
    /// Whether the recipe matches more than is read.
    crowded: bool,
    /// Whether nodes that share no element with their row precede it:
    /// `<span>05.18.15</span><h2>…</h2>`.
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

impl<'a, 'p> ListingReader<'a, 'p> {
    /// The error says what is wrong with the recipe.
    pub fn open(
        page: &'p Page,
        recipe: &ListingRecipe,
        reading: Reading<'a>,
    ) -> Result<Self, String> {
        Ok(ListingReader::new(page, ListingRules::compile(recipe)?, reading))
    }

    fn new(page: &'p Page, rules: ListingRules, reading: Reading<'a>) -> Self {
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
        let mut reader = ListingReader {
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
        let mut parts: Vec<ReadRow> =
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

    fn row(&self, at: usize, item: &MatchedRow<'p>) -> Option<ReadRow> {
        let part = |outcome, key, date_problem| {
            let hint = together::Hint::default();
            Some(ReadRow { place: at + 1, outcome, key, date_problem, hint })
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
        let same: Vec<&RowLink<'_>> = links.iter().filter(|link| link.address.key == key).collect();
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
        part(Ok(row), Some(key), date_problem).map(|part| ReadRow { hint, ..part })
    }

    /// Returns the legal document of a row, where it lists one and the recipe does not select its
    /// title.
    fn document(
        &self,
        scope: &Scope<'_, 'p>,
        links: &[&RowLink<'p>],
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
}
