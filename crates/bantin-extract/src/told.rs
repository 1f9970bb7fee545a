//! A text that a page carries without showing it: in the data of its scripts, in `<noscript>`. Read only where what the page
//! shows is no text.

use dom_query::NodeRef;
use serde_json::{Map, Value};

use super::facts::{same_words, words};
use super::page::Page;
use super::{flight, page_state};

/// Values looked at in all the data of a page.
const VALUES: usize = 100_000;
/// Letters of a text in the data; shorter ones are labels.
const SHORTEST: usize = 60;

/// Members that hold an article's text, the surer first.
const TEXTS: &[&str] = &[
    "articlebody",
    "contenthtml",
    "bodyhtml",
    "htmlcontent",
    "fullcontent",
    "noidung",
    "noidungtin",
    "noidungbaiviet",
    "noidungchitiet",
    "chitiet",
    "body",
    "bodytext",
    "content",
    "contents",
    "fulltext",
    "maintext",
    "text",
    "html",
    "detail",
    "details",
    "description",
];

/// Members that hold a headline.
const TITLES: &[&str] =
    &["title", "headline", "name", "tieude", "tieudetin", "tenbaiviet", "ten", "subject"];

/// The text of the page's article in the data of its scripts, as markup; `None` where no object of it has the page's title,
/// unless one object alone has a text.
pub fn in_scripts(page: &Page, titles: &[String]) -> Option<String> {
    let mut search = HiddenTextSearch { titles, left: VALUES, found: Vec::new() };
    for state in page_state::find(page).iter().filter(|state| !state.is_linked_data) {
        search.value(&state.value, 0);
    }
    let titled = search.found.iter().filter(|found| found.is_titled);
    let longest = titled.max_by_key(|found| found.markup.len());
    let lone = || {
        let mut all = search.found.iter();
        all.next().filter(|first| all.all(|other| other.markup == first.markup))
    };
    longest.or_else(lone).map(|found| found.markup.clone())
}

/// The page as the elements in its scripts would show it; `None` where there are none.
pub fn in_elements(page: &Page) -> Option<String> {
    let states = page_state::find(page);
    let sent = states.iter().find(|state| state.name == page_state::FLIGHT)?;
    Some(flight::markup(&sent.value)).filter(|markup| markup.len() >= SHORTEST)
}

struct TextInData {
    markup: String,
    is_titled: bool,
}

struct HiddenTextSearch<'a> {
    titles: &'a [String],
    left: usize,
    found: Vec<TextInData>,
}

impl HiddenTextSearch<'_> {
    fn value(&mut self, value: &Value, depth: usize) {
        if self.left == 0 || depth > 40 {
            return;
        }
        self.left -= 1;
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.value(value, depth + 1)),
            Value::Object(members) => {
                self.object(members);
                members.values().for_each(|value| self.value(value, depth + 1));
            }
            _ => {}
        }
    }

    fn object(&mut self, members: &Map<String, Value>) {
        let of = |names: &[&str]| {
            names.iter().find_map(|name| {
                members
                    .iter()
                    .find(|(key, _)| plain(key) == *name)
                    .and_then(|(_, value)| markup_of(value))
                    .filter(|text| *name == "title" || !text.trim().is_empty())
            })
        };
        let Some(title) = of(TITLES) else { return };
        let Some(markup) = of(TEXTS).filter(|text| text.chars().count() >= SHORTEST) else {
            return;
        };
        let is_titled = self.titles.iter().any(|known| {
            same_words(known, &title) || {
                let (known, title) = (words(known), words(&title));
                title.len() >= 20 && known.starts_with(&title)
            }
        });
        self.found.push(TextInData { markup, is_titled });
    }
}

fn plain(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A text, the `rendered` of WordPress, or a list of blocks of text.
fn markup_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => ["rendered", "html", "value", "text", "content"]
            .iter()
            .find_map(|key| members.get(*key).and_then(Value::as_str))
            .map(str::to_owned),
        Value::Array(blocks) => {
            let lines: Vec<String> = blocks
                .iter()
                .take(2_000)
                .filter_map(|block| match block {
                    Value::String(text) => Some(text.clone()),
                    Value::Object(_) => markup_of(block),
                    _ => None,
                })
                .map(|line| if line.contains('<') { line } else { format!("<p>{line}</p>") })
                .collect();
            (!lines.is_empty()).then(|| lines.concat())
        }
        _ => None,
    }
}

/// The markup in the page's `<noscript>` elements that holds as much as a paragraph.
pub fn without_scripts(root: &NodeRef<'_>) -> Option<String> {
    let markup: String = root
        .descendants_it()
        .filter(|node| node.has_name("noscript"))
        .take(50)
        // Whether its content is parsed depends on the parser; as text it is the markup itself.
        .map(|node| match node.element_children().is_empty() {
            true => node.text().to_string(),
            false => node.inner_html().to_string(),
        })
        .filter(|text| text.len() >= 200 && text.contains('<'))
        .collect();
    (!markup.is_empty()).then_some(markup)
}
