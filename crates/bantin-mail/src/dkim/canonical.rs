//! The "relaxed" form of a mail (RFC 6376 §3.4.2 and §3.4.4): what servers do to blanks and empty lines on the way makes
//! no difference in it. Line ends are CRLF in a mail as it is sent; an LF alone is taken for one too.

/// A header field as it is written in the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderField<'m> {
    name: &'m [u8],
    /// The bytes from after the colon to before the line end, folded as they came.
    value: &'m [u8],
}

impl HeaderField<'_> {
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Splits a mail into its header fields, from the top, and its body after the empty line. A line of
/// the head that is no field is left out.
pub fn split(mail: &[u8]) -> (Vec<HeaderField<'_>>, &[u8]) {
    let mut fields = Vec::new();
    let mut rest = mail;
    while !rest.is_empty() {
        let end = field_end(rest);
        let (raw, after) = rest.split_at(end);
        rest = after;
        let raw = without_line_end(raw);
        if raw.is_empty() {
            return (fields, rest);
        }
        if let Some(colon) = raw.iter().position(|b| *b == b':') {
            fields.push(HeaderField {
                name: raw[..colon].trim_ascii_end(),
                value: &raw[colon + 1..],
            });
        }
    }
    (fields, rest)
}

/// Returns where the first field of `head` ends: after the first line end that no blank follows.
fn field_end(head: &[u8]) -> usize {
    let mut from = 0;
    while let Some(newline) = head[from..].iter().position(|b| *b == b'\n') {
        from += newline + 1;
        // The empty line ends the head, whatever the body begins with.
        let empty = without_line_end(&head[..from]).is_empty();
        if empty || !matches!(head.get(from), Some(b' ' | b'\t')) {
            return from;
        }
    }
    head.len()
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Returns the name in lower case, the value on one line, each run of blanks one space and none at
/// the ends. No line end.
pub fn relaxed_field(field: &HeaderField<'_>) -> Vec<u8> {
    let mut relaxed = field.name.to_ascii_lowercase();
    relaxed.push(b':');
    // A line end within a field is followed by a blank, so dropping the line end still leaves a
    // gap.
    let unfolded: Vec<u8> =
        field.value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    relax(unfolded.trim_ascii_start(), &mut relaxed);
    relaxed
}

/// Returns each line without blanks at its end and with one space for each other run of them; no
/// empty lines at the end.
pub fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    let mut text_end = 0;
    for line in body.split(|b| *b == b'\n') {
        let start = relaxed.len();
        relax(line.strip_suffix(b"\r").unwrap_or(line), &mut relaxed);
        let empty = relaxed.len() == start;
        relaxed.extend(b"\r\n");
        if !empty {
            text_end = relaxed.len();
        }
    }
    relaxed.truncate(text_end);
    relaxed
}

/// Appends a line to `out`: one space for each run of blanks, none for those at its end.
fn relax(line: &[u8], out: &mut Vec<u8>) {
    let mut blank = false;
    for &b in line {
        if matches!(b, b' ' | b'\t') {
            blank = true;
            continue;
        }
        if blank {
            out.push(b' ');
        }
        blank = false;
        out.push(b);
    }
}
