//! What comes back: delivery reports (RFC 3464), complaints (RFC 5965), the free prose of servers that write neither,
//! automatic replies, and mails that ask to leave. Bytes go in, [`Bounce`] values come out; nothing here stores or acts.
//!
//! Anybody can write a mail that looks like a bounce. So a [`Bounce`] is about a delivery only when it carries what only
//! a receiver of that delivery can know: our signature in a return path, or the delivery's random Message-ID. The
//! address that a report names is never enough.
//!
//! `mime` cuts a mail into parts, `report` reads the two standard forms, `prose` the others, `judging` says what a
//! server's words mean; `origin` finds which delivery is meant. `policy` says what follows for the subscriber.

mod finding;
mod inbox;
mod judging;
mod mime;
mod origin;
mod policy;
mod prose;
mod reading;
mod report;
#[cfg(test)]
mod tests;
mod values;
mod verp;

pub use inbox::{MaildirMail, maildir, read_mail, set_aside};
pub use policy::{BounceRecord, BounceStreak, BounceVerdict};
pub use reading::read;
pub use values::{Bounce, BounceEvent, BounceKind, BounceSubject, EnhancedCode, Recipient};
pub use verp::{ReturnPaths, check_mailbox};
