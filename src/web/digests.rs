//! The page of a digest: what the mail said, without what is one reader's own, and the items that the mail only counts.

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::encoded_document::value;
use super::errors::WebError;
use super::pages::{private, shared};
use super::site::markup::{pictures, with_own_pictures};
use super::site::pictures::own_copies;
use super::{Site, Web};
use bantin_model::digest::digest_texts::DigestTexts;
use bantin_model::digest::{DigestLinks, LINK_MARK, filled, without_mail_only};
use bantin_model::limits::COUNTED_ITEMS;
use bantin_model::{Digest, DigestKind};

/// A digest never changes, but an item that it counts may be edited.
const DIGEST_AGE: &str = "private, max-age=300";

/// An item that the mail only counts.
#[derive(Serialize)]
struct UnlistedItem {
    address: String,
    title: String,
}

pub async fn digest(State(web): State<Web>, Path(token): Path<String>) -> Response {
    match digest_page(&web, &token).await {
        Ok(answer) => answer,
        Err(error) => private(error.answer(&web.site(), &web)),
    }
}

async fn digest_page(web: &Web, token: &str) -> Result<Response, WebError> {
    let store = &web.0.store;
    let id = web.0.tokens.read_digest(token).ok_or(WebError::NotFound)?;
    let digest = store.digest(id).await.map_err(WebError::Unavailable)?;
    let digest = digest.filter(|digest| digest.kind == DigestKind::Items);
    let digest = digest.ok_or(WebError::NotFound)?;
    let content = content(&digest, web.site().public_url.path());
    let pictures = own_copies(web, &pictures(&content)).await.map_err(WebError::Unavailable)?;
    let counted = store.counted_items(&digest, COUNTED_ITEMS).await;
    let counted = counted.map_err(WebError::Unavailable)?;
    let site = Site { lang: digest.lang, ..(*web.site()).clone() };
    let texts = DigestTexts::of(digest.lang);
    let home = site.public_url.path();
    let counted = counted.into_iter().map(|item| UnlistedItem {
        address: format!("{home}items/{}", item.id),
        title: if item.title.is_empty() { texts.untitled.to_owned() } else { item.title },
    });
    let values = context! {
        title => digest.subject.clone(),
        // Escaped when the mail was made (P8). A mail shows the portals' pictures, a page our own copies.
        content => Value::from_safe_string(with_own_pictures(&content, &pictures)),
        counted_heading => texts.counted,
        counted => Value::from(Serde(counted.collect::<Vec<_>>())),
        ..shared(&site)
    };
    let mut answer = web.page(StatusCode::OK, "digest.html", values);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, value(DIGEST_AGE));
    headers.insert(HeaderName::from_static("x-robots-tag"), value("noindex"));
    Ok(answer)
}

/// The digest's own part of the mail. Whatever a template of the admin's leaves of one reader's links leads to the front
/// page: the page is for everybody who has its address.
fn content(digest: &Digest, home: &str) -> String {
    let shared = without_mail_only(&digest.html);
    let links = DigestLinks {
        own: home.to_owned(),
        preferences: home.to_owned(),
        page: "#content".to_owned(),
    };
    let content = plain(&filled(&shared, &links));
    debug_assert!(!content.contains(LINK_MARK));
    content
}

/// The body of a mail as part of a page: our policy takes no styles but our own, and the tables of a mail are there for
/// the sake of mail programs alone. In what our templates write, `<` and `"` of others are escaped.
fn plain(mail: &str) -> String {
    const LAYOUT: [&str; 8] = ["table", "tbody", "tr", "td", "th", "center", "body", "html"];
    let body = match mail.find("<body").and_then(|at| Some((at, mail[at..].find('>')?))) {
        Some((at, length)) => &mail[at + length + 1..],
        None => mail,
    };
    let body = body.rfind("</body").map_or(body, |end| &body[..end]);
    let mut plain = String::with_capacity(body.len() / 2);
    let mut rest = body;
    while let Some(open) = rest.find('<') {
        plain.push_str(&rest[..open]);
        rest = &rest[open..];
        let is_comment = rest.starts_with("<!--");
        let (end, length) = if is_comment { ("-->", 3) } else { (">", 1) };
        let Some(close) = rest.find(end) else { return plain };
        let tag = &rest[..close + length];
        rest = &rest[close + length..];
        let name = tag.trim_start_matches(['<', '/']);
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if name == "style" && !tag.starts_with("</") {
            rest = rest.find("</style").map_or("", |at| &rest[at..]);
        }
        if !is_comment && name != "style" && !LAYOUT.contains(&name) {
            // What is quiet in the mail has another name in our style.
            plain.push_str(&without_style(tag).replace("<p class=\"quiet\"", "<p class=\"meta\""));
        }
    }
    plain.push_str(rest);
    plain
}

/// A tag without its `style` attribute.
fn without_style(tag: &str) -> String {
    let Some((before, after)) = tag.split_once(" style=\"") else { return tag.to_owned() };
    let after = after.split_once('"').map_or(">", |(_, after)| after);
    format!("{before}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_becomes_a_part_of_a_page() {
        for (mail, page) in [
            (
                "<html><head><style>a{}</style></head><body class=\"x\"><table role=\"presentation\"><tr><td style=\"a\">\
                 <h1 class=\"ink\" style=\"margin:0\">A &lt;td&gt;</h1><p style=\"x\">b<br>c</p></td></tr></table></body></html>",
                "<h1 class=\"ink\">A &lt;td&gt;</h1><p>b<br>c</p>",
            ),
            ("<!--[if mso]><table><![endif]--><p>a</p>", "<p>a</p>"),
            (
                "<p>a</p><style>p{}</style><a href=\"/\" style=\"b\">c</a>",
                "<p>a</p><a href=\"/\">c</a>",
            ),
            ("<p class=\"quiet\" style=\"a\">a</p>", "<p class=\"meta\">a</p>"),
            ("no tag", "no tag"),
            ("a<b", "a"),
        ] {
            assert_eq!(plain(mail), page);
        }
    }
}
