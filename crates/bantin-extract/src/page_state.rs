//! Data that a page carries in its scripts for the script that builds the page: Next, Nuxt, Angular and their like send the
//! list or the article once as markup and once as JSON, or as JSON alone.

use dom_query::NodeId;
use serde_json::{Map, Value};

use super::flight;
use super::foreign::json;
use super::page::Page;
use super::script_literal;

/// Scripts of one page that are looked at, and the bytes read of them all.
const SCRIPTS: usize = 200;
const BYTES: usize = 2 * 1024 * 1024;
/// Values taken from one script.
const ASSIGNED: usize = 8;
/// A shorter script holds neither a list nor a text.
const SHORTEST: usize = 60;

/// The name of what server components send.
pub const FLIGHT: &str = "self.__next_f";

/// A value found in a script.
#[derive(Debug, Clone, PartialEq)]
pub struct PageState {
    /// The script's id or the variable's name: "__NEXT_DATA__", "window.__INITIAL_STATE__"; "" where it has none.
    pub name: String,
    /// JSON-LD, which describes the page; all else is what a script works with.
    pub is_linked_data: bool,
    /// Assigned to the variable `name`, rather than the content of a script of data.
    pub is_assigned: bool,
    /// The element that holds it.
    pub script: NodeId,
    pub value: Value,
}

/// Returns the objects and arrays that the scripts of a page hold, in page order.
pub fn find(page: &Page) -> Vec<PageState> {
    let mut found = Vec::new();
    let mut bytes = 0;
    let mut left = 2 * BYTES;
    let root = page.document.root();
    let mut stream = flight::ComponentStream::default();
    let scripts = root.descendants_it().filter(|node| node.has_name("script"));
    for script in scripts.take(SCRIPTS) {
        let text = script.text();
        let text = text.trim();
        bytes += text.len();
        if bytes > BYTES {
            continue;
        }
        stream.take(text, script.id);
        if text.len() < SHORTEST {
            continue;
        }
        let kind = script.attr("type").map(|kind| kind.trim().to_ascii_lowercase());
        let id = || script.attr("id").map(|id| id.to_string()).unwrap_or_default();
        match kind.as_deref().unwrap_or_default() {
            kind if kind.contains("ld+json") => {
                let value = of_json(text);
                let named = |value| PageState {
                    name: id(),
                    is_linked_data: true,
                    is_assigned: false,
                    script: script.id,
                    value,
                };
                found.extend(value.map(named));
            }
            kind if kind.contains("json") => {
                let value = of_json(text).map(|value| unpacked(value, &id()));
                found.extend(value.map(|value| PageState {
                    name: id(),
                    is_linked_data: false,
                    is_assigned: false,
                    script: script.id,
                    value,
                }));
            }
            "" | "text/javascript" | "application/javascript" | "module" => {
                assigned(text, script.id, &mut found, &mut left)
            }
            _ => {}
        }
    }
    found.extend(stream.rows().map(|(value, script)| PageState {
        name: FLIGHT.to_owned(),
        is_linked_data: false,
        is_assigned: true,
        script,
        value,
    }));
    found
}

fn of_json(text: &str) -> Option<Value> {
    // Angular writes the marks of markup in a way of its own.
    if text.contains("&q;") {
        let text = text.replace("&q;", "\"").replace("&s;", "'").replace("&l;", "<");
        return json::embedded(&text.replace("&g;", ">").replace("&a;", "&"));
    }
    // Line breaks inside strings are no JSON, and common.
    json::embedded(text).or_else(|| {
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        json::embedded(text.trim().trim_end_matches(';'))
    })
}

/// Values that a script gives to variables: `window.__STATE__ = {…}`, `var tin = […]`, `x = JSON.parse("…")`.
/// `left`: bytes that may still be read, since what turns out to be no literal may be read once from each equals sign.
fn assigned(script: &str, id: NodeId, found: &mut Vec<PageState>, left: &mut usize) {
    let mut at = 0;
    let mut taken = 0;
    while taken < ASSIGNED {
        let Some(mark) = script[at..].find('=').map(|mark| at + mark) else { return };
        at = mark + 1;
        let value = script[at..].trim_start();
        let begins = value.starts_with(['{', '['])
            || value.starts_with("JSON.parse(")
            || value.starts_with("(function(");
        if !begins {
            continue;
        }
        let Some(name) = variable(&script[..mark]) else { continue };
        let start = script.len() - value.len();
        // JSON where it is such, since that reads several times as fast.
        let (read, length) = match of_prefix(value) {
            Some((value, length)) => (Some(value), length),
            None => script_literal::read(value),
        };
        *left = left.saturating_sub(length.max(1));
        if *left == 0 {
            return;
        }
        let Some(read) = read else { continue };
        at = start + length;
        if length >= SHORTEST && (read.is_object() || read.is_array()) {
            taken += 1;
            found.push(PageState {
                name,
                is_linked_data: false,
                is_assigned: true,
                script: id,
                value: read,
            });
        }
    }
}

/// JSON at the start of a script.
fn of_prefix(text: &str) -> Option<(Value, usize)> {
    // `{a:1}` and `[{a:1}]` are no JSON; they are left to the reader of literals.
    let second = text[1..].trim_start().chars().next()?;
    if !matches!(second, '"' | '{' | '[') || text.len() > BYTES {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// The name before an equals sign; `None` where it is a comparison or a parameter of something else.
fn variable(before: &str) -> Option<String> {
    let before = before.trim_end();
    if before.ends_with(['=', '!', '<', '>', '+']) {
        return None;
    }
    let of_name =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '[' | ']' | '"' | '\'');
    let start = before
        .rfind(|c: char| !of_name(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let name = &before[start..];
    (!name.is_empty() && name.len() <= 100).then(|| name.to_owned())
}

/// Undoes what frameworks do to their data: Nuxt's table of values, the answers that SvelteKit sends as texts of JSON.
fn unpacked(value: Value, id: &str) -> Value {
    match value {
        Value::Array(values) if id == "__NUXT_DATA__" => {
            Table { values: &values, left: TABLE_VALUES }.value(0, 0)
        }
        Value::Object(mut members) => {
            if let Some(Value::String(body)) = members.get("body")
                && body.starts_with(['{', '['])
                && let Some(body) = json::embedded(body)
            {
                members.insert("body".to_owned(), body);
            }
            Value::Object(members)
        }
        other => other,
    }
}

/// Values that Nuxt's table may grow to; one entry may be named by several others.
const TABLE_VALUES: usize = 20_000;
const TABLE_DEPTH: usize = 60;

/// Nuxt 3 sends one array in which members and elements are numbers of other entries (devalue).
struct Table<'a> {
    values: &'a [Value],
    left: usize,
}

impl Table<'_> {
    fn value(&mut self, at: usize, depth: usize) -> Value {
        let Some(value) = self.values.get(at).filter(|_| self.left > 0 && depth < TABLE_DEPTH)
        else {
            return Value::Null;
        };
        self.left -= 1;
        match value {
            Value::Object(members) => {
                let member = |(key, of): (&String, &Value)| (key.clone(), self.named(of, depth));
                Value::Object(members.iter().map(member).collect::<Map<_, _>>())
            }
            Value::Array(values) => match values.first() {
                Some(Value::String(kind)) => match values.get(1) {
                    Some(of) if of.is_number() && kind != "Set" && kind != "Map" => {
                        self.named(of, depth)
                    }
                    Some(Value::String(text)) => Value::String(text.clone()),
                    _ => Value::Array(values[1..].iter().map(|of| self.named(of, depth)).collect()),
                },
                _ => Value::Array(values.iter().map(|of| self.named(of, depth)).collect()),
            },
            other => other.clone(),
        }
    }

    fn named(&mut self, of: &Value, depth: usize) -> Value {
        match of.as_u64().and_then(|at| usize::try_from(at).ok()) {
            Some(at) => self.value(at, depth + 1),
            None => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn check(script: &str, expected: &str) {
        let url = Url::parse("https://portal.example.vn/tin").expect("a fixed address");
        let html = format!("<html><body><div id=app></div>{script}</body></html>");
        let page = Page::parse(&html, &url).expect("a small page");
        let found: Vec<String> =
            find(&page).iter().map(|state| format!("{}{}", state.name, state.value)).collect();
        assert_eq!(found.join(" "), expected, "{script}");
    }

    const LONG: &str = "Hội nghị triển khai nhiệm vụ thu ngân sách quý cuối năm";

    #[test]
    fn data_is_found_as_each_framework_sends_it() {
        let json = format!("{{\"tin\":[{{\"title\":\"{LONG}\"}}]}}");
        for (script, name) in [
            (
                format!("<script id=__NEXT_DATA__ type=application/json>{json}</script>"),
                "__NEXT_DATA__",
            ),
            (
                format!("<script>window.__INITIAL_STATE__ = {json};(function(){{}}())</script>"),
                "window.__INITIAL_STATE__",
            ),
            (format!("<script>var x=1; var duLieu={json}\nrender(duLieu)</script>"), "duLieu"),
            (
                format!("<script>window[\"__S__\"]={{tin:[{{title:'{LONG}'}}]}}</script>"),
                "window[\"__S__\"]",
            ),
            (
                format!(
                    "<script>window.__NUXT__=(function(a){{return {{tin:[{{title:a}}]}}}}(\"{LONG}\"));</script>"
                ),
                "window.__NUXT__",
            ),
            (format!("<script>const s = JSON.parse('{json}')</script>"), "s"),
            (
                format!(
                    "<script id=ng-state type=application/json>{}</script>",
                    json.replace('"', "&q;")
                ),
                "ng-state",
            ),
            (
                format!(
                    "<script id=__NUXT_DATA__ type=application/json>[[\"Reactive\",1],{{\"tin\":2}},[3],{{\"title\":4}},\"{LONG}\"]</script>"
                ),
                "__NUXT_DATA__",
            ),
            (format!("<script type=application/ld+json>{json}</script>"), ""),
        ] {
            check(&script, &format!("{name}{json}"));
        }
    }

    #[test]
    fn what_is_no_data_is_not_found() {
        for script in [
            format!("<script>if (a == {{}}) f('{LONG}')</script>"),
            format!("<script>a = {{b: function() {{ return '{LONG}' }}}}</script>"),
            format!("<script type=text/template>x = [\"{LONG}\", \"{LONG}\"]</script>"),
            "<script>dataLayer = [];</script>".to_owned(),
            format!("<script src=a.js></script><script>// {LONG}\n x = [1,2,3]</script>"),
        ] {
            check(&script, "");
        }
    }

    #[test]
    fn a_table_of_values_that_names_itself_ends() {
        let url = Url::parse("https://portal.example.vn/tin").expect("a fixed address");
        let table = format!("[{}]", vec!["[0,0,0,0,0,0,0,0,0,0]"; 20].join(","));
        let html = format!("<script id=__NUXT_DATA__ type=application/json>{table}</script>");
        let page = Page::parse(&html, &url).expect("a small page");
        assert_eq!(find(&page).len(), 1);
    }
}
