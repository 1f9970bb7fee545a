//! Reads a mail to the bounce mailbox: finds which of our mails it is about and what it says.

use bantin_model::limits::MAIL_BYTES;

use super::finding::BounceFinding;
use super::values::{Bounce, BounceKind};
use super::verp::ReturnPaths;
use super::{mime, origin, prose, report};

/// Reads a mail that came to the bounce mailbox, up to [`MAIL_BYTES`] of it. There is always an answer, and more than one
/// where a report names several recipients. `envelope_to` is the address it came to, where delivery says so (Postfix:
/// `ORIGINAL_RECIPIENT`); `own_domain` is the domain of our Message-IDs.
pub fn read(
    mail: &[u8],
    envelope_to: Option<&str>,
    own_domain: &str,
    paths: &ReturnPaths,
) -> Vec<Bounce> {
    let mail = &mail[..mail.len().min(MAIL_BYTES)];
    let parts = mime::parts(mail);
    let origin = origin::BounceOrigin { parts: &parts, envelope_to, own_domain, paths };
    let about = origin.about();
    let found = match origin.leaves() {
        Some(subscription) => {
            vec![BounceFinding::of(BounceKind::Leave(subscription), "asks to leave")]
        }
        None => report::read(&parts).unwrap_or_else(|| vec![prose::read(&parts)]),
    };
    found.into_iter().map(|finding| finding.about(about.clone())).collect()
}
