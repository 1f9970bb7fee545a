//! The place of an element on a page, from tags, roles and names: menu, footer, sidebar, main part.
//! The words are those that site makers use in English and Vietnamese; the names of a page's news
//! are not considered.

use std::ops::{BitOr, BitOrAssign};

/// A set of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PagePlace(u32);

impl PagePlace {
    pub const fn has(self, other: PagePlace) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn bit(nth: usize) -> PagePlace {
        PagePlace(1 << nth)
    }

    pub const fn of(places: &[PagePlace]) -> PagePlace {
        let (mut all, mut nth) = (0, 0);
        while nth < places.len() {
            all |= places[nth].0;
            nth += 1;
        }
        PagePlace(all)
    }

    pub const fn without(self, other: PagePlace) -> PagePlace {
        PagePlace(self.0 & !other.0)
    }
}

impl BitOr for PagePlace {
    type Output = PagePlace;

    fn bitor(self, other: PagePlace) -> PagePlace {
        PagePlace(self.0 | other.0)
    }
}

impl BitOrAssign for PagePlace {
    fn bitor_assign(&mut self, other: PagePlace) {
        self.0 |= other.0;
    }
}

pub const NAV: PagePlace = PagePlace(1);
pub const HEADER: PagePlace = PagePlace(1 << 1);
pub const FOOTER: PagePlace = PagePlace(1 << 2);
pub const ASIDE: PagePlace = PagePlace(1 << 3);
pub const MAIN: PagePlace = PagePlace(1 << 4);
pub const ARTICLE: PagePlace = PagePlace(1 << 5);
pub const PAGER: PagePlace = PagePlace(1 << 6);
pub const CRUMBS: PagePlace = PagePlace(1 << 7);
pub const TAGS: PagePlace = PagePlace(1 << 8);
pub const SHARE: PagePlace = PagePlace(1 << 9);
pub const POPULAR: PagePlace = PagePlace(1 << 10);
pub const RELATED: PagePlace = PagePlace(1 << 11);
pub const COMMENTS: PagePlace = PagePlace(1 << 12);
pub const HIDDEN: PagePlace = PagePlace(1 << 13);
pub const ADVERT: PagePlace = PagePlace(1 << 14);
pub const HEADING: PagePlace = PagePlace(1 << 15);
pub const ROW: PagePlace = PagePlace(1 << 16);
pub const AUTHOR: PagePlace = PagePlace(1 << 17);
pub const TICKER: PagePlace = PagePlace(1 << 18);
/// Footnotes, references, and what edits a text.
pub const NOTES: PagePlace = PagePlace(1 << 19);
/// What editors push today: news on a front page, old news elsewhere.
pub const HOT: PagePlace = PagePlace(1 << 20);

/// Names that are believed only of a part of the page.
pub const NAMED_SMALL: PagePlace = PagePlace(
    NAV.0
        | HEADER.0
        | FOOTER.0
        | ASIDE.0
        | PAGER.0
        | CRUMBS.0
        | TAGS.0
        | SHARE.0
        | POPULAR.0
        | RELATED.0
        | COMMENTS.0
        | ADVERT.0
        | AUTHOR.0
        | NOTES.0
        | HOT.0,
);

pub fn of_tag(tag: &str) -> PagePlace {
    match tag {
        "nav" => NAV,
        "header" => HEADER,
        "footer" => FOOTER,
        "aside" => ASIDE,
        "main" => MAIN,
        "article" => ARTICLE | ROW,
        "li" | "tr" | "dt" | "dd" | "section" => ROW,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => HEADING,
        "address" => AUTHOR,
        "marquee" => TICKER,
        "cite" => NOTES,
        _ => PagePlace::default(),
    }
}

pub fn of_attribute(name: &str, value: &str) -> PagePlace {
    match name {
        "role" => match value.trim() {
            "navigation" | "menu" | "menubar" | "menuitem" | "tablist" | "search" => NAV,
            "banner" => HEADER,
            "contentinfo" => FOOTER,
            "complementary" => ASIDE,
            "main" | "feed" => MAIN,
            "article" => ARTICLE | ROW,
            _ => PagePlace::default(),
        },
        "itemtype" if value.contains("Article") || value.contains("BlogPosting") => ARTICLE | ROW,
        "itemtype" if value.contains("SiteNavigationElement") => NAV,
        "itemtype" if value.contains("BreadcrumbList") => CRUMBS,
        "rel" => value.split_ascii_whitespace().fold(PagePlace::default(), |place, rel| {
            place
                | match rel {
                    "tag" | "category" => TAGS,
                    "author" => AUTHOR,
                    "next" | "prev" | "first" | "last" => PAGER,
                    "sponsored" => ADVERT,
                    _ => PagePlace::default(),
                }
        }),
        _ => PagePlace::default(),
    }
}

/// What a class or an id tells, by the words it is made of: "mainMenu", "tin-xem-nhieu", "ft_links".
pub fn of_name(name: &str) -> PagePlace {
    let mut place = PagePlace::default();
    let mut joined = String::with_capacity(name.len());
    let mut word = String::new();
    let mut after_lower = false;
    let mut told_of = false;
    let mut of_part = false;
    for letter in name.chars().chain(std::iter::once('-')) {
        let splits = !letter.is_alphabetic() || letter.is_uppercase() && after_lower;
        if splits && !word.is_empty() {
            // "no-nav" and "has-sidebar" say what goes with an element, not what it is.
            let means = if told_of { PagePlace::default() } else { of_word(&word) };
            let means = if of_part { means.without(HEADER) } else { means };
            of_part = is_part(&word);
            // "news_list_pages" are pages of news; a pager's name says little else.
            let of_many = word == "pages" && joined.len() > "list".len();
            place |= if of_many { means.without(PAGER) } else { means };
            if !told_of {
                joined.push_str(&word);
            }
            told_of = matches!(&*word, "no" | "not" | "non" | "without" | "with" | "has" | "have");
            word.clear();
        }
        after_lower = letter.is_lowercase();
        if letter.is_alphabetic() {
            word.extend(letter.to_lowercase());
        }
    }
    for (part, means) in PARTS {
        if joined.contains(part) {
            place |= *means;
        }
    }
    // A theme called "Avatar" has "avatar-main-content"; a person's picture is no main part.
    if place.has(MAIN) && joined.contains("avatar") { place.without(AUTHOR) } else { place }
}

/// Whether a word names a part of a page that has a header of its own: "item-header", Joomla's "page-header".
fn is_part(word: &str) -> bool {
    const PARTS_WITH_HEADERS: &[&str] = &[
        "page", "entry", "item", "article", "post", "card", "block", "section", "content", "news",
        "panel", "box", "blog", "title", "module", "story", "list", "tin",
    ];
    PARTS_WITH_HEADERS.contains(&word)
}

/// Returns the first word of a name where it means an author, such as "avatar" in "avatar-pos-left". A theme called so
/// begins the names of all its parts with it.
pub fn author_prefix(name: &str) -> Option<&str> {
    let (first, _) = name.split_once(['-', '_'])?;
    of_word(&first.to_ascii_lowercase()).has(AUTHOR).then_some(first)
}

fn of_word(word: &str) -> PagePlace {
    match word {
        "nav" | "navbar" | "navigation" | "menu" | "menus" | "submenu" | "topmenu" | "mainmenu"
        | "megamenu" | "navi" | "topnav" | "toolbar" | "offcanvas" | "dropdown" | "langs"
        | "language" | "languages" | "lang" | "sitemap" | "login" => NAV,
        "header" | "topbar" | "masthead" | "banner" | "logo" => HEADER,
        "footer" | "copyright" | "colophon" => FOOTER,
        "aside" | "sidebar" | "side" | "widget" | "widgets" | "rightcol" | "leftcol" => ASIDE,
        "pagination" | "pager" | "paging" | "pages" | "paginate" | "pagenav" | "paginator" => PAGER,
        "breadcrumb" | "breadcrumbs" | "crumbs" | "crumb" | "pathway" => CRUMBS,
        "tags" | "tagcloud" | "cloud" | "hashtag" | "hashtags" | "keywords" | "taglist"
        | "labels" => TAGS,
        "share" | "social" | "socials" | "sharing" | "sns" | "addthis" | "follow" => SHARE,
        "popular" | "mostread" | "mostview" | "mostviewed" | "topread" => POPULAR,
        "trending" | "hottest" => HOT,
        "related" | "relate" | "recommend" | "recommended" | "lienquan" => RELATED,
        "comments" | "comment" | "respond" | "reply" => COMMENTS,
        "ad" | "ads" | "adv" | "advert" | "sponsor" | "sponsored" | "quangcao" | "promo"
        | "adsense" => ADVERT,
        "author" | "authors" | "byline" | "username" | "avatar" | "meta" => AUTHOR,
        "ticker" => TICKER,
        "references" | "footnote" | "footnotes" | "bibliography" | "citation" | "citations"
        | "editsection" => NOTES,
        "main" | "content" | "maincontent" | "noidung" => MAIN,
        _ => PagePlace::default(),
    }
}

const PARTS: &[(&str, PagePlace)] = &[
    ("breadcrumb", CRUMBS),
    ("xemnhieu", POPULAR),
    ("docnhieu", POPULAR),
    ("mostview", POPULAR),
    ("mostread", POPULAR),
    ("mostpopular", POPULAR),
    ("phantrang", PAGER),
    ("lienketweb", NAV),
    ("weblink", NAV),
    ("sidebar", ASIDE),
    ("quangcao", ADVERT),
    ("advertis", ADVERT),
    ("tinlienquan", RELATED),
    ("mainmenu", NAV),
    ("menumain", NAV),
    ("danhmuc", NAV),
];

/// Names that are not believed of what holds headlines: a widget that is called after its tabs, a banner with news, a
/// module that an editor put where the theme has its breadcrumbs.
pub const NAMED_BY_MISTAKE: PagePlace =
    PagePlace(NAV.0 | HEADER.0 | TAGS.0 | SHARE.0 | ADVERT.0 | AUTHOR.0 | CRUMBS.0);

/// The place of an element in an element. A header or a footer of a card or a section is none of the page.
pub fn inside(above: PagePlace, own: PagePlace, page_wide: bool) -> PagePlace {
    let mut own = own;
    if page_wide {
        own = own.without(NAMED_SMALL);
    }
    if above.has(ROW) {
        own = own.without(HEADER);
        if above.has(ARTICLE) {
            own = own.without(FOOTER);
        }
    }
    let kept = if own.has(NAV) { above.without(MAIN) } else { above };
    kept | own
}

/// Whether a class or an id will be there tomorrow: no number, no hash, no state of the moment.
pub fn is_lasting(name: &str) -> bool {
    const MOMENTS: &[&str] = &[
        "active",
        "first",
        "last",
        "odd",
        "even",
        "current",
        "selected",
        "hover",
        "open",
        "show",
        "hide",
        "hidden",
        "clearfix",
        "alt",
        "new",
        "hot",
        "sticky",
        "visited",
        "collapsed",
        "expanded",
        "loaded",
        "lazy",
        "visible",
        "in",
        "on",
        "is-active",
        "row-odd",
        "row-even",
    ];
    let length = name.chars().count();
    if !(2..=40).contains(&length) || name.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    if !name.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_')) {
        return false;
    }
    let lower = name.to_ascii_lowercase();
    // What WordPress and others say of each article: its section, its keywords, its author, its form.
    let filed =
        ["category-", "tag-", "author-", "format-", "status-", "has-", "tax-", "term-", "topic-"];
    if filed.iter().any(|part| lower.starts_with(part)) {
        return false;
    }
    if MOMENTS.contains(&lower.as_str()) {
        return false;
    }
    !is_hashed(name)
}

/// Letters with a number of one or two digits at the end: the name of a width or a margin.
pub fn is_of_a_grid(name: &str) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (1..=3).contains(&(name.len() - stem.len()))
        && stem.len() >= 2
        && is_lasting(stem.trim_end_matches(['-', '_']))
}

/// "sc-bdVaJa", "kLmXyQ", "css-abcxyz": letters that no one chose.
fn is_hashed(name: &str) -> bool {
    if name.starts_with("css-") || name.starts_with("sc-") || name.starts_with("jsx-") {
        return true;
    }
    let word = |word: &str| {
        let letters = word.as_bytes();
        let switches = letters
            .windows(2)
            .filter(|two| two[0].is_ascii_lowercase() != two[1].is_ascii_lowercase())
            .count();
        let capitals = letters.windows(3).any(|three| {
            three[0].is_ascii_lowercase()
                && three[1].is_ascii_uppercase()
                && three[2].is_ascii_uppercase()
        });
        let ends_high = letters
            .windows(2)
            .last()
            .is_some_and(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
        let vowels = word.chars().filter(|c| "aeiouyAEIOUY".contains(*c)).count();
        let mixed = switches > 0 && word.len() <= 8;
        word.is_ascii()
            && (word.len() >= 5 && switches >= 4
                || mixed && word.len() >= 5 && (capitals || ends_high || vowels * 5 < word.len())
                || word.len() >= 6 && vowels == 0)
    };
    name.split(['-', '_']).any(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_by_its_words() {
        for (name, place) in [
            ("mainMenu", NAV | MAIN),
            ("tin-xem-nhieu", POPULAR),
            ("ctl00_footer", FOOTER),
            ("navigator-of-the-seas", PagePlace::default()),
            ("headline", PagePlace::default()),
            ("tagline", PagePlace::default()),
            ("main-content", MAIN),
            ("wrapper no-nav", PagePlace::default()),
            ("has-sidebar", PagePlace::default()),
            ("page-header", PagePlace::default()),
            ("entryHeader", PagePlace::default()),
            ("card_header", PagePlace::default()),
            ("header-content", HEADER | MAIN),
            ("site-header", HEADER),
            ("user-avatar", AUTHOR),
            ("avatar-main-content", MAIN),
            ("list_pages", PAGER),
            ("news_hot_list_pages", PagePlace::default()),
        ] {
            assert_eq!(of_name(name), place, "{name}");
        }
    }

    #[test]
    fn only_names_that_somebody_chose_are_lasting() {
        for name in ["tin", "list-news", "article_item", "postTitle"] {
            assert!(is_lasting(name), "{name}");
        }
        for name in ["css-abcxyz", "post-123", "active", "kLmXyQ", "odd", "md:flex", "x"] {
            assert!(!is_lasting(name), "{name}");
        }
    }
}
