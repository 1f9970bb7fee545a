//! Reads the page of an article: by the recipe's selectors, then by what the page says to machines,
//! then by what it shows to readers. The generic extractor finds a body that no recipe names.
//!
//! A lead that is separate from the body is in `lead` and not in the content. A lead that is the
//! body's bold first paragraph is in both, so that the content alone loses no sentence.

mod dating;

use std::collections::HashSet;

use dom_query::{Matcher, NodeId, NodeRef};

use super::body::{self, Body};
use super::document_page::{self, DocumentPage};
use super::facts::{Facts, same_words, words};
use super::flat::{self, Flat, Nodes};
use super::page::{self, Page};
use super::text::{clean, fold, shorten};
use super::titles::{self, ChosenTitle};
use super::{Reading, attachments, authors, byline, content, recipe};
use crate::limits;
use crate::model::{Article, ArticleRecipe, Image, Problem, ProblemCode};

/// Reads an article. `listed` is the title of the row that led to it: where no text of the page is a better one, the
/// article has no title.
pub fn read(
    html: &str,
    recipe: &ArticleRecipe,
    listed: Option<&str>,
    reading: Reading<'_>,
) -> (Article, Vec<Problem>) {
    let mut problems = Vec::new();
    let rules = ArticleRules::compile(recipe, reading, &mut problems);
    let page = match Page::parse(html, reading.url) {
        Ok(page) => page,
        Err(what) => {
            problems.push(Problem::new(place(reading), what));
            return (Article::default(), problems);
        }
    };
    problems.extend(
        page.cut
            .clone()
            .map(|what| Problem::new(place(reading), what).with_code(ProblemCode::TooLarge)),
    );
    for rule in &rules.drop {
        for node in page::below(&page.document.root(), rule) {
            node.remove_from_parent();
        }
    }
    let reader = ArticleReader {
        page: &page,
        root: page.document.root(),
        rules,
        reading,
        listed,
        facts: Facts::of(&page),
        flat: Flat::of(&page.document.root()),
        may_be_document: document_page::may_be(html),
    };
    let article = reader.article(&mut problems);
    (article, problems)
}

fn place(reading: Reading<'_>) -> String {
    format!("article {}", reading.url)
}

/// A recipe, compiled; a selector that does not parse is a problem and counts as left out.
#[derive(Default)]
struct ArticleRules {
    title: Option<Matcher>,
    lead: Option<Matcher>,
    body: Option<Matcher>,
    date: Option<Matcher>,
    date_format: Option<String>,
    byline: Option<Matcher>,
    section: Option<Matcher>,
    drop: Vec<Matcher>,
}

impl ArticleRules {
    fn compile(recipe: &ArticleRecipe, reading: Reading<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut one = |key: &str, selector: &str| match recipe::compile(selector) {
            Ok(matcher) => Some(matcher),
            Err(error) => {
                let what = format!("{key}: {error}");
                problems
                    .push(Problem::new(place(reading), what).with_code(ProblemCode::BadSelector));
                None
            }
        };
        let mut optional = |key: &str, selector: &Option<String>| {
            selector.as_ref().and_then(|selector| one(key, selector))
        };
        ArticleRules {
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

/// Bytes of a text so short that the page may carry more than it shows.
const LITTLE_TEXT: usize = 800;

struct ArticleReader<'a> {
    page: &'a Page,
    root: NodeRef<'a>,
    rules: ArticleRules,
    reading: Reading<'a>,
    listed: Option<&'a str>,
    facts: Facts,
    flat: Flat<'a>,
    /// Whether the page has words of a legal document's properties.
    may_be_document: bool,
}

/// Where the body is.
#[derive(Default)]
struct LocatedBody {
    /// Elements that hold it, numbered as in the flat page.
    roots: Vec<usize>,
    /// What inside them is no part of it.
    dropped: Nodes,
    /// Somebody named it: the recipe or the content system.
    named: bool,
}

/// A lead, and whether it is separate from the body.
struct FoundLead {
    text: String,
    apart: bool,
}

impl<'a> ArticleReader<'a> {
    fn article(&self, problems: &mut Vec<Problem>) -> Article {
        let mut problem = |what: String| problems.push(Problem::new(place(self.reading), what));
        let chosen = self.title();
        let of_row = || self.headline_without_link(self.listed?);
        let title_at = chosen.as_ref().and_then(|chosen| chosen.at).or_else(of_row);
        let (title, shown) = chosen.map(|chosen| (chosen.text, chosen.shown)).unzip();
        if title.is_none() && self.listed.is_none() {
            problem("no title".to_owned());
        }
        let mut found = self.find_body(shown.as_deref(), title_at);
        let document = self.document(title_at);
        if let Some(document) = &document {
            document.take_over(&self.flat, &mut found.roots, &mut found.dropped);
        }
        if self.rules.body.is_some() && !found.named {
            problem(
                "the \"body\" selector matches nothing; the body was looked for without it"
                    .to_owned(),
            );
        }
        let place = |at: usize| self.flat.elements[at].place;
        let title_place = title_at.map(place);
        let body_place = found.roots.first().copied().filter(|_| found.named).map(place);
        let lead = self.lead(&found.roots);
        let apart = lead.as_ref().filter(|lead| lead.apart).map(|lead| &*lead.text);
        let mut body = self.body(&found, shown.as_deref(), apart);
        if body.text.len() < LITTLE_TEXT {
            self.take_unshown(&mut body, shown.as_deref(), apart);
        }
        let (published, updated) =
            self.dates(title_place, body_place, &found.roots, &body, &mut problem);
        let lead = lead.map(|lead| lead.text).or(body.lead.take());
        let title = title.map(|title| shorten(title, limits::TITLE_CHARS));
        let holder = document.as_ref().map(|document| document.holder(&self.flat));
        let places: Vec<usize> = holder.into_iter().chain(found.roots.iter().copied()).collect();
        let spoken: Vec<&str> =
            [title.as_deref(), lead.as_deref(), Some(&*body.text)].into_iter().flatten().collect();
        let mut article = Article {
            published,
            updated,
            byline: self.byline(&body, title_at, &found.roots),
            section: self.section(title_place, title.as_deref()),
            refs: super::refs(&spoken.join("\n")),
            lang: self.language(&body.text),
            lead,
            images: self.images(std::mem::take(&mut body.images)),
            attachments: attachments::of_article(
                &self.flat,
                &attachments::ArticleBounds { title_at, roots: &places },
                &self.page.base,
            ),
            content_html: body.html,
            content_text: body.text,
            title,
        };
        if let Some(document) = document {
            let (zone, now) = (self.reading.zone, self.reading.now);
            document.complete(&mut article, zone, now);
            document.complete_title(&mut article, title_at.is_some(), self.listed);
        }
        article
    }

    /// The legal document that the page is about; none where the recipe says where its text is.
    fn document(&self, title_at: Option<usize>) -> Option<DocumentPage> {
        if !self.may_be_document || self.rules.body.is_some() {
            return None;
        }
        DocumentPage::find(&self.flat, title_at)
    }

    fn matching(&self, rule: &Matcher) -> Vec<NodeRef<'a>> {
        page::below(&self.root, rule)
    }

    fn first_text(&self, rule: &Option<Matcher>) -> Option<(String, NodeId)> {
        let nodes = self.matching(rule.as_ref()?);
        nodes.iter().map(|node| (value_of(node), node.id)).find(|(text, _)| !text.is_empty())
    }

    /// Returns the headline and the element that shows it.
    fn title(&self) -> Option<ChosenTitle> {
        if let Some((title, node)) = self.first_text(&self.rules.title) {
            return Some(ChosenTitle {
                shown: title.clone(),
                text: title,
                at: self.flat.find(node),
            });
        }
        let page = titles::of_page(&self.flat, &self.facts, &self.page.base);
        let mut chosen = titles::choose(&page, self.listed)?;
        let is_own = chosen.at.is_some_and(|at| {
            let shown = &self.flat.elements[at];
            shown.linked == 0 || matches!(shown.tag, "h1" | "h2")
        });
        if !is_own {
            // A list names the article as well, with a link: its own headline has none.
            chosen.at = self.headline_without_link(&chosen.shown).or(chosen.at);
        }
        Some(chosen)
    }

    /// Returns the first element that says the words of a title and nothing else, without a link.
    fn headline_without_link(&self, title: &str) -> Option<usize> {
        let (letters, sought) = (flat::letters(title), words(title));
        let all = self.flat.elements.iter().enumerate();
        let mut alike = all.filter(|(_, one)| {
            one.letters == letters
                && one.linked == 0
                && !(one.in_link || one.is_unseen || one.in_margin)
        });
        let says = |at: usize| {
            self.flat.short_text(at, letters * 2).is_some_and(|text| words(&text) == sought)
        };
        alike.find(|(at, _)| letters >= 12 && says(*at)).map(|(at, _)| at)
    }

    fn lead(&self, roots: &[usize]) -> Option<FoundLead> {
        if let Some((text, _)) = self.first_text(&self.rules.lead) {
            return Some(FoundLead { text, apart: true });
        }
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
        let free = |at: &usize| {
            let element = &self.flat.elements[*at];
            !element.in_link && !element.is_unseen
        };
        let all = || (0..self.flat.elements.len()).filter(free);
        let named = all().find(|at| {
            let element = &self.flat.elements[*at];
            element.tag != "body" && !element.in_margin && self.flat.is_named(*at, NAMED)
        });
        if let Some(text) = named
            .and_then(|at| self.flat.short_text(at, 1_500))
            .filter(|lead| (40..=1_500).contains(&lead.chars().count()))
        {
            return Some(FoundLead { text, apart: true });
        }
        // What the page tells machines it is about, where a reader sees the same words.
        let described: Vec<(usize, String)> = self
            .facts
            .descriptions
            .iter()
            .filter(|said| said.chars().count() >= 40)
            .map(|said| (flat::letters(said), words(said)))
            .collect();
        let said = |at: usize| {
            let letters = self.flat.elements[at].letters;
            let near = described
                .iter()
                .filter(|(count, _)| letters * 10 <= count * 11 && count * 10 <= letters * 11);
            let mut near = near.peekable();
            near.peek()?;
            let text = self.flat.short_text(at, 1_500)?;
            let here = words(&text);
            near.any(|(_, words)| *words == here).then_some(text)
        };
        all()
            .filter(|at| matches!(self.flat.elements[*at].tag, "p" | "h2" | "h3" | "div"))
            .find_map(|at| Some((at, said(at)?)))
            .map(|(at, text)| FoundLead { text, apart: !self.is_like_the_next(at, roots) })
    }

    /// Whether a paragraph of the body looks as the one after it does: then it is no lead, only where the text begins.
    fn is_like_the_next(&self, at: usize, roots: &[usize]) -> bool {
        let flat = &self.flat;
        let inside = roots.iter().any(|root| *root < at && at < flat.elements[*root].end);
        let alike = |other: usize| {
            flat.elements[other].tag == flat.elements[at].tag
                && flat.names(other) == flat.names(at)
                && flat.elements[other].letters > 0
        };
        let is_bold = |at: usize| {
            flat.elements[at..flat.elements[at].end].iter().any(|inner| {
                matches!(inner.tag, "b" | "strong")
                    && inner.letters * 10 >= flat.elements[at].letters * 9
            })
        };
        let called = flat
            .is_named(at, &["lead", "summary", "intro", "desc", "standfirst", "excerpt", "teaser"]);
        if !inside || called || !matches!(flat.elements[at].tag, "p" | "div") {
            return false;
        }
        let parent = flat.elements[at].parent;
        let next = flat.children(parent).filter(|other| *other > at).find(|other| alike(*other));
        next.map_or(!is_bold(at), |next| is_bold(at) == is_bold(next))
    }

    /// The recipe's body, or one that the content system itself calls so, or the one that reads like one.
    fn find_body(&self, title: Option<&str>, title_at: Option<usize>) -> LocatedBody {
        if let Some(rule) = &self.rules.body {
            let all = self.matching(rule);
            let ids: Nodes = all.iter().map(|node| node.id).collect();
            let outer =
                |node: &NodeRef<'a>| !node.ancestors_it(None).any(|above| ids.contains(&above.id));
            let roots: Vec<usize> = all
                .iter()
                .filter(|node| outer(node))
                .filter_map(|node| self.flat.find(node.id))
                .collect();
            if roots.iter().any(|root| self.flat.elements[*root].letters > 0)
                || !roots.is_empty() && self.flat.elements[0].letters < 20
            {
                return LocatedBody { roots, dropped: Nodes::default(), named: true };
            }
        }
        let regions = content::outside(&self.flat, title_at);
        let choice = content::choose(&self.flat, title_at, &regions);
        let told = self.told_body().filter(|at| {
            !regions[*at]
                && choice.as_ref().is_none_or(|choice| choice.masses[*at] >= 0.6 * choice.mass)
        });
        // Where there is little prose, what follows the headline is the text.
        let little = told.is_none()
            && choice.as_ref().is_none_or(|choice| {
                choice.mass < content::LITTLE_MASS && !self.is_below(title_at, choice.root)
            });
        let notice = || content::notice(&self.flat, title_at, &regions, &self.page.base);
        let notice = if little { notice() } else { Vec::new() };
        let (roots, mut unwanted) = match (told, choice) {
            (Some(told), _) => (vec![told], HashSet::new()),
            _ if !notice.is_empty() => (notice, HashSet::new()),
            (None, Some(choice)) => (vec![choice.root], choice.dropped),
            (None, None) => return LocatedBody::default(),
        };
        unwanted.extend((0..regions.len()).filter(|at| regions[*at]));
        let about = content::CleaningContext {
            title,
            title_at,
            unwanted: &unwanted,
            zone: self.reading.zone,
            now: self.reading.now,
        };
        LocatedBody {
            dropped: content::clean(&self.flat, &roots, &about),
            roots,
            named: told.is_some(),
        }
    }

    /// Whether an element holds the headline or is beside it, so that what it holds is the headline's.
    fn is_below(&self, title_at: Option<usize>, at: usize) -> bool {
        title_at.is_some_and(|title| {
            self.flat.around(title).take(2).any(|above| {
                above == at
                    || self.flat.elements[at].parent == above && self.flat.elements[title].end <= at
            })
        })
    }

    /// The element that the page itself calls the body: by microdata, or as content systems do.
    fn told_body(&self) -> Option<usize> {
        const CALLED_SO: &[&str] =
            &["entry-content", "ms-rtestate-field", "journal-content-article", "fck_detail"];
        let flat = &self.flat;
        let said = |at: &usize| {
            flat.elements[*at].node.attr("itemprop").is_some_and(|prop| {
                prop.split_whitespace().any(|word| word.eq_ignore_ascii_case("articleBody"))
            })
        };
        let called =
            |at: &usize| flat.names(*at).split_whitespace().any(|word| CALLED_SO.contains(&word));
        let long = || (0..flat.elements.len()).filter(|at| flat.elements[*at].letters >= 200);
        long().find(said).or_else(|| long().find(called))
    }

    fn body(&self, found: &LocatedBody, title: Option<&str>, lead: Option<&str>) -> Body {
        let about = body::BodyContext {
            title,
            lead,
            publishers: &self.facts.publishers,
            reading: self.reading,
            by_recipe: self.rules.body.is_some() && found.named,
        };
        let nodes: Vec<NodeRef<'_>> =
            found.roots.iter().map(|root| self.flat.elements[*root].node).collect();
        if nodes.is_empty() {
            return Body::default();
        }
        body::read(&nodes, &self.page.base, &about, found.dropped.clone())
    }

    /// The text that the page carries without showing it, where what it shows is none, or only the beginning of it.
    fn take_unshown(&self, body: &mut Body, title: Option<&str>, lead: Option<&str>) {
        let shown = words(&body.text);
        let longest = body.text.lines().max_by_key(|line| line.len()).unwrap_or_default();
        // What is shown may end in the midst of a word.
        let beginning: String = words(longest).chars().take(60).collect();
        let is_more = |text: &str| {
            let told = words(text);
            told.len() > 2 * shown.len() && told.contains(&beginning)
        };
        let told: Vec<String> =
            self.facts.bodies.iter().filter(|told| is_more(told)).cloned().collect();
        body.take_told(&told);
        if !told.is_empty() || body.text.len() >= LITTLE_TEXT {
            return;
        }
        let known = [title, self.listed, self.facts.page_title()].into_iter().flatten();
        let mut titles: Vec<String> = known.map(str::to_owned).collect();
        titles.extend(self.facts.headlines.iter().cloned());
        let in_scripts = || super::told::in_scripts(self.page, &titles);
        let markup = super::told::without_scripts(&self.root)
            .and_then(|markup| self.body_of_markup(&markup, title, lead, false))
            .or_else(|| self.body_of_markup(&in_scripts()?, title, lead, true))
            .or_else(|| {
                let elements = super::told::in_elements(self.page)?;
                self.body_of_markup(&elements, title, lead, false)
            });
        if let Some(found) = markup.filter(|found| is_more(&found.text)) {
            *body = found;
        }
    }

    /// Reads markup that is no part of the tree. `whole`: all of it is the article.
    fn body_of_markup(
        &self,
        markup: &str,
        title: Option<&str>,
        lead: Option<&str>,
        whole: bool,
    ) -> Option<Body> {
        let about = body::BodyContext {
            title,
            lead,
            publishers: &self.facts.publishers,
            reading: self.reading,
            by_recipe: false,
        };
        // Lines of a text without markup are its paragraphs.
        let plain = !markup.contains('<');
        let marked = if plain { markup.replace('\n', "<br>") } else { markup.to_owned() };
        let page = Page::parse(&marked, &self.page.base).ok()?;
        let flat = Flat::of(&page.document.root());
        let (root, dropped) = if whole {
            (flat.find(page.document.body()?.id)?, Nodes::default())
        } else {
            let regions = content::outside(&flat, None);
            let choice = content::choose(&flat, None, &regions)?;
            let about = content::CleaningContext {
                title,
                title_at: None,
                unwanted: &choice.dropped,
                zone: self.reading.zone,
                now: self.reading.now,
            };
            (choice.root, content::clean(&flat, &[choice.root], &about))
        };
        let found = body::read(&[flat.elements[root].node], &self.page.base, &about, dropped);
        (!found.text.is_empty()).then_some(found)
    }

    /// The primary tag of the language: as the page says, and against that what its letters show.
    fn language(&self, text: &str) -> Option<String> {
        super::lang::of(&self.facts.langs, text)
    }

    fn byline(&self, body: &Body, title_at: Option<usize>, roots: &[usize]) -> Option<String> {
        if let Some((text, _)) = self.first_text(&self.rules.byline) {
            return byline::of_field(&text, &self.facts.publishers);
        }
        authors::Authors { flat: &self.flat, facts: &self.facts, title_at, roots }.choose(body)
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
        let shown = |at: usize| {
            let element = &self.flat.elements[at];
            !element.is_unseen && element.letters > 0
        };
        // What only editors see has its own way through the site.
        let tool = |at: usize| self.flat.is_named(at, &["toolbar", "ribbon", "adminbar"]);
        let crumbs = (0..self.flat.elements.len()).filter(|at| {
            shown(*at)
                && title_at.is_none_or(|title| self.flat.elements[*at].place < title)
                && self
                    .flat
                    .is_named(*at, &["breadcrumb", "bread-crumb", "duongdan", "sitemappath"])
                && !self.flat.around(*at).any(tool)
        });
        let of_crumbs = || {
            let links = crumbs.flat_map(|crumb| {
                let inside = &self.flat.elements[crumb..self.flat.elements[crumb].end];
                inside
                    .iter()
                    .filter(|inner| inner.tag == "a" && !inner.is_unseen)
                    .map(|inner| inner.node)
                    .take(30)
            });
            links.map(|link| page::visible_text(&link)).find(|text| fits(text) && !home(text))
        };
        // Beside the headline, as a link to all that is filed there.
        let beside = || {
            let title = title_at?;
            let near = self.flat.elements.iter().enumerate().filter(|(at, element)| {
                element.tag == "a"
                    && element.place.abs_diff(title) <= 60
                    && !element.in_margin
                    && (1..=50).contains(&element.letters)
                    && self.flat.is_named(*at, &["category", "chuyenmuc", "chuyen-muc"])
            });
            near.min_by_key(|(_, element)| element.place.abs_diff(title))
                .map(|(_, element)| page::visible_text(&element.node))
                .filter(|text| fits(text) && !home(text))
        };
        self.facts.section.clone().filter(fits).or_else(of_crumbs).or_else(beside)
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
