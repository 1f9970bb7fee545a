//! The form of names that appear in addresses, queries and files.

/// Checks the name of a source or a feed, which queries, URLs, logs and file names contain.
pub(crate) fn slug(text: &str) -> Result<String, String> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "\"{}\" is not a name: use 1 to 64 lower-case letters, digits and hyphens, such as \"so-tttt\"",
            text.escape_debug()
        ))
    }
}
