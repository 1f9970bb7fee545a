//! Values that a script writes out as literals: JSON, and what JavaScript allows besides (names without quotes, single
//! quotes, `!0`, `void 0`, a function called at once with the values that occur more than once). Nothing is run.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use crate::limits;

/// Values of one literal; each takes some dozen bytes.
const VALUES: usize = 60_000;

/// Reads the literal at the start of `text`: its value and how many bytes were read. The value is `None` where it is an
/// expression that would have to be run.
pub fn read(text: &str) -> (Option<Value>, usize) {
    let mut literal = Literal { text, at: 0, values: 0, copied: 0, depth: 0, names: None };
    let value = literal.value();
    (value, literal.at)
}

/// The values of a function's parameters; while they are unknown each reads as null.
enum ParameterValues {
    Unknown,
    Known(HashMap<String, Value>),
}

struct Literal<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    /// Bytes of values taken from names: one long text may be named a thousand times.
    copied: usize,
    depth: usize,
    names: Option<ParameterValues>,
}

impl<'a> Literal<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let comment = match trimmed {
                _ if trimmed.starts_with("/*") => trimmed.find("*/").map(|end| end + 2),
                _ if trimmed.starts_with("//") => trimmed.find('\n'),
                _ => return,
            };
            self.at += comment.unwrap_or(trimmed.len());
        }
    }

    fn take(&mut self, mark: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(mark);
        self.at += if found { mark.len() } else { 0 };
        found
    }

    fn value(&mut self) -> Option<Value> {
        self.values += 1;
        if self.values > VALUES || self.depth >= limits::JSON_OPEN {
            return None;
        }
        self.blanks();
        self.depth += 1;
        let value = match self.peek()? {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' | b'\'' | b'`' => self.string().map(Value::String),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            b'!' => {
                self.at += 1;
                let inner = self.value()?;
                Some(Value::Bool(match inner {
                    Value::Null => true,
                    Value::Bool(inner) => !inner,
                    Value::Number(inner) => inner.as_f64() == Some(0.),
                    _ => false,
                }))
            }
            b'(' => self.parenthesis(),
            _ => self.word(),
        };
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Option<Value> {
        self.at += 1;
        let mut members = Map::new();
        loop {
            if self.take("}") {
                return Some(Value::Object(members));
            }
            self.blanks();
            let key = match self.peek()? {
                b'"' | b'\'' => self.string()?,
                _ => self.name()?.to_owned(),
            };
            let value = if self.take(":") { self.value()? } else { self.named(&key)? };
            members.insert(key, value);
            if !self.take(",") && !self.rest().starts_with('}') {
                return None;
            }
        }
    }

    fn array(&mut self) -> Option<Value> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            if self.take("]") {
                return Some(Value::Array(values));
            }
            if self.take(",") {
                self.values += 1;
                values.push(Value::Null);
                continue;
            }
            values.push(self.value()?);
            if !self.take(",") && !self.rest().starts_with(']') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let quote = char::from(self.peek()?);
        self.at += 1;
        let mut text = String::new();
        let mut letters = self.rest().char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at += at + letter.len_utf8();
                    return Some(text);
                }
                '$' if quote == '`' && letters.as_str().starts_with('{') => return None,
                '\\' => self.escaped(&mut letters, &mut text)?,
                _ => text.push(letter),
            }
        }
        self.at = self.text.len();
        None
    }

    fn escaped(&self, letters: &mut std::str::CharIndices<'_>, text: &mut String) -> Option<()> {
        let (_, letter) = letters.next()?;
        match letter {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' | 'f' | 'v' | '0' => text.push(' '),
            '\n' => {}
            'x' => text.push(char::from_u32(hexadecimal(letters, 2)?).unwrap_or('\u{fffd}')),
            'u' if letters.as_str().starts_with('{') => {
                let end = letters.as_str().find('}').filter(|end| *end < 9)?;
                let code = u32::from_str_radix(&letters.as_str()[1..end], 16).ok()?;
                letters.nth(end)?;
                text.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            'u' => {
                let first = hexadecimal(letters, 4)?;
                let pair = (0xd800..0xdc00).contains(&first) && letters.as_str().starts_with("\\u");
                if !pair {
                    text.push(char::from_u32(first).unwrap_or('\u{fffd}'));
                    return Some(());
                }
                letters.nth(1)?;
                let second = hexadecimal(letters, 4)?.wrapping_sub(0xdc00);
                let code = (second < 0x400).then(|| 0x10000 + ((first - 0xd800) << 10) + second);
                text.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            other => text.push(other),
        }
        Some(())
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let of_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
        let end = rest.find(|c: char| !of_number(c)).unwrap_or(rest.len());
        self.at += end;
        let said = &rest[..end];
        if let Ok(whole) = said.parse::<i64>() {
            return Some(whole.into());
        }
        if let Ok(value) = said.parse::<f64>() {
            return Some(Number::from_f64(value).map_or(Value::Null, Value::Number));
        }
        let hexadecimal = said.strip_prefix("0x").map(|digits| i64::from_str_radix(digits, 16));
        hexadecimal.map_or(Some(Value::Null), |number| number.ok().map(Value::from))
    }

    /// A value in parentheses, or a function that is called where it is written.
    fn parenthesis(&mut self) -> Option<Value> {
        self.at += 1;
        self.blanks();
        let value = if self.rest().starts_with("function") {
            self.function(false)?
        } else {
            let value = self.value()?;
            self.take(")").then_some(value)?
        };
        Some(value)
    }

    /// `(function(a,b){return {…}}("x",null))`, or with the parenthesis closed before the call.
    fn function(&mut self, inside: bool) -> Option<Value> {
        if inside || self.names.is_some() {
            return None;
        }
        self.at += "function".len();
        let open = self.at + self.rest().find('(')? + 1;
        let close = open + self.text[open..].find(')')?;
        let names: Vec<String> =
            self.text[open..close].split(',').map(|name| name.trim().to_owned()).collect();
        let body = close + self.text[close..].find("return")? + "return".len();
        self.at = body;
        self.names = Some(ParameterValues::Unknown);
        self.value()?;
        self.take(";");
        self.take("}").then_some(())?;
        self.take(")");
        self.take("(").then_some(())?;
        let mut values = HashMap::new();
        for name in names {
            if self.take(")") {
                break;
            }
            self.names = None;
            values.insert(name, self.value()?);
            self.take(",");
        }
        let end = self.at;
        self.at = body;
        self.names = Some(ParameterValues::Known(values));
        let value = self.value()?;
        self.names = None;
        self.at = end;
        self.take(")");
        self.take(")");
        Some(value)
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let end = rest.find(|c: char| !of_name(c)).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    fn word(&mut self) -> Option<Value> {
        let name = self.name()?;
        match name {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" | "undefined" | "NaN" | "Infinity" => Some(Value::Null),
            "void" => self.value().map(|_| Value::Null),
            // `new Date("…")` has the value of its argument.
            "new" => {
                self.blanks();
                self.name()?;
                self.argument()
            }
            "JSON" | "Object" => {
                let parse = self.take(".parse");
                (parse || self.take(".freeze")).then_some(())?;
                let inner = self.argument()?;
                match inner {
                    Value::String(text) if parse => crate::foreign::json::embedded(&text),
                    other => Some(other),
                }
            }
            name => self.named(name),
        }
    }

    fn argument(&mut self) -> Option<Value> {
        self.take("(").then_some(())?;
        if self.take(")") {
            return Some(Value::Null);
        }
        let value = self.value()?;
        self.take(")").then_some(value)
    }

    fn named(&mut self, name: &str) -> Option<Value> {
        let value = match self.names.as_ref()? {
            ParameterValues::Unknown => return Some(Value::Null),
            ParameterValues::Known(values) => values.get(name)?,
        };
        self.copied += match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 0,
        };
        (self.copied <= limits::PAGE_TEXT_BYTES).then(|| value.clone())
    }
}

fn hexadecimal(letters: &mut std::str::CharIndices<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |sum, _| Some(sum * 16 + letters.next()?.1.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = read(text).0.map(|value| value.to_string());
        assert_eq!(found.as_deref().unwrap_or("none"), expected, "{text}");
    }

    #[test]
    fn a_literal_is_read_as_scripts_write_it() {
        check(r#"{"a":[1,2.5,"x\u1ea1y"],"b":null}; var c"#, r#"{"a":[1,2.5,"xạy"],"b":null}"#);
        check(
            "{a:'it\\'s',b:!0,c:!1,d:void 0,$e:-1,}",
            r#"{"$e":-1,"a":"it's","b":true,"c":false,"d":null}"#,
        );
        check("[1,,2,]", "[1,null,2]");
        check(
            "{a:`dòng\nhai`,/* x */ b: new Date(\"2026-11-27\") // y\n}",
            r#"{"a":"dòng\nhai","b":"2026-11-27"}"#,
        );
        check(r#"JSON.parse("{\"a\":\"\\u0111\"}")"#, r#"{"a":"đ"}"#);
        check(r#"'\ud83d\ude00\x41\u{1f600}'"#, "\"😀A😀\"");
        check("{a:undefined,b:[NaN]}", r#"{"a":null,"b":[null]}"#);
    }

    #[test]
    fn a_function_called_at_once_gives_what_it_returns() {
        check(
            r#"(function(a,b){return {data:[{title:a,list:[b,a]}],ok:b}}("Tin",null))"#,
            r#"{"data":[{"list":[null,"Tin"],"title":"Tin"}],"ok":null}"#,
        );
        check(r#"(function(a){return {x:a,y:"a"};})(5);"#, r#"{"x":5,"y":"a"}"#);
        check(r#"(function(){return {x:1}}())"#, r#"{"x":1}"#);
    }

    #[test]
    fn an_expression_that_would_have_to_be_run_is_none() {
        for text in [
            "{a:b}",
            "{a:f()}",
            "[x.y]",
            "{a:`${b}`}",
            "{a(){return 1}}",
            "{\"a\":1",
            "",
            "'x",
            "(a)",
        ] {
            check(text, "none");
        }
        let nested = "[".repeat(100_000);
        check(&nested, "none");
        let bomb = format!(
            "(function(a){{return [{}]}}(\"{}\"))",
            "a,".repeat(40_000),
            "x".repeat(10_000)
        );
        check(&bomb, "none");
    }
}
