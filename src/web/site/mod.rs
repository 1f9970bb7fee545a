//! The news site that people read: the front page, items, search, sources, and what robots want to know. No script anywhere.
//!
//! `front` is rendered once per change, `item` and `search` per request with bounded work; `site_words` has their texts.

mod diff;
mod display;
pub mod front;
pub mod item;
pub mod markup;
mod page_response;
pub mod pictures;
pub mod robots;
pub mod search;
pub mod site_words;
