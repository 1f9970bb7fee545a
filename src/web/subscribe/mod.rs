//! Subscribing, and managing what comes: the page to subscribe and its API, the links in mails to confirm and to leave, and
//! each subscriber's own page. GET shows and changes nothing (P9): link scanners in mail servers open every link, and
//! unsubscribed whole offices elsewhere.
//!
//! `subscription_form` reads what is wanted, `cadence` when, `preview` shows what it would have brought.
//! `clients` refuses other sites' forms and limits requests; `subscribe_words` has their texts.

pub mod api;
mod cadence;
pub mod clients;
mod confirmation;
pub mod links;
pub mod page;
pub mod preferences;
pub mod preview;
pub mod subscribe_words;
mod subscription_form;
