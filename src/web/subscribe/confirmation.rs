//! Consent: the text that subscribers agree to, and the mail that asks them to confirm.

use crate::web::{Site, Web};
use bantin_mail::Mailer;
use bantin_model::{DigestKind, Lang};
use bantin_store::NewDigest;

/// Names the text that subscribers agree to. It changes with the words on the page and in the mail.
pub(super) const CONSENT: &str = "consent text 1";

/// Returns the settings with the language of the person who asks.
pub(super) fn in_language(web: &Web, lang: Lang) -> Site {
    Site { lang, ..(*web.site()).clone() }
}

/// Returns the mail that asks to confirm a subscription.
pub(super) fn confirmation_mail(
    web: &Web,
    mailer: &Mailer,
    lang: Lang,
) -> anyhow::Result<NewDigest> {
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
