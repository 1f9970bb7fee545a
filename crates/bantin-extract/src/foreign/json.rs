//! JSON as it comes, and paths into it.

use serde_json::Value;

use crate::charset;
use crate::limits;
use crate::model::Problem;

/// What some servers put before JSON so that no script can include it.
pub fn without_guard(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    [")]}',", ")]}'", "while(1);", "for(;;);"]
        .iter()
        .find_map(|guard| text.strip_prefix(guard))
        .unwrap_or(text)
        .trim_start()
}

/// Reads JSON. Mistakes whose meaning is clear are mended and reported.
pub fn parse(text: &str) -> Result<(Value, Option<Problem>), String> {
    let text = without_guard(text);
    if size(text) > limits::JSON_BYTES {
        return Err("this JSON has more values than are read".to_owned());
    }
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok((decoded_once(value, text), None)),
        Err(error) => error,
    };
    let mended = mend(text);
    let what = if error.is_eof() {
        "the JSON ends in the middle; what was read before is kept".to_owned()
    } else {
        format!("the JSON is faulty (line {}); it was read as far as it can be told", error.line())
    };
    // Text after the value is not part of it.
    let first = serde_json::Deserializer::from_str(&mended).into_iter::<Value>().next();
    match first {
        Some(Ok(value)) if value.is_object() || value.is_array() => {
            Ok((value, Some(Problem::new("listing", what))))
        }
        _ => Err(format!("this is not JSON: {error}")),
    }
}

/// Undoes a second encoding of texts whose letters are written as escapes, which the bytes of the whole do not show.
fn decoded_once(mut value: Value, text: &str) -> Value {
    fn each(value: &mut Value) {
        match value {
            Value::String(text) => *text = charset::once(std::mem::take(text)),
            Value::Array(values) => values.iter_mut().for_each(each),
            Value::Object(members) => members.values_mut().for_each(each),
            _ => {}
        }
    }
    if ["\\u00e1\\u00b", "\\u00E1\\u00B"].iter().any(|toned| text.contains(toned)) {
        each(&mut value);
    }
    value
}

/// Reads JSON embedded in a page. `None` where it is not JSON, or too large.
pub fn embedded(text: &str) -> Option<Value> {
    (size(text) <= limits::JSON_BYTES).then(|| serde_json::from_str(text).ok()).flatten()
}

/// What the values of a text would take, about, in bytes and at most: a bracket or two of a text can become a hundred times
/// as much.
pub fn size(text: &str) -> usize {
    const VALUE: usize = size_of::<Value>();
    // What a map takes for its first key and ten more, and what a text takes besides its letters.
    const OBJECT: usize = 12 * (VALUE + size_of::<String>());
    const TEXT: usize = 32;
    let (mut size, mut in_string, mut escaped) = (VALUE, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => {
                in_string = !in_string;
                size += usize::from(in_string) * TEXT;
            }
            _ if in_string => {}
            b'{' => size += OBJECT,
            // An array begins with room for four.
            b'[' => size += 4 * VALUE,
            b',' => size += VALUE,
            _ => {}
        }
    }
    size
}

/// Control characters and single surrogates in strings, commas before a closing bracket, an end in the middle.
fn mend(text: &str) -> String {
    let mut scan = JsonScan::default();
    for (at, letter) in text.char_indices() {
        scan.take(at, letter, text);
        if scan.open.len() > limits::JSON_OPEN {
            break;
        }
    }
    let JsonScan { mut out, open, in_string, whole, open_there, .. } = scan;
    if !open.is_empty() || in_string {
        // Back to where the last whole value of an array or object ended, and every bracket closed that was open there.
        out.truncate(whole);
        let closing = open_there.iter().rev().map(|open| if *open == '{' { '}' } else { ']' });
        out.extend(closing);
    }
    out
}

#[derive(Default)]
struct JsonScan {
    out: String,
    open: Vec<char>,
    in_string: bool,
    escaped: bool,
    /// Length of `out` after the last closing bracket, and what was open there.
    whole: usize,
    open_there: Vec<char>,
    /// The second half of a surrogate pair is still to come, up to this place.
    pair_until: usize,
}

impl JsonScan {
    fn take(&mut self, at: usize, letter: char, text: &str) {
        if self.in_string {
            return self.in_string(at, letter, text);
        }
        match letter {
            '"' => self.in_string = true,
            '{' | '[' => self.open.push(letter),
            '}' | ']' => {
                let kept = self.out.trim_end().len();
                if self.out[..kept].ends_with(',') {
                    self.out.truncate(kept - 1);
                }
                self.open.pop();
            }
            _ => {}
        }
        self.out.push(letter);
        if matches!(letter, '}' | ']') {
            self.whole = self.out.len();
            self.open_there.clone_from(&self.open);
        }
    }

    fn in_string(&mut self, at: usize, letter: char, text: &str) {
        if self.escaped {
            self.escaped = false;
            let unit = |at: usize| {
                text.get(at..at + 4).and_then(|digits| u16::from_str_radix(digits, 16).ok())
            };
            if letter == 'u'
                && at >= self.pair_until
                && let Some(first) = unit(at + 1)
            {
                let second =
                    text.get(at + 5..at + 7).filter(|mark| *mark == "\\u").and(unit(at + 7));
                match (first, second) {
                    (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => self.pair_until = at + 7,
                    (0xd800..=0xdfff, _) => {
                        // The four digits that follow become text; the letter itself is lost
                        // anyway.
                        self.out.push_str("ufffd");
                        return;
                    }
                    _ => {}
                }
            }
        } else if letter == '\\' {
            self.escaped = true;
        } else if letter == '"' {
            self.in_string = false;
        } else if letter < ' ' {
            return self.out.push(' ');
        }
        self.out.push(letter);
    }
}

/// `data.items`, `$.data.items[*]`, `[0].rows`, `["a b"].c`; "." is the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Path(Vec<PathStep>);

#[derive(Debug, Clone, PartialEq)]
enum PathStep {
    Key(String),
    Index(usize),
    All,
}

impl Path {
    /// Whether its last name says that the times under it are in UTC: "date_gmt".
    pub fn names_utc(&self) -> bool {
        matches!(self.0.last(), Some(PathStep::Key(key)) if {
            let key = key.to_ascii_lowercase();
            key.ends_with("gmt") || key.ends_with("utc")
        })
    }

    /// The error is a sentence for the author of the path.
    pub fn parse(said: &str) -> Result<Self, String> {
        let wrong = || format!("\"{}\" is not a path such as \"data.items\"", said.escape_debug());
        let mut rest = said.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (inside, behind) = match inner.chars().next() {
                    Some(quote @ ('"' | '\'')) => {
                        let end = inner[1..].find(quote).ok_or_else(wrong)? + 1;
                        let behind = inner[end + 1..].strip_prefix(']').ok_or_else(wrong)?;
                        (&inner[..end], behind)
                    }
                    _ => inner.split_once(']').ok_or_else(wrong)?,
                };
                steps.push(match inside.strip_prefix(['"', '\'']) {
                    Some(key) => PathStep::Key(key.to_owned()),
                    None => Self::index(inside).ok_or_else(wrong)?,
                });
                rest = behind;
                continue;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            match &rest[..end] {
                "" => {}
                "*" => steps.push(PathStep::All),
                key => steps.push(PathStep::Key(key.to_owned())),
            }
            rest = &rest[end..];
        }
        Ok(Path(steps))
    }

    fn index(inside: &str) -> Option<PathStep> {
        match inside.trim() {
            "*" | "" => Some(PathStep::All),
            number => number.parse().ok().map(PathStep::Index),
        }
    }

    /// Everything the path leads to.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut at = vec![value];
        for step in &self.0 {
            at = at.into_iter().flat_map(|value| step.from(value)).collect();
        }
        at
    }

    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.all(value).into_iter().next()
    }
}

impl PathStep {
    fn from<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (PathStep::Key(key), Value::Object(members)) => members.get(key).into_iter().collect(),
            // A number may be a key's name, and an index written with a dot.
            (PathStep::Key(key), Value::Array(values)) => {
                key.parse::<usize>().ok().and_then(|at| values.get(at)).into_iter().collect()
            }
            (PathStep::Index(at), Value::Array(values)) => values.get(*at).into_iter().collect(),
            (PathStep::All, Value::Array(values)) => values.iter().collect(),
            (PathStep::All, Value::Object(members)) => members.values().collect(),
            _ => Vec::new(),
        }
    }
}

/// Text of a value: strings and numbers, the `rendered` of WordPress, the first of several.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.trim().is_empty()).then(|| text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) => ["rendered", "value", "#text", "$t", "text", "vi", "name"]
            .iter()
            .find_map(|key| members.get(*key).filter(|inner| inner.is_string()))
            .and_then(text_of),
        Value::Array(values) => values
            .iter()
            .find(|value| value.is_string() || value.is_object())
            .and_then(|value| if value.is_array() { None } else { text_of(value) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p11_json_that_would_fill_the_memory_is_refused() {
        let many = |one: &str, times: usize| format!("[{}0]", one.repeat(times));
        for one in ["{\"\":0},", "[],", "[[[{},{},{}]]],", "0,", "\"\\\"[\","] {
            let kept = many(one, 5_000);
            assert!(parse(&kept).is_ok(), "{one}");
            assert!(parse(&many(one, 8_000_000 / one.len())).is_err(), "{one}");
        }
        let long = format!("[\"{}\"]", "{[,".repeat(2_000_000));
        assert!(parse(&long).is_ok(), "what stands in a text is no value");
        for nested in ["[", "{\"a\":", "[{\"a\":["] {
            assert!(parse(&nested.repeat(2_000)).is_err(), "{nested}");
        }
    }

    #[test]
    fn texts_encoded_twice_and_written_as_escapes_are_decoded_once_more() {
        let twice = r#"{"t":"H\u00e1\u00bb\u2122i ngh\u00e1\u00bb\u2039 b\u00c3\u00a1o","n":["H\u1ed9i ngh\u1ecb","\u00e1\u00bb"]}"#;
        let (value, problem) = parse(twice).expect("it is JSON");
        assert_eq!(value.to_string(), r#"{"n":["Hội nghị","á»"],"t":"Hội nghị báo"}"#);
        assert_eq!(problem, None);
    }

    #[test]
    fn json_that_ends_in_the_middle_keeps_what_was_whole() {
        for (cut, kept) in [
            ("[{\"a\":1},{\"a\":2},{\"a\"", "[{\"a\":1},{\"a\":2}]"),
            ("{\"d\":[[1],[2,3],[4", "{\"d\":[[1],[2,3]]}"),
            ("{\"d\":{\"x\":[{\"t\":\"a}\"}],\"y\":\"b", "{\"d\":{\"x\":[{\"t\":\"a}\"}]}}"),
        ] {
            let (value, problem) = parse(cut).expect("it is mended");
            assert_eq!(value.to_string(), kept);
            assert!(problem.is_some());
        }
    }

    fn check(path: &str, json: &str, expected: &str) {
        let value: Value = serde_json::from_str(json).expect("a fixed text");
        let found: Vec<String> = match Path::parse(path) {
            Ok(path) => path.all(&value).into_iter().map(Value::to_string).collect(),
            Err(error) => vec![error],
        };
        assert_eq!(found.join(" "), expected, "{path}");
    }

    fn check_mended(text: &str, expected: &str) {
        let found = match parse(text) {
            Ok((value, problem)) => {
                format!("{value}{}", problem.map(|p| format!(" {}", p.what)).unwrap_or_default())
            }
            Err(error) => error,
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn paths_lead_through_objects_and_arrays() {
        check("data.items", r#"{"data":{"items":[1,2]}}"#, "[1,2]");
        check("$.data.items[*]", r#"{"data":{"items":[1,2]}}"#, "1 2");
        check("[0].rows", r#"[{"rows":[3]}]"#, "[3]");
        check(".", "[4]", "[4]");
        check("$", "[4]", "[4]");
        check("a['b.c'][1]", r#"{"a":{"b.c":[5,6]}}"#, "6");
        check("a.*.b", r#"{"a":{"x":{"b":7},"y":{"b":8}}}"#, "7 8");
        check("a.1", r#"{"a":[1,2]}"#, "2");
        check("x.y", r#"{"a":1}"#, "");
        check("a[", "{}", "\"a[\" is not a path such as \"data.items\"");
    }

    #[test]
    fn faults_of_which_one_can_tell_what_was_meant_are_mended() {
        let faulty = " the JSON is faulty (line 1); it was read as far as it can be told";
        check_mended("\u{feff})]}',\n{\"a\":1}", r#"{"a":1}"#);
        check_mended("{\"a\":\"b\tc\",}", &format!("{{\"a\":\"b c\"}}{faulty}"));
        check_mended(
            r#"["\ud83d\ude00","\ud83d x"]"#,
            &format!("[\"😀\",\"\u{fffd}d83d x\"]{faulty}"),
        );
        check_mended(
            r#"{"a":[{"b":1},{"b":2},{"b":"unfin"#,
            r#"{"a":[{"b":1},{"b":2}]} the JSON ends in the middle; what was read before is kept"#,
        );
        check_mended("<html>", "this is not JSON: expected value at line 1 column 1");
    }
}
