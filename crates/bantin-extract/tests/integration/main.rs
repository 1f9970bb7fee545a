//! The tests of the reader as another crate uses it, in one program: each program takes time to be linked.

mod article_days;
mod attachments;
mod choosing;
mod corpus;
mod detecting;
mod document_pages;
mod documents;
mod layouts;
mod lists;
mod reading;
mod rows_of_buttons;
mod short_notices;
mod texts;
