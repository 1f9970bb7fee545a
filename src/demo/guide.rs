//! The demo's own pages: the first page, which says what to look at, and the mailbox. Values in, HTML out; no script, no
//! request to anywhere else.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::Serialize;

/// What the first page names.
#[derive(Serialize)]
pub struct GuideView {
    pub portal_url: String,
    /// Name and title.
    pub feeds: Vec<(String, String)>,
    /// Ends in `/`.
    pub public_url: String,
}

/// A mail as it was sent.
#[derive(Serialize)]
pub struct MailView {
    pub id: i64,
    pub to: String,
    pub subject: String,
    /// As people read it.
    pub at: String,
    pub text: String,
    pub html: String,
    /// The head of the message, as sent.
    pub headers: String,
}

/// The first page.
pub fn guide(view: &GuideView) -> String {
    render("guide.html", Value::from(Serde(view)))
}

/// The mails so far, newest first; the page looks for more by itself.
pub fn mailbox(mails: &[MailView]) -> String {
    render("mailbox.html", context! { mails => Value::from(Serde(mails)) })
}

/// Renders one mail as a reader sees it, as text, and its head. The HTML is in a frame that may
/// neither run nor load anything.
pub fn mail_page(mail: &MailView) -> String {
    render("mail.html", context! { mail => Value::from(Serde(mail)) })
}

fn render(name: &str, values: Value) -> String {
    let mut pages = Environment::new();
    pages.set_undefined_behavior(UndefinedBehavior::Strict);
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    for (name, text) in [
        ("base.html", include_str!("guide/base.html")),
        ("guide.html", include_str!("guide/guide.html")),
        ("mailbox.html", include_str!("guide/mailbox.html")),
        ("mail.html", include_str!("guide/mail.html")),
    ] {
        pages.add_template(name, text).expect("a test renders every page");
    }
    let page = pages.get_template(name).expect("it was just added");
    page.render(values).expect("a test renders every page")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> MailView {
        MailView {
            id: 7,
            to: "a@example.vn".into(),
            subject: "<script>alert(1)</script> & \"tin\"".into(),
            at: "07:00:00".into(),
            text: "một <b>dòng</b>".into(),
            html: "<p onclick='x'>\"Tin\"</p></iframe><script>alert(2)</script>".into(),
            headers: "Subject: =?utf-8?b?VGlu?=\nTo: <a@example.vn>".into(),
        }
    }

    #[test]
    fn the_first_page_leads_to_everything_there_is_to_see() {
        let page = guide(&GuideView {
            portal_url: "http://127.0.0.1:1/tin".into(),
            feeds: vec![("tin".into(), "Tin hoạt động".into())],
            public_url: "http://127.0.0.1:2/".into(),
        })
        .replace("&#x2f;", "/");
        for address in [
            "http://127.0.0.1:1/tin",
            "/feeds/tin/rss.xml",
            "/feeds/tin/atom.xml",
            "/feeds/tin/feed.json",
            "/mailbox",
            "/news",
            "/healthz",
        ] {
            assert!(page.contains(&format!("href=\"{address}\"")), "{address} is not linked");
        }
    }

    #[test]
    fn p8_nothing_in_a_mail_becomes_markup_of_the_page() {
        for page in [mailbox(&[mail()]), mail_page(&mail())] {
            assert!(!page.contains("<script") && !page.contains("<b>dòng"), "{page}");
        }
        let page = mail_page(&mail());
        assert!(page.contains("sandbox") && page.matches("</iframe>").count() == 1, "{page}");
        assert!(mailbox(&[]).contains("No mail yet"));
    }
}
