//! Finds a notice too short to be recognised by its prose: one sentence, one picture, one document.
//! It is what follows the headline and is neither a box beside the text nor a list of other news.

use super::super::attachments;
use super::super::flat::Flat;
use super::super::page::{self, Target};
use super::super::text::fold;
use super::regions::shows;
use super::words::{self, NameMeaning};

use url::Url;

/// Elements around a headline that are looked through for what follows it.
const LEVELS: usize = 5;
/// Letters of plain words that say something.
const SAYS: usize = 6;
/// Letters of a text that is a notice; a longer one is recognised by its prose.
const LONGEST: usize = 1_200;

/// The elements that hold the notice, in page order; none where nothing follows the headline.
pub fn find(flat: &Flat<'_>, title_at: Option<usize>, outside: &[bool], base: &Url) -> Vec<usize> {
    let search = NoticeSearch { flat, outside, base };
    match title_at {
        Some(title) => search.below(title),
        None => search.named(),
    }
}

struct NoticeSearch<'a, 'b> {
    flat: &'a Flat<'b>,
    outside: &'a [bool],
    base: &'a Url,
}

impl NoticeSearch<'_, '_> {
    fn below(&self, title: usize) -> Vec<usize> {
        let mut inner = title;
        for above in self.flat.around(title).skip(1).take(LEVELS) {
            let mut found = Vec::new();
            for child in self.flat.children(above).filter(|child| *child > inner) {
                if self.heads_other_news(child) {
                    break;
                }
                if self.belongs(child) {
                    found.push(child);
                }
            }
            if !found.is_empty() {
                return found;
            }
            if matches!(self.flat.elements[above].tag, "body" | "html" | "main") {
                break;
            }
            inner = above;
        }
        Vec::new()
    }

    /// Without a headline: the one box that is named for the text.
    fn named(&self) -> Vec<usize> {
        const NAMED: &[&str] = &[
            "noidung",
            "noi-dung",
            "noi_dung",
            "chitiet",
            "chi-tiet",
            "bodytext",
            "articlebody",
            "article-body",
            "news-content",
            "newscontent",
            "news-detail",
            "newsdetail",
            "detail-content",
            "post-content",
            "entry-content",
        ];
        let box_at = (0..self.flat.elements.len())
            .find(|at| self.flat.is_named(*at, NAMED) && self.belongs(*at));
        box_at.into_iter().collect()
    }

    fn heads_other_news(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        (1..=40).contains(&element.letters)
            && words::heads_other_news(&fold(&page::visible_text(&element.node)))
    }

    fn belongs(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        let is_box = element.is_unseen
            || element.in_margin
            || self.outside[at]
            || matches!(
                element.tag,
                "nav"
                    | "footer"
                    | "aside"
                    | "form"
                    | "button"
                    | "script"
                    | "style"
                    | "br"
                    | "hr"
                    | "h1"
                    | "time"
                    | "select"
                    | "input"
                    | "label"
            )
            || element.letters > LONGEST;
        let names =
            || words::name(self.flat.names(at)) == NameMeaning::Box && !self.holds_document(at);
        if is_box || names() {
            return false;
        }
        let plain = element.letters - element.linked;
        let inside = &self.flat.elements[at..element.end];
        if inside.iter().any(|inner| shows(inner) && !inner.in_link && !inner.is_unseen) {
            return plain * 3 >= element.linked;
        }
        if self.holds_document(at) {
            return true;
        }
        // A list of other pages is no notice.
        plain >= SAYS && plain * 2 >= element.linked && !self.is_dated_only(at)
    }

    fn holds_document(&self, at: usize) -> bool {
        let links = self.flat.elements[at..self.flat.elements[at].end]
            .iter()
            .filter(|inner| inner.tag == "a")
            .take(20);
        let hrefs = links.filter_map(|link| link.node.attr("href"));
        hrefs.into_iter().any(|href| match page::target(&href, self.base) {
            Target::Address(url) => attachments::document(&url).is_some(),
            _ => false,
        })
    }

    /// A line of nothing but a date, a counter or buttons.
    fn is_dated_only(&self, at: usize) -> bool {
        let element = &self.flat.elements[at];
        if element.letters > 60 {
            return false;
        }
        let folded = fold(&page::visible_text(&element.node));
        super::super::furniture::is_furniture(&folded) || words::is_of_days(&folded)
    }
}
