//! Subscribing, and managing what comes: the page to subscribe and its API, the links in mails to confirm and to leave, and
//! each subscriber's own page. GET shows and changes nothing (P9): link scanners in mail servers open every link, and
//! unsubscribed whole offices elsewhere.
//!
//! `subscription_form` reads what is wanted, `cadence` when, `preview` shows what it would have brought.
//! `clients` refuses other sites' forms and limits requests; `subscribe_words` has their texts.

pub mod api;
mod cadence;
pub mod clients;
pub mod links;
pub mod page;
pub mod preferences;
pub mod preview;
pub mod subscribe_words;
mod subscription_form;

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
