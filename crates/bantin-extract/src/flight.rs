//! Reads the stream of React's server components: `self.__next_f.push([1,"5:{…}\n7:T3e8,<p>…"])`,
//! cut over many scripts.
//!
//! The stream is made of rows. A row is JSON, or a text of a given number of bytes; "$7" in one row
//! refers to row 7.

use std::collections::HashMap;

use dom_query::NodeId;
use serde_json::{Map, Value};

use super::flow::escape;
use super::foreign::json;
use super::script_literal;
use crate::limits;

/// Bytes of a stream.
const BYTES: usize = 2 * 1024 * 1024;
/// Values, and bytes of texts, that the rows may grow to where they name each other.
const VALUES: usize = 60_000;
const COPIED: usize = 4 * BYTES;
const DEPTH: usize = 60;

/// The pieces of a stream, put together in the order of their scripts.
#[derive(Default)]
pub struct ComponentStream {
    text: String,
    first: Option<NodeId>,
}

impl ComponentStream {
    /// Adds what a script pushes; a script that pushes nothing adds nothing.
    pub fn take(&mut self, script: &str, id: NodeId) {
        /// Bytes between the name and its call: `(self.__next_f=self.__next_f||[]).push(`.
        const NEAR: usize = 60;
        const CALL: &str = ".push(";
        let mut at = 0;
        while let Some(name) = script[at..].find("__next_f").map(|found| at + found) {
            at = name + "__next_f".len();
            let Some(call) = script[at..].find(CALL).filter(|call| *call <= NEAR) else { continue };
            at += call + CALL.len();
            let (pushed, length) = script_literal::read(&script[at..]);
            at += length;
            let Some(Value::Array(pushed)) = pushed else { continue };
            if let [Value::Number(kind), Value::String(piece), ..] = &pushed[..]
                && kind.as_u64() == Some(1)
                && self.text.len() + piece.len() <= BYTES
            {
                self.text.push_str(piece);
                self.first.get_or_insert(id);
            }
        }
    }

    /// Returns the rows of JSON, and the script in which the stream begins. `None` where nothing was pushed.
    pub fn rows(&self) -> Option<(Value, NodeId)> {
        let first = self.first?;
        let rows = rows(&self.text);
        let mut names = NamedRows { rows: &rows, left: VALUES, copied: 0 };
        let mut numbers: Vec<&u64> = rows.keys().collect();
        numbers.sort_unstable();
        let values =
            numbers.into_iter().filter(|number| !rows[*number].is_string()).map(|number| {
                let row = &rows[number];
                names.value(row, 0)
            });
        Some((values.collect(), first))
    }
}

/// Rows by their numbers.
fn rows(stream: &str) -> HashMap<u64, Value> {
    let mut rows = HashMap::new();
    let (mut rest, mut size) = (stream, 0);
    while let Some((number, row)) = rest.split_once(':') {
        let number = u64::from_str_radix(number.trim(), 16).ok();
        if let Some((text, behind)) = row.strip_prefix('T').and_then(text_row) {
            rest = behind;
            rows.extend(number.map(|number| (number, Value::String(text.to_owned()))));
            continue;
        }
        let (line, behind) = row.split_once('\n').unwrap_or((row, ""));
        rest = behind;
        size += json::size(line);
        if size > limits::JSON_BYTES {
            break;
        }
        let value = line.starts_with(['{', '[', '"']).then(|| json::embedded(line)).flatten();
        rows.extend(number.zip(value));
    }
    rows
}

/// The text of `3e8,…`, and what comes after it: no line break ends it.
fn text_row(row: &str) -> Option<(&str, &str)> {
    let (length, text) = row.split_once(',')?;
    let length = usize::from_str_radix(length, 16).ok()?;
    text.split_at_checked(length)
}

/// Puts rows where other rows name them.
struct NamedRows<'a> {
    rows: &'a HashMap<u64, Value>,
    left: usize,
    copied: usize,
}

impl NamedRows<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Value {
        if self.left == 0 || depth >= DEPTH {
            return Value::Null;
        }
        self.left -= 1;
        match value {
            Value::String(text) => self.text(text, depth),
            Value::Array(values) => {
                values.iter().map(|value| self.value(value, depth + 1)).collect()
            }
            Value::Object(members) => {
                let members =
                    members.iter().map(|(key, value)| (key.clone(), self.value(value, depth + 1)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    /// Resolves a text: "$7" or "$L7" refers to a row, "$D…" to a time, "$undefined" to nothing.
    fn text(&mut self, text: &str, depth: usize) -> Value {
        let Some(name) = text.strip_prefix('$').filter(|name| !name.is_empty()) else {
            return self.copy(text);
        };
        if name.starts_with('$') {
            return self.copy(name);
        }
        if let Some(moment) = name.strip_prefix('D') {
            return self.copy(moment);
        }
        let mut path = name.trim_start_matches(['L', '@']).split(':');
        let number = path.next().and_then(|number| u64::from_str_radix(number, 16).ok());
        let Some(mut row) = number.and_then(|number| self.rows.get(&number)) else {
            return if name == "undefined" { Value::Null } else { self.copy(text) };
        };
        for step in path {
            let inner = match row {
                Value::Array(values) => step.parse().ok().and_then(|nth: usize| values.get(nth)),
                Value::Object(members) => members.get(step),
                // The properties of an element are its fourth part, by name.
                _ => None,
            };
            let Some(inner) = inner else { return Value::Null };
            row = inner;
        }
        match row {
            Value::String(text) => self.copy(text),
            row => self.value(row, depth + 1),
        }
    }

    fn copy(&mut self, text: &str) -> Value {
        self.copied += text.len();
        if self.copied > COPIED { Value::Null } else { Value::String(text.to_owned()) }
    }
}

/// Writes the elements in a value as markup: `["$","p",null,{"children":"…"}]`. Empty where it has none.
pub fn markup(value: &Value) -> String {
    let mut markup = String::new();
    write(value, false, 0, &mut markup);
    markup
}

/// `inside`: texts are what an element shows, not names and settings.
fn write(value: &Value, inside: bool, depth: usize, to: &mut String) {
    if depth > 2 * DEPTH || to.len() > BYTES {
        return;
    }
    match value {
        Value::Array(values) => match &values[..] {
            [Value::String(mark), Value::String(tag), _, Value::Object(of), ..] if mark == "$" => {
                write_element(tag, of, depth, to);
            }
            values => values.iter().for_each(|value| write(value, inside, depth + 1, to)),
        },
        // What a component of its own is given may hold elements.
        Value::Object(members) if !inside => {
            members.values().for_each(|value| write(value, false, depth + 1, to));
        }
        Value::String(text) if inside => to.push_str(&escape(text)),
        Value::Number(number) if inside => to.push_str(&number.to_string()),
        _ => {}
    }
}

fn write_element(tag: &str, of: &Map<String, Value>, depth: usize, to: &mut String) {
    let is_tag = tag.starts_with(|c: char| c.is_ascii_lowercase())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    if matches!(tag, "script" | "style" | "head" | "title" | "meta" | "link") {
        return;
    }
    if !is_tag {
        return of.values().for_each(|value| write(value, false, depth + 1, to));
    }
    to.push('<');
    to.push_str(tag);
    for (name, value) in [
        ("className", "class"),
        ("id", "id"),
        ("href", "href"),
        ("src", "src"),
        ("dateTime", "datetime"),
    ]
    .map(|(member, name)| (name, of.get(member).and_then(Value::as_str)))
    {
        if let Some(value) = value {
            to.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
    }
    to.push('>');
    if let Some(html) = of.get("dangerouslySetInnerHTML").and_then(|html| html.get("__html")) {
        to.push_str(html.as_str().unwrap_or_default());
    } else if let Some(children) = of.get("children") {
        write(children, true, depth + 1, to);
    }
    if !matches!(tag, "img" | "br" | "hr" | "input" | "source") {
        to.push_str(&format!("</{tag}>"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(text: &str) -> Value {
        let script = format!("self.__next_f.push([1,{}])", Value::String(text.to_owned()));
        let mut stream = ComponentStream::default();
        let page = dom_query::Document::from("<p></p>");
        stream.take(&script, page.root().id);
        stream.rows().map(|(rows, _)| rows).unwrap_or_default()
    }

    #[test]
    fn rows_stand_where_others_name_them() {
        for (text, expected) in [
            ("1:{\"a\":\"$2\"}\n2:T4,<p>x3:[]\n", r#"[{"a":"<p>x"},[]]"#),
            ("0:[\"$1\",\"$L1\"]\n1:{\"b\":1}\n", r#"[[{"b":1},{"b":1}],{"b":1}]"#),
            (
                "1:{\"a\":\"$$5\",\"b\":\"$undefined\",\"c\":\"$D2026-11-20\"}\n",
                r#"[{"a":"$5","b":null,"c":"2026-11-20"}]"#,
            ),
            ("1:I[\"x.js\"]\n2:HL[\"a.css\"]\n:{}\n3:{\"a\":\"$2:b\"}\n", r#"[{"a":"$2:b"}]"#),
            ("1:{\"a\":{\"b\":[7]}}\n2:{\"c\":\"$1:a:b:0\"}\n", r#"[{"a":{"b":[7]}},{"c":7}]"#),
            ("1:Tfffff,abc", "[]"),
            ("1:T1,ộ", "[]"),
            ("1:{\"a\":", "[]"),
        ] {
            assert_eq!(stream(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn rows_that_name_themselves_end() {
        let text = format!("1:[{}]\n", vec!["\"$1\""; 50].join(","));
        assert!(stream(&text).is_array());
    }

    #[test]
    fn elements_are_written_as_markup() {
        for (value, expected) in [
            (
                r#"["$","p",null,{"children":["a ",["$","b",null,{"children":"<"}]]}]"#,
                "<p>a <b>&lt;</b></p>",
            ),
            (
                r#"["$","$L5",null,{"data":{"x":"no"},"children":["$","img","1",{"src":"/a.png"}]}]"#,
                "<img src=\"/a.png\">",
            ),
            (
                r#"["$","div",null,{"className":"c","dangerouslySetInnerHTML":{"__html":"<p>t</p>"}}]"#,
                "<div class=\"c\"><p>t</p></div>",
            ),
            (r#"["$","style",null,{"children":"a{}"}]"#, ""),
            (r#"{"a":"b"}"#, ""),
        ] {
            let value: Value = serde_json::from_str(value).expect("JSON");
            assert_eq!(markup(&value), expected);
        }
    }
}
