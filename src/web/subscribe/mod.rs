//! Subscribing, and managing what comes: the page to subscribe and its API, the links in mails to confirm and to leave, and
//! each subscriber's own page. GET shows and changes nothing (P9): link scanners in mail servers open every link, and
//! unsubscribed whole offices elsewhere.
//!
//! `wish` reads what somebody wants, `cadence` the when of it, `preview` shows what it would have brought; `gate` keeps out
//! other sites' forms and floods; `words` is every word in them.

pub mod api;
mod cadence;
pub mod gate;
pub mod links;
pub mod page;
pub mod preferences;
pub mod preview;
mod wish;
pub mod words;

use super::{Site, Web};
use bantin_mail::Mailer;
use bantin_model::{DigestKind, Lang};
use bantin_store::NewDigest;

/// Which text people agreed to; it changes with the words on the page and in the mail that asks.
const CONSENT: &str = "consent text 1";

/// The settings with the language of the person who asks.
fn in_language(web: &Web, lang: Lang) -> Site {
    Site { lang, ..(*web.site()).clone() }
}

/// The mail that asks to confirm.
fn letter(web: &Web, mailer: &Mailer, lang: Lang) -> anyhow::Result<NewDigest> {
    let rendered = mailer.render_confirmation(lang)?;
    Ok(NewDigest {
        kind: DigestKind::Confirmation,
        lang,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        list: String::new(),
        composed_at: web.0.clock.now(),
        items: Vec::new(),
    })
}
