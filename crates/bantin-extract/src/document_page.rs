//! The page of a legal document: its properties, side by side as label and value, are what it has for a text.

use std::collections::HashSet;

use super::document_field::{DocumentField, field_of, labelled, lone_symbol};
use super::flat::{Flat, Nodes};
use super::text::{fold, shorten};
use super::{dates, page, sanitize};
use crate::model::{Article, DocumentRef, Published};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Letters of a value; a longer one is the document's own text.
const VALUE: usize = 1_500;

/// Elements between two properties of one document.
const APART: usize = 80;

/// Properties of a document that are looked at.
const MOST: usize = 40;

/// One property, in the page's own words.
#[derive(Debug)]
struct Property {
    field: DocumentField,
    label: String,
    value: String,
    /// The elements that hold label and value.
    at: (usize, usize),
}

/// The properties of the document that a page is about.
#[derive(Debug)]
pub struct DocumentPage {
    properties: Vec<Property>,
}

/// Whether a page has words of a document's properties at all; most pages end here.
pub fn may_be(html: &str) -> bool {
    const WORDS: &[&str] = &[
        "ý hiệu",
        "Ý HIỆU",
        "rích yếu",
        "RÍCH YẾU",
        "ố hiệu",
        "ố văn bản",
        "&yacute; hi",
        "ssuing",
        "ocument number",
    ];
    WORDS.iter().any(|word| html.contains(word))
}

impl DocumentPage {
    /// The document of a page; None where the properties are those of several, of a side box, or too few.
    pub fn find(flat: &Flat<'_>, title_at: Option<usize>) -> Option<DocumentPage> {
        let all = properties(flat);
        // A list of documents says of each what it says of the first.
        let symbols = all.iter().filter(|one| one.field == DocumentField::Symbol).count();
        let mut clusters: Vec<Vec<Property>> = Vec::new();
        for property in all {
            let joins = clusters.last().is_some_and(|cluster: &Vec<Property>| {
                let last = cluster.last().map_or(0, |last| last.at.1.max(last.at.0));
                property.at.0 <= last + APART
                    && !cluster.iter().any(|known| {
                        known.field == property.field && known.field != DocumentField::OtherDate
                    })
            });
            match clusters.last_mut().filter(|_| joins) {
                Some(cluster) => cluster.push(property),
                None => clusters.push(vec![property]),
            }
        }
        let least = if symbols >= 3 { 5 } else { 3 };
        let properties = clusters.into_iter().find(|cluster| is_a_document(cluster, least))?;
        let first = properties.first()?.at.0;
        // What precedes the headline describes something else.
        let is_below = title_at.is_none_or(|title| title < first || symbols < 2);
        is_below.then_some(DocumentPage { properties })
    }

    fn value(&self, field: DocumentField) -> Option<&str> {
        let found = self.properties.iter().find(|one| one.field == field);
        found.map(|one| &*one.value)
    }

    /// Leaves the properties out of the text, and a text that is another's: the list of related documents, the imprint.
    pub fn take_over(&self, flat: &Flat<'_>, roots: &mut Vec<usize>, dropped: &mut Nodes) {
        /// Letters of a document's own text.
        const TEXT: usize = 200;
        let span = self.span();
        let own: HashSet<usize> = self.elements().collect();
        roots.retain(|root| {
            let element = &flat.elements[*root];
            let inside = own.iter().any(|at| (*at..flat.elements[*at].end).contains(root));
            let holds = (*root..element.end).contains(&span.0);
            let of_properties: usize = if holds {
                own.iter()
                    .filter(|at| (*root..element.end).contains(*at))
                    .map(|at| flat.elements[*at].letters)
                    .sum()
            } else {
                0
            };
            let rest = element.letters.saturating_sub(of_properties);
            let plain = rest.saturating_sub(element.linked);
            !inside
                && !element.in_margin
                && *root > 0
                && (holds || *root > span.0)
                && plain >= TEXT
                && !is_headed_as_others(flat, *root)
        });
        // A row that holds a label and its value goes with them.
        let rows = self.properties.iter().filter_map(|one| {
            let parent = flat.elements[one.at.0].parent;
            let both = flat.elements[one.at.0].letters + flat.elements[one.at.1].letters;
            (one.at.0 != one.at.1 && flat.elements[parent].letters == both).then_some(parent)
        });
        dropped.extend(own.iter().copied().chain(rows).map(|at| flat.elements[at].node.id));
    }

    /// The nearest element around all properties.
    pub fn holder(&self, flat: &Flat<'_>) -> usize {
        let (first, last) = self.span();
        flat.around(first).skip(1).find(|above| last < flat.elements[*above].end).unwrap_or(0)
    }

    /// Elements of labels and values, without those inside another.
    fn elements(&self) -> impl Iterator<Item = usize> + '_ {
        self.properties.iter().flat_map(|one| [one.at.0, one.at.1])
    }

    fn span(&self) -> (usize, usize) {
        let first = self.elements().min().unwrap_or(0);
        (first, self.elements().max().unwrap_or(first))
    }

    /// Puts what the properties say into an article.
    pub fn complete(&self, article: &mut Article, zone: Tz, now: DateTime<Utc>) {
        let issued = self.value(DocumentField::Issued).map(|day| dates::parse(day, zone, now));
        if let Some(issued) = issued.filter(|day| day.is_known()) {
            article.published = issued;
        }
        let signer = self.value(DocumentField::Signer).filter(|name| name.chars().count() <= 60);
        if let Some(signer) = signer {
            article.byline = Some(signer.to_owned());
        }
        let symbol = self.value(DocumentField::Symbol).and_then(lone_symbol);
        if let Some(named) = symbol.and_then(|symbol| self.reference(&symbol, article.published)) {
            article.refs.retain(|other| other.symbol != named.symbol);
            article.refs.insert(0, named);
        }
        let shown = || self.properties.iter().filter(|one| one.field != DocumentField::Files);
        let lines: Vec<String> =
            shown().map(|one| format!("{}: {}", one.label, one.value)).collect();
        let rows: String = shown()
            .map(|one| {
                let (label, value) =
                    (ammonia::clean_text(&one.label), ammonia::clean_text(&one.value));
                format!("<tr><td>{label}</td><td>{value}</td></tr>")
            })
            .collect();
        let table =
            format!("<table><tbody>{rows}</tbody></table>{}", article.content_html.as_str());
        article.content_html = sanitize::vouch(&table);
        let rest = std::mem::take(&mut article.content_text);
        article.content_text = lines.join("\n");
        if !rest.is_empty() {
            article.content_text = format!("{}\n{rest}", article.content_text);
        }
    }

    /// The summary in place of a title that no headline on the page is, or that says nothing. A row that names the symbol
    /// and more knows better.
    pub fn complete_title(&self, article: &mut Article, is_headed: bool, listed: Option<&str>) {
        const NO_TITLES: &[&str] = &[
            "chi tiet van ban",
            "thong tin van ban",
            "noi dung van ban",
            "van ban",
            "chi tiet",
            "thuoc tinh van ban",
            "thuoc tinh",
            "van ban phap luat",
            "van ban phap quy",
            "van ban chi dao dieu hanh",
            "he thong van ban",
            "xem van ban",
            "document detail",
        ];
        let symbol = self.value(DocumentField::Symbol).and_then(lone_symbol);
        let names_it = |title: &&str| {
            lone_symbol(title).is_none()
                && symbol.as_deref().is_some_and(|symbol| title.contains(symbol))
        };
        if let Some(listed) = listed.filter(names_it) {
            article.title = Some(listed.to_owned());
            return;
        }
        let Some(summary) = self.value(DocumentField::Summary) else { return };
        let title = article.title.as_deref().unwrap_or_default();
        let folded = fold(title);
        if lone_symbol(title).is_some() {
            article.title = symbol.map(|symbol| format!("{symbol}: {summary}"));
        } else if title.is_empty() || !is_headed || NO_TITLES.contains(&folded.trim()) {
            article.title = Some(summary.to_owned());
        }
        article.title =
            article.title.take().map(|title| shorten(title, crate::limits::TITLE_CHARS));
    }

    fn reference(&self, symbol: &str, published: Published) -> Option<DocumentRef> {
        let mut named = super::refs(symbol).into_iter().next()?;
        let own = |field| self.value(field).map(str::to_owned);
        named.issuer = own(DocumentField::Issuer).or(named.issuer);
        named.kind = own(DocumentField::Kind).or(named.kind);
        if let Published::On(day) = published {
            named.date = Some(day);
        }
        Some(named)
    }
}

fn is_a_document(cluster: &[Property], least: usize) -> bool {
    let has = |field: DocumentField| cluster.iter().any(|one| one.field == field);
    let fields: HashSet<DocumentField> = cluster.iter().map(|one| one.field).collect();
    fields.len() >= least
        && (has(DocumentField::Symbol) || has(DocumentField::Summary) && has(DocumentField::Issued))
        && [DocumentField::Issued, DocumentField::Issuer, DocumentField::Signer]
            .into_iter()
            .any(has)
}

/// Whether the nearest heading before an element announces other documents.
fn is_headed_as_others(flat: &Flat<'_>, at: usize) -> bool {
    let before = (0..at).rev().take(40).find(|before| {
        let element = &flat.elements[*before];
        matches!(element.tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") && element.letters <= 45
    });
    let text = before.map(|at| fold(&page::visible_text(&flat.elements[at].node)));
    text.is_some_and(|text| text.contains("lien quan") || text.trim_end().ends_with("khac"))
}

/// All labels of documents on a page that have a value beside them.
fn properties(flat: &Flat<'_>) -> Vec<Property> {
    let mut found: Vec<Property> = Vec::new();
    let mut at = 0;
    while at < flat.elements.len() && found.len() < 10 * MOST {
        let element = &flat.elements[at];
        let is_cell = matches!(
            element.tag,
            "td" | "th"
                | "dt"
                | "dd"
                | "span"
                | "b"
                | "strong"
                | "label"
                | "p"
                | "li"
                | "div"
                | "h4"
                | "h5"
                | "em"
        );
        let property = (is_cell && !element.is_unseen && !element.in_margin && !element.in_link)
            .then(|| property(flat, at))
            .flatten();
        match property {
            Some(property) => {
                at = property.at.1.max(property.at.0) + 1;
                found.push(property);
            }
            None => at += 1,
        }
    }
    found
}

fn property(flat: &Flat<'_>, at: usize) -> Option<Property> {
    let element = &flat.elements[at];
    let inside = &flat.elements[at + 1..element.end];
    if element.letters == 0 || inside.iter().any(|inner| inner.is_block && inner.letters > 0) {
        return None;
    }
    let is_leaf =
        || !inside.iter().any(|inner| inner.letters > 0 && inner.letters < element.letters);
    if element.letters <= 30 && is_leaf() {
        let said = page::visible_text(&element.node);
        let label = said.trim_end_matches([':', ' ', '.']);
        if let Some(field) = field_of(label)
            && let Some((value_at, value)) = value_beside(flat, at)
        {
            let label = label.to_owned();
            return Some(Property { field, label, value, at: (at, value_at) });
        }
    }
    // Label and value in one line.
    if element.letters <= VALUE && element.is_block {
        let said = page::short_text(&element.node, VALUE)?;
        let (field, value) = labelled(&said).filter(|(_, value)| !value.is_empty())?;
        let label = said[..said.find(':')?].trim().to_owned();
        return Some(Property { field, label, value: value.to_owned(), at: (at, at) });
    }
    None
}

/// The value of a label that is an element of its own: the element after it.
fn value_beside(flat: &Flat<'_>, at: usize) -> Option<(usize, String)> {
    let element = &flat.elements[at];
    let next = |at: usize| {
        let parent = &flat.elements[flat.elements[at].parent];
        let next = flat.elements[at].end;
        (next < parent.end).then_some(next)
    };
    // A label in bold is alone in its cell.
    let outer = flat
        .around(at)
        .take(3)
        .take_while(|above| flat.elements[*above].letters == element.letters)
        .find_map(next)?;
    let value = &flat.elements[outer];
    if value.is_unseen || value.letters == 0 {
        return None;
    }
    let text = page::short_text(&value.node, VALUE).filter(|text| is_value(text))?;
    Some((outer, text))
}

/// Whether a text could be a value: a header's next cell is another label.
fn is_value(text: &str) -> bool {
    let is_label = field_of(text.trim_end_matches([':', ' '])).is_some_and(|field| {
        !matches!(field, DocumentField::Status | DocumentField::Files | DocumentField::Count)
    });
    !text.is_empty() && !is_label && labelled(text).is_none()
}
