//! Bounds on hostile input: what is read of a page, a feed or a JSON document.

/// Decoded bytes of an HTML page. Government pages with Word-pasted markup reach 2 MB.
pub const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Open elements at one place of a page. Browsers stop nesting at 512 as well.
pub const OPEN_ELEMENTS: usize = 512;
/// Elements and comments read of a page, in total, and attributes. Portals' pages have one or two
/// thousand; a tree takes half a kilobyte for each.
pub const ELEMENTS: usize = 25_000;
pub const PAGE_ATTRIBUTES: usize = 100_000;
/// Bytes of text that are read of a page: a novel of a thousand pages.
pub const PAGE_TEXT_BYTES: usize = 2 * 1024 * 1024;
/// Attributes of one element; those who write pages by program come to some dozens. A tree builder compares each with all
/// before it: the 800,000 that fit into a page would take it minutes.
pub const ATTRIBUTES: usize = 500;
/// Elements, texts and attributes of a foreign feed or sitemap, in total: a sitemap of 50,000
/// addresses has 300,000.
pub const FEED_NODES: usize = 400_000;
/// Attributes kept of one element of a foreign feed.
pub const FEED_ATTRIBUTES: usize = 64;
/// Different names of elements, and prefixes, of a foreign feed. All vocabularies of feeds together have some 500.
pub const FEED_NAMES: usize = 4_000;
/// Brackets open at one place of foreign JSON; its reader follows no more either.
pub const JSON_OPEN: usize = 127;
/// What the values of foreign JSON may take in memory, in bytes: 20,000 small objects, or 400,000 numbers.
pub const JSON_BYTES: usize = 14 * 1024 * 1024;
/// Rows read from one listing.
pub const ROWS: usize = 1_000;
/// Characters of a title; a longer one ends in an ellipsis.
pub const TITLE_CHARS: usize = 500;
