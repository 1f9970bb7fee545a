//! What a page tells machines about itself: JSON-LD, Open Graph and other `<meta>`, `<title>`. Each may be wrong; what
//! to believe is decided in `article`.

use serde_json::Value;

use super::foreign::json;
use super::page::{self, Page};
use super::text::{clean, fold};

#[derive(Debug, Default)]
pub struct Facts {
    /// Headlines for sharing and for search engines.
    pub headlines: Vec<String>,
    /// `og:title`, the headline for sharing.
    pub shared_title: Option<String>,
    /// The `headline` of JSON-LD.
    pub article_headline: Option<String>,
    /// `<title>`, with the suffix that the portal adds.
    page_title: Option<String>,
    pub published: Option<String>,
    /// The same under a name that some content systems change with every edit.
    published_loosely: Option<String>,
    /// The same in the markup of the text, where it may be that of another item.
    pub published_in_markup: Option<String>,
    pub updated: Option<String>,
    /// When the page itself was changed, for whatever reason: never when its text was published.
    pub changed: Option<String>,
    /// Authors by JSON-LD, that are not said to be organisations.
    pub article_authors: Vec<String>,
    /// Authors by `<meta>`.
    pub authors: Vec<String>,
    /// Agencies and newsrooms that JSON-LD names as authors.
    pub newsrooms: Vec<String>,
    /// The next `twitter:data` is the author's name.
    is_author_next: bool,
    /// Authors that JSON-LD names by reference, and the people it describes.
    author_ids: Vec<String>,
    people: Vec<(String, String)>,
    /// Names of the portal itself.
    pub publishers: Vec<String>,
    pub section: Option<String>,
    /// What the page says it is about; on news pages the lead.
    pub descriptions: Vec<String>,
    pub image: Option<String>,
    /// Tags of the page's language, the most trusted first.
    pub langs: Vec<String>,
    /// The text as JSON-LD has it, one paragraph a line.
    pub bodies: Vec<String>,
}

/// Labels that WordPress gives the author for a preview, folded.
const AUTHOR_LABELS: &[&str] = &[
    "written by",
    "author",
    "verfasst von",
    "escrito por",
    "ecrit par",
    "duoc viet boi",
    "tac gia",
    "scritto da",
];

impl Facts {
    pub fn of(page: &Page) -> Self {
        let mut facts = Facts::default();
        for node in page.document.root().descendants_it().filter(|node| node.is_element()) {
            match &*page::tag(&node) {
                "html" => facts.langs.extend(
                    ["lang", "xml:lang"]
                        .iter()
                        .filter_map(|key| node.attr(key))
                        .map(|tag| tag.to_string()),
                ),
                "script"
                    if node.attr("type").is_some_and(|kind| {
                        kind.trim().eq_ignore_ascii_case("application/ld+json")
                    }) =>
                {
                    facts.json_ld(&node.text())
                }
                "meta" => facts.meta(&node),
                "title" if facts.page_title.is_none() => {
                    facts.page_title = Some(clean(&node.text())).filter(|title| !title.is_empty())
                }
                "time" | "span" | "div" if facts.published_in_markup.is_none() => {
                    facts.published_in_markup = date_in_markup(&node);
                }
                _ => {}
            }
        }
        facts.resolve_authors();
        facts.published = facts.published.take().or(facts.published_loosely.take());
        if let Some(host) = page.base.host_str() {
            facts.publishers.push(host.trim_start_matches("www.").to_owned());
            facts
                .publishers
                .extend(host.trim_start_matches("www.").split('.').next().map(str::to_owned));
        }
        facts
    }

    /// What the page calls itself in its `<title>`.
    pub fn page_title(&self) -> Option<&str> {
        self.page_title.as_deref()
    }

    fn meta(&mut self, node: &dom_query::NodeRef<'_>) {
        let Some(content) = node
            .attr("content")
            .or_else(|| node.attr("value"))
            .map(|content| clean(&content))
            .filter(|content| !content.is_empty())
        else {
            return;
        };
        let name = ["property", "name", "itemprop"]
            .iter()
            .find_map(|key| node.attr(key))
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let first =
            |slot: &mut Option<String>, content: String| *slot = slot.take().or(Some(content));
        match &*name {
            "og:title" => {
                self.shared_title.get_or_insert_with(|| content.clone());
                self.headlines.push(content);
            }
            "twitter:title" | "dc.title" | "headline" => self.headlines.push(content),
            "article:published_time"
            | "datepublished"
            | "og:published_time"
            | "article:published" => first(&mut self.published, content),
            "pubdate"
            | "publishdate"
            | "publish-date"
            | "publish_date"
            | "publication_date"
            | "content:publishdate"
            | "parsely-pub-date"
            | "sailthru.date"
            | "dc.date"
            | "dc.date.issued"
            | "dc.date.created"
            | "dcterms.created"
            | "dcterms.issued"
            | "date" => first(&mut self.published_loosely, content),
            "article:modified_time" | "datemodified" | "og:updated_time" => {
                first(&mut self.updated, content)
            }
            "lastmod" | "dcterms.modified" | "dc.date.modified" | "last-modified" => {
                first(&mut self.changed, content)
            }
            "description" | "og:description" | "twitter:description" => {
                self.descriptions.push(content)
            }
            "og:locale" | "content-language" | "inlanguage" => self.langs.push(content),
            "article:section" => first(&mut self.section, content),
            "og:image" | "twitter:image" | "og:image:url" => first(&mut self.image, content),
            "og:site_name" | "publisher" | "copyright" | "application-name" | "dc.publisher" => {
                self.publishers.push(content)
            }
            "author"
            | "article:author"
            | "dc.creator"
            | "dcterms.creator"
            | "parsely-author"
            | "sailthru.author"
            | "byl"
            | "cxenseparse:author"
            | "article:author_name" => self.authors.push(content),
            "twitter:label1" | "twitter:label2" => {
                self.is_author_next = AUTHOR_LABELS.contains(&&*fold(&content));
            }
            "twitter:data1" | "twitter:data2" if self.is_author_next => {
                self.is_author_next = false;
                self.authors.push(content);
            }
            _ => {}
        }
    }

    fn json_ld(&mut self, text: &str) {
        // Line breaks inside strings are no JSON, and common.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.trim().trim_end_matches(';').trim();
        let Some(value) = json::embedded(text) else { return };
        self.json_node(&value, 0);
    }

    fn json_node(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(values) if depth < 8 => {
                values.iter().for_each(|value| self.json_node(value, depth + 1))
            }
            Value::Object(object) => {
                for key in ["@graph", "mainEntity"] {
                    if let Some(inner) = object.get(key).filter(|_| depth < 8) {
                        self.json_node(inner, depth + 1);
                    }
                }
                let kinds = strings(object.get("@type"));
                if kinds.iter().any(|kind| {
                    kind.ends_with("Article") || kind == "BlogPosting" || kind == "Report"
                }) {
                    self.json_article(object);
                } else if kinds.iter().any(|kind| OF_A_PAGE.contains(&&**kind)) {
                    let date = strings(object.get("datePublished")).into_iter().next();
                    self.published_loosely = self.published_loosely.take().or(date);
                } else if kinds.iter().any(|kind| kind == "Person") {
                    let id = strings(object.get("@id")).into_iter().next();
                    let name = person_names(value).into_iter().next();
                    self.people.extend(id.zip(name));
                } else if kinds
                    .iter()
                    .any(|kind| kind.ends_with("Organization") || kind == "WebSite")
                {
                    self.publishers.extend(strings(object.get("name")));
                }
            }
            _ => {}
        }
    }

    fn json_article(&mut self, object: &serde_json::Map<String, Value>) {
        let headlines = strings(object.get("headline"));
        self.article_headline = self.article_headline.take().or(headlines.first().cloned());
        self.headlines.extend(headlines);
        self.langs.extend(strings(object.get("inLanguage")));
        if let Some(Value::String(body)) = object.get("articleBody") {
            self.bodies.push(lines_of(body));
        }
        let date = |key: &str| strings(object.get(key)).into_iter().next();
        self.published =
            self.published.take().or_else(|| date("datePublished")).or_else(|| date("dateCreated"));
        self.updated = self.updated.take().or_else(|| date("dateModified"));
        self.section =
            self.section.take().or_else(|| date("articleSection")).map(|section| {
                section.split([',', ';']).next().unwrap_or_default().trim().to_owned()
            });
        self.image =
            self.image.take().or_else(|| names(object.get("image"), "url").into_iter().next());
        self.publishers.extend(names(object.get("publisher"), "name"));
        let authors = object.get("author").or_else(|| object.get("creator"));
        if let Some(authors) = authors {
            self.json_authors(authors, 0);
        }
    }

    /// Authors as text, as an object with a name or a reference, or several of these.
    fn json_authors(&mut self, authors: &Value, depth: usize) {
        if let Value::Array(authors) = authors {
            for author in authors.iter().take(20).filter(|_| depth < 3) {
                self.json_authors(author, depth + 1);
            }
            return;
        }
        let is_organisation =
            strings(authors.get("@type")).iter().any(|kind| kind.ends_with("Organization"));
        let names = person_names(authors);
        if is_organisation {
            self.newsrooms.extend(names);
        } else if names.is_empty() {
            self.author_ids.extend(strings(authors.get("@id")));
        } else {
            self.article_authors.extend(names);
        }
    }

    /// Puts names for the authors that are named by reference.
    fn resolve_authors(&mut self) {
        for id in std::mem::take(&mut self.author_ids) {
            let person = self.people.iter().find(|(other, _)| *other == id);
            self.article_authors.extend(person.map(|(_, name)| name.clone()));
        }
    }
}

/// The names of a person in JSON-LD: a text, a name, or its two parts.
fn person_names(value: &Value) -> Vec<String> {
    let names = names(Some(value), "name");
    if !names.is_empty() {
        return names;
    }
    let part = |key: &str| strings(value.get(key)).into_iter().next();
    match (part("givenName"), part("familyName")) {
        (Some(given), Some(family)) => vec![format!("{given} {family}")],
        _ => Vec::new(),
    }
}

/// Kinds of JSON-LD that may be about the page as a whole or about its text.
const OF_A_PAGE: &[&str] =
    &["WebPage", "ItemPage", "CreativeWork", "Legislation", "DigitalDocument"];

/// `<span itemprop="datePublished" content="2026-11-27">`.
fn date_in_markup(node: &dom_query::NodeRef<'_>) -> Option<String> {
    node.attr("itemprop").filter(|name| name.eq_ignore_ascii_case("datepublished"))?;
    let said = node.attr("content").or_else(|| node.attr("datetime"))?;
    Some(clean(&said)).filter(|said| !said.is_empty())
}

/// Returns a text with its line breaks as paragraphs. Some sites put markup in, escaped or not.
fn lines_of(text: &str) -> String {
    let plain = super::sanitize::plain_markup(text);
    plain.lines().map(clean).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => {
            Some(clean(text)).filter(|text| !text.is_empty()).into_iter().collect()
        }
        Some(Value::Array(values)) => values
            .iter()
            .filter_map(Value::as_str)
            .map(clean)
            .filter(|text| !text.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}

/// A text, or the text that an object has under a key, or several of either.
fn names(value: Option<&Value>, key: &str) -> Vec<String> {
    match value {
        Some(Value::Object(object)) => strings(object.get(key)),
        Some(Value::Array(values)) => values
            .iter()
            .take(50)
            .flat_map(|value| match value {
                Value::Object(object) => strings(object.get(key)),
                other => strings(Some(other)),
            })
            .collect(),
        other => strings(other),
    }
}

/// Whether two texts are the same words, whatever their case, accents and marks.
pub fn same_words(one: &str, other: &str) -> bool {
    let (one, other) = (words(one), words(other));
    !one.is_empty() && one == other
}

/// The letters and figures of a text, folded: what two texts of the same words have in common.
pub fn words(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}
