//! Forms that are sent back: what a browser would send with a link of ASP.NET's (`__doPostBack`), or with a button.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};
use url::Url;

use super::super::OlderPageRequest;
use super::super::page::{self, Target};
use super::Here;

/// Controls of one form; a page with more is no listing.
const CONTROLS: usize = 5_000;
/// Of names and values together. View states of a few hundred kilobytes occur.
const BYTES: usize = 4 << 20;

/// What a link or a button would have the browser do. Cheap; [`Wish::step`] does the work.
#[derive(Clone)]
pub enum Wish<'a> {
    Address(Url),
    Postback {
        node: NodeRef<'a>,
        target: String,
        argument: String,
        /// Where the form goes, if not where its own `action` says.
        action: Option<String>,
    },
    Submit(NodeRef<'a>),
}

impl<'a> Wish<'a> {
    /// None for what leads nowhere without a script of the page's own.
    pub fn of(node: &NodeRef<'a>, here: &Here<'_>) -> Option<Wish<'a>> {
        if is_off(node) {
            return None;
        }
        let script = |name: &str| {
            let text = node.attr(name)?;
            from_script(&text, node, here)
        };
        match page::name(node).as_str() {
            "a" | "area" | "link" => match page::target(&node.attr_or("href", ""), &here.page.base)
            {
                Target::Address(url) => Some(Wish::Address(url)),
                Target::Script => script("href").or_else(|| script("onclick")),
                Target::Nowhere => script("onclick"),
            },
            "input" => match node.attr_or("type", "").to_ascii_lowercase().as_str() {
                "submit" | "image" => {
                    script("onclick").or_else(|| node.attr("name").map(|_| Wish::Submit(*node)))
                }
                "button" => script("onclick"),
                _ => None,
            },
            "button" => script("onclick").or_else(|| {
                let kind = node.attr_or("type", "submit").to_ascii_lowercase();
                (kind == "submit" && node.has_attr("name")).then_some(Wish::Submit(*node))
            }),
            _ => None,
        }
    }

    /// What tells two wishes of one page apart.
    pub fn text(&self) -> String {
        match self {
            Wish::Address(url) => url.to_string(),
            Wish::Postback { target, argument, .. } => format!("{target} {argument}"),
            Wish::Submit(node) => {
                format!("{} {}", node.attr_or("name", ""), node.attr_or("value", ""))
            }
        }
    }

    /// The request itself.
    pub fn step(&self, here: &Here<'_>) -> Option<OlderPageRequest> {
        match self {
            Wish::Address(url) => Some(OlderPageRequest::Get(url.clone())),
            Wish::Postback { node, target, argument, action } => {
                let set = [("__EVENTTARGET", target.as_str()), ("__EVENTARGUMENT", argument)];
                send(here, node, &set, None, action.as_deref())
            }
            Wish::Submit(node) => {
                let action = node.attr("formaction").map(|action| action.to_string());
                send(here, node, &[], Some(node), action.as_deref())
            }
        }
    }
}

/// Whether a control is there to be seen only.
fn is_off(node: &NodeRef<'_>) -> bool {
    let disabled = |node: &NodeRef<'_>| node.is_element() && node.has_class("disabled");
    node.has_attr("disabled")
        || node.attr("aria-disabled").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || disabled(node)
        // Bootstrap's pagers mark the item around the link.
        || node.parent().is_some_and(|parent| parent.has_name("li") && disabled(&parent))
}

fn from_script<'a>(script: &str, node: &NodeRef<'a>, here: &Here<'_>) -> Option<Wish<'a>> {
    // A browser decodes the text after "javascript:" before it runs it.
    let script = if script.contains("%27") || script.contains("%22") {
        script.replace("%27", "'").replace("%22", "\"").replace("%24", "$")
    } else {
        script.to_owned()
    };
    let texts = |call: &str| {
        let (_, rest) = script.split_once(call)?;
        Some(quoted(rest))
    };
    if let Some(texts) = texts("WebForm_PostBackOptions(") {
        // eventTarget, eventArgument, validationGroup, actionUrl; the flags between them are not quoted.
        let mut texts = texts.into_iter();
        let (target, argument) = (texts.next()?, texts.next().unwrap_or_default());
        let action = texts.nth(1).filter(|action| !action.is_empty());
        return Some(Wish::Postback { node: *node, target, argument, action });
    }
    if let Some(texts) = texts("__doPostBack(") {
        let mut texts = texts.into_iter();
        let (target, argument) = (texts.next()?, texts.next().unwrap_or_default());
        return Some(Wish::Postback { node: *node, target, argument, action: None });
    }
    // SharePoint turns pages by a function of its own, which is given the address.
    let mark = ["RefreshPageTo(", "location.href", "window.location", "location.assign("];
    let rest = mark.iter().find_map(|mark| script.split_once(mark)).map(|(_, rest)| rest)?;
    let address = quoted(rest).into_iter().find(|text| text.contains(['/', '?', '.']))?;
    match page::target(&address, &here.page.base) {
        Target::Address(url) => Some(Wish::Address(url)),
        Target::Script | Target::Nowhere => None,
    }
}

/// The first few texts in quotes of a script, up to the end of the statement, escapes undone.
fn quoted(script: &str) -> Vec<String> {
    const MOST: usize = 6;
    let mut texts = Vec::new();
    let mut letters = script.chars();
    while let Some(letter) = letters.next() {
        if letter == ';' || texts.len() == MOST {
            break;
        }
        if letter != '\'' && letter != '"' {
            continue;
        }
        let mut text = String::new();
        loop {
            match letters.next() {
                None => return texts,
                Some(end) if end == letter => break,
                Some('\\') => text.extend(escaped(&mut letters)),
                Some(other) => text.push(other),
            }
        }
        texts.push(text);
    }
    texts
}

fn escaped(letters: &mut std::str::Chars<'_>) -> Option<char> {
    let width = match letters.next()? {
        'u' => 4,
        'x' => 2,
        other => return Some(other),
    };
    let code: String = letters.by_ref().take(width).collect();
    u32::from_str_radix(&code, 16).ok().and_then(char::from_u32)
}

/// The form of a control, as a browser would send it when that control is used.
fn send(
    here: &Here<'_>,
    node: &NodeRef<'_>,
    set: &[(&str, &str)],
    button: Option<&NodeRef<'_>>,
    action: Option<&str>,
) -> Option<OlderPageRequest> {
    let root = here.page.document.root();
    let is_form = |node: &NodeRef<'_>| node.is_element() && node.has_name("form");
    let forms: Vec<NodeRef<'_>> = root.descendants_it().filter(is_form).take(200).collect();
    let around = node.ancestors_it(None).find(is_form);
    // Inside a badly nested table the tree closes the form before its controls, which a browser counts in all the same.
    let form = around.or_else(|| forms.iter().find(|form| holds_view_state(form)).copied());
    let form = form.or_else(|| forms.first().copied())?;
    let others: HashSet<NodeId> =
        forms.iter().map(|form| form.id).filter(|id| *id != form.id).collect();
    let scope = if others.is_empty() { root } else { form };
    let mut pairs = controls(&scope, button)?;
    for (name, value) in set {
        match pairs.iter_mut().find(|(found, _)| found == name) {
            Some(pair) => pair.1 = (*value).to_owned(),
            None => pairs.insert(0, ((*name).to_owned(), (*value).to_owned())),
        }
    }
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > BYTES {
        return None;
    }
    let own = form.attr("action").map(|action| action.to_string());
    let action = action.map(str::to_owned).or(own).unwrap_or_default();
    let mut url = match page::target(&action, &here.page.base) {
        Target::Address(url) => url,
        // An empty action is the page itself, whatever its `<base>` says.
        Target::Nowhere if action.trim().is_empty() || action.starts_with('#') => here.url.clone(),
        Target::Script | Target::Nowhere => return None,
    };
    url.set_fragment(None);
    if form.attr_or("method", "get").trim().eq_ignore_ascii_case("post") {
        return Some(OlderPageRequest::Post { url, form: pairs });
    }
    if !set.is_empty() {
        // `__doPostBack` on a form that says nothing of its method: ASP.NET writes "post" always.
        return Some(OlderPageRequest::Post { url, form: pairs });
    }
    url.query_pairs_mut().clear().extend_pairs(pairs);
    Some(OlderPageRequest::Get(url))
}

fn holds_view_state(form: &NodeRef<'_>) -> bool {
    form.descendants_it().any(|node| {
        node.is_element()
            && node.has_name("input")
            && node.attr("name").is_some_and(|name| name.starts_with("__VIEWSTATE"))
    })
}

/// The successful controls in page order (HTML standard, "constructing the entry list"), `button` among them.
fn controls(scope: &NodeRef<'_>, button: Option<&NodeRef<'_>>) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for node in scope.descendants_it().filter(NodeRef::is_element) {
        let kind = page::name(&node);
        if !matches!(kind.as_str(), "input" | "select" | "textarea" | "button") {
            continue;
        }
        let pressed = button.is_some_and(|button| button.id == node.id);
        let Some(name) = node.attr("name").filter(|name| !name.is_empty()) else { continue };
        if !pressed && node.has_attr("disabled") {
            continue;
        }
        let value = || node.attr_or("value", "").to_string();
        match kind.as_str() {
            "select" => pairs.extend(chosen(&node).map(|value| (name.to_string(), value))),
            "textarea" => pairs.push((name.to_string(), node.text().to_string())),
            "button" if pressed => pairs.push((name.to_string(), value())),
            "button" => {}
            _ => match node.attr_or("type", "text").to_ascii_lowercase().as_str() {
                "image" if pressed => {
                    pairs.push((format!("{name}.x"), "1".to_owned()));
                    pairs.push((format!("{name}.y"), "1".to_owned()));
                }
                "submit" if pressed => pairs.push((name.to_string(), value())),
                "submit" | "image" | "button" | "reset" | "file" => {}
                "checkbox" | "radio" if !node.has_attr("checked") => {}
                "checkbox" | "radio" => {
                    pairs.push((name.to_string(), node.attr_or("value", "on").to_string()));
                }
                _ => pairs.push((name.to_string(), value())),
            },
        }
        if pairs.len() > CONTROLS {
            return None;
        }
    }
    Some(pairs)
}

/// What a list sends: the options chosen, or the first one where a list that shows one line has none.
fn chosen(select: &NodeRef<'_>) -> impl Iterator<Item = String> + use<> {
    let options: Vec<NodeRef<'_>> = select
        .descendants_it()
        .filter(|node| node.is_element() && node.has_name("option") && !node.has_attr("disabled"))
        .collect();
    let value = |option: &NodeRef<'_>| match option.attr("value") {
        Some(value) => value.to_string(),
        None => page::visible_text(option),
    };
    let many = select.has_attr("multiple");
    let mut chosen: Vec<String> =
        options.iter().filter(|option| option.has_attr("selected")).map(value).collect();
    if !many {
        // Of several the last one counts.
        chosen.drain(..chosen.len().saturating_sub(1));
        if chosen.is_empty() {
            chosen.extend(options.first().map(value));
        }
    }
    chosen.into_iter()
}
