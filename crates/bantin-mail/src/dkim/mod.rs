//! DKIM signatures (RFC 6376, 8301, 8463) over a finished mail: whoever gets it can tell that the domain vouches for it
//! and that nobody changed it on the way. Only the bytes count, so signing is the last step before sending.
//!
//! `canonical` is the form in which a mail is signed, `key` what signs it. Nothing here is random and nothing reads a
//! clock (P3): both kinds of signature are a function of key and text, and the time in them is the mail's own.

mod canonical;
mod key;
mod signer;

pub use key::{KeyMistake, SigningKey};
pub use signer::{Domain, Selector, Signer, signatures};
