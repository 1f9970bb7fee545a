//! DKIM signatures (RFC 6376, 8301, 8463) over a finished mail. They show a receiver that the
//! domain vouches for the mail and that it was not changed on the way. Only the bytes count, so
//! signing is the last step before sending.
//!
//! `signer` makes the signature, `canonical` the form in which a mail is signed, and `key` holds
//! what signs it. Nothing here is random and nothing reads a clock (P3): both kinds of signature
//! are a function of key and text, and the time in them is the mail's own.

mod canonical;
mod key;
mod signer;

pub use key::{KeyMistake, SigningKey};
pub use signer::{Domain, Selector, Signer, signatures};
