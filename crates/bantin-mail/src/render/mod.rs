//! The templates of mails: compiled into the program, each replaceable by a file of the admin's own. Names ending in
//! `.html` escape whatever is put into them; an unknown name in a template is an error, not an empty space.
//! `custom` reads the admin's files and tries them out.

mod custom;
mod template_set;
mod wrap;

pub use template_set::{Templates, escape_html};
