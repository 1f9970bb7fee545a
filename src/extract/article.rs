//! The page behind a row to an article: the recipe's selectors first, then what the page tells machines, then what it
//! shows readers, and for a body nobody named the generic extractor.
//!
//! Where a lead stands apart from the body, `lead` has it and the content does not. Where it is the body's bold first
//! paragraph, `lead` has it and the content keeps it, so that nobody who shows the content alone loses a sentence.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use dom_query::{Matcher, NodeId, NodeRef};

use super::body::{self, Body};
use super::facts::{Facts, same_words};
use super::listing::{agree, date_of};
use super::page::{self, Page};
use super::text::{clean, fold, shorten};
use super::{Reading, byline, dates, recipe};
use crate::limits;
use crate::model::{Article, ArticleRecipe, Image, Problem, Published};

pub fn read(html: &str, recipe: &ArticleRecipe, reading: Reading<'_>) -> (Article, Vec<Problem>) {
    let mut problems = Vec::new();
    let rules = Rules::compile(recipe, reading, &mut problems);
    let page = match Page::parse(html, reading.url) {
        Ok(page) => page,
        Err(what) => {
            problems.push(Problem::new(place(reading), what));
            return (Article::default(), problems);
        }
    };
    for rule in &rules.drop {
        for node in page::below(&page.document.root(), rule) {
            node.remove_from_parent();
        }
    }
    let reader = Reader {
        page: &page,
        root: page.document.root(),
        rules,
        reading,
        facts: Facts::of(&page),
        order: order(&page),
    };
    let article = reader.article(html, &mut problems);
    (article, problems)
}

fn place(reading: Reading<'_>) -> String {
    format!("article {}", reading.url)
}

fn order(page: &Page) -> HashMap<NodeId, usize> {
    page.document.root().descendants_it().enumerate().map(|(at, node)| (node.id, at)).collect()
}

/// A recipe, compiled; a selector that does not parse is a problem and counts as left out.
#[derive(Default)]
struct Rules {
    title: Option<Matcher>,
    lead: Option<Matcher>,
    body: Option<Matcher>,
    date: Option<Matcher>,
    date_format: Option<String>,
    byline: Option<Matcher>,
    section: Option<Matcher>,
    drop: Vec<Matcher>,
}

impl Rules {
    fn compile(recipe: &ArticleRecipe, reading: Reading<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut one = |key: &str, selector: &str| match recipe::compile(selector) {
            Ok(matcher) => Some(matcher),
            Err(error) => {
                problems.push(Problem::new(place(reading), format!("{key}: {error}")));
                None
            }
        };
        let mut optional = |key: &str, selector: &Option<String>| {
            selector.as_ref().and_then(|selector| one(key, selector))
        };
        Rules {
            title: optional("title", &recipe.title),
            lead: optional("lead", &recipe.lead),
            body: optional("body", &recipe.body),
            date: optional("date", &recipe.date),
            date_format: recipe.date_format.clone(),
            byline: optional("byline", &recipe.byline),
            section: optional("section", &recipe.section),
            drop: recipe.drop.iter().filter_map(|selector| one("drop", selector)).collect(),
        }
    }
}

struct Reader<'a> {
    page: &'a Page,
    root: NodeRef<'a>,
    rules: Rules,
    reading: Reading<'a>,
    facts: Facts,
    /// Place of each node in the page.
    order: HashMap<NodeId, usize>,
}

impl<'a> Reader<'a> {
    fn article(&self, html: &str, problems: &mut Vec<Problem>) -> Article {
        let mut problem = |what: String| problems.push(Problem::new(place(self.reading), what));
        let (title, title_node) = self.title();
        if title.is_none() {
            problem("no title".to_owned());
        }
        let nodes = self.body_nodes();
        if self.rules.body.is_some() && nodes.is_empty() {
            problem(
                "the \"body\" selector matches nothing; the body was looked for without it"
                    .to_owned(),
            );
        }
        let body_at = nodes.first().and_then(|node| self.order.get(&node.id).copied());
        let lead = self.lead();
        let body = self.body(html, &nodes, title.as_deref(), lead.as_deref());
        if body.text.is_empty() {
            problem("no body text".to_owned());
        }
        let (published, updated) = self.dates(title_node, body_at, &body, &mut problem);
        Article {
            published,
            updated,
            byline: self.byline(&body),
            section: self.section(title_node, title.as_deref()),
            lead: lead.or(body.lead),
            images: self.images(body.images),
            attachments: self.attachments(body.attachments, &nodes),
            refs: Vec::new(),
            content_html: body.html,
            content_text: body.text,
            title: title.map(|title| shorten(title, limits::TITLE_CHARS)),
        }
    }

    fn matching(&self, rule: &Matcher) -> Vec<NodeRef<'a>> {
        page::below(&self.root, rule)
    }

    fn first_text(&self, rule: &Option<Matcher>) -> Option<(String, NodeId)> {
        let nodes = self.matching(rule.as_ref()?);
        nodes.iter().map(|node| (value_of(node), node.id)).find(|(text, _)| !text.is_empty())
    }

    /// The headline, and where on the page it stands. A heading that the page also tells to machines wins: the first
    /// `<h1>` may be the portal's name, `og:title` a shorter form for sharing, and two that agree are right.
    fn title(&self) -> (Option<String>, Option<usize>) {
        if let Some((title, node)) = self.first_text(&self.rules.title) {
            return (Some(title), self.order.get(&node).copied());
        }
        let told = self.facts.titles();
        let headings: Vec<(String, NodeRef<'a>)> = self
            .root
            .descendants_it()
            .filter(|node| node.is_element() && is_titling(node))
            .filter_map(|node| Some((page::short_text(&node, 400)?, node)))
            .filter(|(text, _)| text.chars().count() >= 4)
            .take(300)
            .collect();
        // What is told as the headline before what only may be a part of the page's title.
        let rank = |(text, node): &(String, NodeRef<'a>)| {
            let headline = self.facts.headlines.iter().any(|told| same_words(told, text));
            (!headline, !node.has_name("h1"), std::cmp::Reverse(text.chars().count()))
        };
        let mut agreed: Vec<&(String, NodeRef<'a>)> = headings
            .iter()
            .filter(|(text, node)| {
                let ours = byline::is_publisher(text, &self.facts.publishers);
                told.iter().any(|told| same_words(told, text)) && !ours && !inside_link(node)
            })
            .collect();
        agreed.sort_by_key(|heading| rank(heading));
        let lone = || {
            headings.iter().filter(|(text, node)| {
                node.has_name("h1")
                    && !byline::is_publisher(text, &self.facts.publishers)
                    && !inside_link(node)
            })
        };
        let chosen = agreed
            .first()
            .copied()
            .or_else(|| lone().next().filter(|_| lone().count() == 1 || told.is_empty()));
        match chosen {
            Some((text, node)) => (Some(text.clone()), self.order.get(&node.id).copied()),
            None => (self.facts.title(), None),
        }
    }

    fn lead(&self) -> Option<String> {
        self.first_text(&self.rules.lead)
            .map(|(lead, _)| lead)
            .or_else(|| {
                const NAMED: &[&str] = &[
                    "sapo",
                    "tomtat",
                    "tom-tat",
                    "article-lead",
                    "article__sapo",
                    "detail-lead",
                    "news-lead",
                    "trichyeu",
                ];
                let node = self.root.descendants_it().find(|node| {
                    node.is_element()
                        && !node.has_name("body")
                        && page::is_named(node, NAMED)
                        && !inside_link(node)
                        && !in_margin(node)
                })?;
                page::short_text(&node, 1_500).filter(|lead| lead.chars().count() >= 40)
            })
            .or_else(|| {
                // What the page tells machines it is about, where a reader sees the same words above the body.
                let described = |text: &str| {
                    self.facts
                        .descriptions
                        .iter()
                        .any(|said| said.chars().count() >= 40 && same_words(said, text))
                };
                let mut paragraphs = self
                    .root
                    .descendants_it()
                    .filter(|node| matches!(&*page::name(node), "p" | "h2" | "h3" | "div"));
                paragraphs.find_map(|node| {
                    page::short_text(&node, 1_500)
                        .filter(|text| described(text) && !inside_link(&node))
                })
            })
    }

    /// The recipe's body, or one that the content system itself calls so.
    fn body_nodes(&self) -> Vec<NodeRef<'a>> {
        if let Some(rule) = &self.rules.body {
            let all = self.matching(rule);
            let ids: HashSet<NodeId> = all.iter().map(|node| node.id).collect();
            let outer =
                |node: &NodeRef<'a>| !node.ancestors_it(None).any(|above| ids.contains(&above.id));
            return all.iter().filter(|node| outer(node)).copied().collect();
        }
        const CALLED_SO: &[&str] =
            &["entry-content", "ms-rtestate-field", "journal-content-article", "fck_detail"];
        let said = |node: &NodeRef<'a>| {
            node.attr("itemprop").is_some_and(|prop| {
                prop.split_whitespace().any(|word| word.eq_ignore_ascii_case("articleBody"))
            })
        };
        let called = |node: &NodeRef<'a>| {
            node.class()
                .is_some_and(|class| class.split_whitespace().any(|word| CALLED_SO.contains(&word)))
        };
        let long = |node: &NodeRef<'a>| page::visible_text(node).chars().count() >= 250;
        let elements = || self.root.descendants_it().filter(NodeRef::is_element);
        elements()
            .find(|node| said(node) && long(node))
            .or_else(|| elements().find(|node| called(node) && long(node)))
            .into_iter()
            .collect()
    }

    fn body(
        &self,
        html: &str,
        nodes: &[NodeRef<'_>],
        title: Option<&str>,
        lead: Option<&str>,
    ) -> Body {
        let about =
            body::About { title, lead, publishers: &self.facts.publishers, reading: self.reading };
        let read = |nodes: &[NodeRef<'_>], base| body::read(nodes, base, &about);
        if !nodes.is_empty() {
            let body = read(nodes, &self.page.base);
            if !body.text.is_empty() {
                return body;
            }
        }
        let html = if self.rules.drop.is_empty() {
            html.to_owned()
        } else {
            self.page.document.html().to_string()
        };
        let Some(found) = generic(&html, self.reading) else { return Body::default() };
        match Page::parse(&found, &self.page.base) {
            Ok(page) => {
                page.document.body().map(|body| read(&[body], &self.page.base)).unwrap_or_default()
            }
            Err(_) => Body::default(),
        }
    }

    fn dates(
        &self,
        title_at: Option<usize>,
        body_at: Option<usize>,
        body: &Body,
        problem: &mut impl FnMut(String),
    ) -> (Published, Option<DateTime<Utc>>) {
        let told = self.parse(&self.facts.published);
        let told_updated = self.parse(&self.facts.updated);
        let (seen, seen_updated) = match &self.rules.date {
            Some(rule) => (self.date_by_rule(rule, problem), Published::Unknown),
            None => self.seen_dates(title_at, body_at, body),
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
        let updated = match updated {
            Published::At(at) if Some(at) > published.moment(self.reading.zone) => Some(at),
            _ => None,
        };
        (published, updated)
    }

    fn parse(&self, text: &Option<String>) -> Published {
        text.as_ref()
            .map(|text| dates::parse(text, self.reading.zone, self.reading.now))
            .unwrap_or_default()
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

    /// What a reader sees against what machines are told. The same day: the finer. The same figures with day and month
    /// exchanged: the reader's. Otherwise the machine's, since much on a page bears a date that is not the article's.
    fn weigh(&self, seen: Published, told: Published) -> Published {
        let day = |one: Published| {
            one.moment(self.reading.zone)
                .map(|at| at.with_timezone(&self.reading.zone).date_naive())
        };
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
        body: &Body,
    ) -> (Published, Published) {
        let mut best: [(i32, Published); 2] = [(1, Published::Unknown); 2];
        for node in self.root.descendants_it().filter(NodeRef::is_element) {
            let Some(at) = self.order.get(&node.id) else { continue };
            let inside_body = body_at.is_some_and(|body_at| *at > body_at);
            if inside_body
                || page::is_unseen(&page::name(&node))
                || node.descendants_it().nth(14).is_some()
            {
                continue;
            }
            let text = node.text();
            if text.len() > 400
                || !text.contains(|c: char| c.is_ascii_digit())
                || inside_link(&node)
                || in_margin(&node)
            {
                continue;
            }
            let text = page::visible_text(&node);
            if text.chars().count() > 140 {
                continue;
            }
            let Some((found, label)) =
                dates::find_labelled(&text, self.reading.zone, self.reading.now)
            else {
                continue;
            };
            let mut score = i32::from(label != dates::Label::None) * 3
                + i32::from(matches!(found, Published::At(_)));
            score += i32::from(
                page::is_named(&node, &["date", "time", "ngay", "publish", "meta"])
                    || node.has_name("time"),
            ) * 2;
            if let Some(title_at) = title_at {
                score += match at.checked_sub(title_at) {
                    Some(0..=60) => 3,
                    Some(_) => 0,
                    // Just above the headline, as "Thứ sáu, 22/05/2020 | Tin hoạt động".
                    None if title_at - at <= 25 => 1,
                    None => -2,
                };
            }
            // Many a portal shows a clock.
            let clock = found
                .moment(self.reading.zone)
                .is_some_and(|at| self.reading.now - at < Duration::hours(24));
            score -= i32::from(
                clock
                    && label == dates::Label::None
                    && !matches!(title_at, Some(title_at) if *at > title_at),
            ) * 5;
            // A list of other news: each line a link and a date.
            let neighbour = node.parent().is_some_and(|parent| {
                parent.element_children().iter().any(|child| {
                    child.has_name("a") && page::visible_text(child).chars().count() > 25
                })
            });
            score -= i32::from(neighbour) * 4;
            let precise = match found {
                Published::At(_) => found,
                _ => date_of(&node, None, self.reading),
            };
            let slot = usize::from(label == dates::Label::Updated);
            if score > best[slot].0 {
                best[slot] = (score, if precise.is_known() { precise } else { found });
            }
        }
        let [(_, published), (_, updated)] = best;
        (if published.is_known() { published } else { body.date }, updated)
    }

    fn byline(&self, body: &Body) -> Option<String> {
        let publishers = &self.facts.publishers;
        if let Some((text, _)) = self.first_text(&self.rules.byline) {
            return byline::of_field(&text, publishers);
        }
        const NAMED: &[&str] = &["author", "tacgia", "tac-gia", "byline"];
        let by_element = || {
            let named = self.root.descendants_it().filter(|node| {
                node.is_element()
                    && (page::is_named(node, NAMED)
                        || node.attr("itemprop").is_some_and(|prop| &*prop == "author")
                        || node.attr("rel").is_some_and(|rel| &*rel == "author"))
                    && !in_margin(node)
            });
            named
                .filter_map(|node| page::short_text(&node, 80))
                .find_map(|text| byline::of_paragraph(&text, true, true, publishers))
        };
        body.byline.clone().or_else(by_element).or_else(|| {
            let people: Vec<String> = self
                .facts
                .authors
                .iter()
                .filter_map(|author| byline::of_field(author, publishers))
                .collect();
            (!people.is_empty()).then(|| people.join(", "))
        })
    }

    fn section(&self, title_at: Option<usize>, title: Option<&str>) -> Option<String> {
        if let Some((section, _)) = self.first_text(&self.rules.section) {
            return Some(section);
        }
        let fits = |text: &String| {
            (2..=60).contains(&text.chars().count())
                && !title.is_some_and(|title| same_words(title, text))
        };
        let home = |text: &String| {
            matches!(&*fold(text), "trang chu" | "home" | "trang nhat" | "homepage")
        };
        let crumbs = self.root.descendants_it().filter(|node| {
            let before =
                title_at.is_none_or(|title| self.order.get(&node.id).is_some_and(|at| *at < title));
            node.is_element()
                && before
                && page::is_named(node, &["breadcrumb", "duongdan", "sitemappath"])
        });
        let of_crumbs = || {
            let links = crumbs.flat_map(|crumb| {
                crumb.descendants_it().filter(|node| node.has_name("a")).collect::<Vec<_>>()
            });
            links
                .map(|link| page::visible_text(&link))
                .filter(|text| fits(text) && !home(text))
                .last()
        };
        self.facts.section.clone().filter(fits).or_else(of_crumbs)
    }

    /// The body's pictures; where it has none, the one that the page offers for sharing.
    fn images(&self, images: Vec<Image>) -> Vec<Image> {
        if !images.is_empty() {
            return images;
        }
        let shared =
            self.facts.image.as_ref().and_then(|link| page::absolute(link, &self.page.base));
        let generic = |url: &String| {
            ["logo", "default", "no-image", "noimage", "no_image", "banner", "favicon"]
                .iter()
                .any(|part| url.to_ascii_lowercase().contains(part))
        };
        shared
            .filter(|url| !generic(url))
            .map(|url| Image { url, caption: None })
            .into_iter()
            .collect()
    }

    /// The body's documents, and those in a box of their own beside it.
    fn attachments(
        &self,
        mut found: Vec<crate::model::Attachment>,
        nodes: &[NodeRef<'_>],
    ) -> Vec<crate::model::Attachment> {
        let in_body = |node: &NodeRef<'_>| {
            node.ancestors_it(None).any(|above| nodes.iter().any(|body| body.id == above.id))
        };
        let boxes = self.root.descendants_it().filter(|node| {
            node.is_element()
                && page::is_named(
                    node,
                    &["attach", "dinhkem", "dinh-kem", "tepdinhkem", "filedinhkem", "download"],
                )
                && !in_body(node)
        });
        for attachment in boxes.flat_map(|node| body::attachments(&[node], &self.page.base)) {
            if !found.iter().any(|other| other.url == attachment.url) {
                found.push(attachment);
            }
        }
        found
    }
}

fn agree_on_day(seen: Published, told: Published, reading: Reading<'_>) -> Published {
    let day = |one: Published| {
        one.moment(reading.zone).map(|at| at.with_timezone(&reading.zone).date_naive())
    };
    if day(seen) == day(told) { agree(seen, told, false, reading) } else { seen }
}

fn is_exchanged(a: chrono::NaiveDate, b: chrono::NaiveDate) -> bool {
    use chrono::Datelike;
    a.year() == b.year() && a.month() == b.day() && a.day() == b.month()
}

/// The text of an element, or what a meta element says.
fn value_of(node: &NodeRef<'_>) -> String {
    let text = page::visible_text(node);
    if text.is_empty() {
        node.attr("content").map(|content| clean(&content)).unwrap_or_default()
    } else {
        text
    }
}

fn is_titling(node: &NodeRef<'_>) -> bool {
    matches!(&*page::name(node), "h1" | "h2" | "h3")
        || page::is_named(node, &["title", "tieude", "tieu-de", "headline"])
            && !matches!(&*page::name(node), "body" | "html" | "title" | "a" | "img")
}

fn inside_link(node: &NodeRef<'_>) -> bool {
    node.ancestors_it(Some(4)).any(|above| above.has_name("a"))
}

/// Menus, footers and side columns.
fn in_margin(node: &NodeRef<'_>) -> bool {
    node.ancestors_it(None).any(|above| {
        above.is_element()
            && (matches!(&*page::name(&above), "nav" | "footer" | "aside")
                || page::is_named(
                    &above,
                    &["footer", "sidebar", "related", "lienquan", "comment", "tinkhac", "tin-khac"],
                ) && !matches!(&*page::name(&above), "body" | "html"))
    })
}

/// The body by the generic extractor, as markup.
fn generic(html: &str, reading: Reading<'_>) -> Option<String> {
    let config = dom_smoothie::Config {
        max_elements_to_parse: limits::ELEMENTS,
        text_mode: dom_smoothie::TextMode::Formatted,
        keep_classes: true,
        ..Default::default()
    };
    let found = dom_smoothie::Readability::new(html, Some(reading.url.as_str()), Some(config))
        .and_then(|mut page| page.parse());
    // It fails where a page has nothing to read, which the caller reports as a missing body.
    found.ok().map(|article| article.content.to_string())
}
