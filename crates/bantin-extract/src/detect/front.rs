//! Front pages: many small blocks, each made in its own way, and all of them the news of the page.

use url::Url;

use super::groups::LinkGroup;
use super::links::PageLinks;
use super::marks;
use super::place::{self, PagePlace};

/// Places that no front page has its news in.
const ELSEWHERE: PagePlace = PagePlace::of(&[
    place::NAV,
    place::FOOTER,
    place::COMMENTS,
    place::ADVERT,
    place::HIDDEN,
    place::TAGS,
    place::AUTHOR,
    place::PAGER,
    place::CRUMBS,
    place::SHARE,
    place::NOTES,
    place::POPULAR,
]);

/// Whether a page is a site's front page: by its address, or because its own links call it so.
pub fn is_front_page(here: &Url, links: &PageLinks) -> bool {
    const NAMES: &[&str] = &["index", "home", "default", "trang-chu", "trangchu", "homepage"];
    let path = here.path().trim_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let stem = last.split('.').next().unwrap_or_default();
    path.is_empty() || NAMES.contains(&stem) || links.home
}

/// Whether a link's words call what it leads to the front page.
pub fn is_called_home(folded: &str) -> bool {
    matches!(folded, "trang chu" | "trang nhat" | "home" | "homepage" | "home page")
}

/// Folders of films, albums, services and questions.
const OTHER_FOLDERS: &[&str] = &[
    "video",
    "videos",
    "clip",
    "album",
    "albums",
    "gallery",
    "thu-vien-anh",
    "thu-vien-video",
    "dich-vu-cong",
    "dichvucong",
    "dvc",
    "thu-tuc",
    "thu-tuc-hanh-chinh",
    "tthc",
    "hoi-dap",
    "san-pham",
];

fn is_other_folder(part: &str) -> bool {
    OTHER_FOLDERS.iter().any(|folder| part.eq_ignore_ascii_case(folder))
}

/// Whether an address is in such a folder and the page is not.
pub fn is_elsewhere(here: &Url, url: &Url) -> bool {
    let stem = |part: &str| is_other_folder(part.split('.').next().unwrap_or_default());
    url.path().split('/').rev().skip(1).any(is_other_folder) && !here.path().split('/').any(stem)
}

/// Whether most of the first links lead into such a folder, from a page that is in none itself.
pub fn leads_elsewhere(here: &Url, links: &PageLinks, group: &LinkGroup) -> bool {
    const SAMPLE: usize = 8;
    let is_other = |nth: &&usize| is_elsewhere(here, &links.urls[links.all[**nth].key]);
    let sample = || group.links.iter().take(SAMPLE);
    sample().filter(is_other).count() * 2 > sample().count()
}

/// Whether the addresses of two groups have one folder and one ending.
fn stand_together(links: &PageLinks, best: &LinkGroup, group: &LinkGroup) -> bool {
    const SAMPLE: usize = 8;
    let place = |nth: &usize| {
        let (folder, name) = links.urls[links.all[*nth].key].path().rsplit_once('/')?;
        (folder.len() > 1).then(|| (folder, name.rsplit_once('.').map(|(_, ending)| ending)))
    };
    let first = best.links.first().and_then(place);
    let is_there = |nth: &&usize| place(nth) == first;
    let most = |group: &LinkGroup| {
        let sample = || group.links.iter().take(SAMPLE);
        sample().filter(is_there).count() * 3 > sample().count() * 2
    };
    first.is_some() && most(best) && most(group)
}

/// Whether a block of a front page is news by itself: headlines, and the addresses of articles on the same site. Neither
/// dates nor pictures are asked for, and two links are enough.
pub fn is_block(here: &Url, links: &PageLinks, best: &LinkGroup, group: &LinkGroup) -> bool {
    let marks = &group.marks;
    // Beside one long dated list are most-read lists, shops and old series.
    let river = best.links.len() >= 10 && best.marks.dated > 0.5 && !best.place.has(place::ASIDE);
    if river && marks.dated < 0.5 && group.place.has(place::ASIDE) {
        return false;
    }
    let addressed = marks.leaf >= 0.45
        || marks.dated > 0.5
        || best.made.is_some() && group.made == best.made
        || stand_together(links, best, group);
    marks.worded >= 0.5
        && addressed
        && marks.foreign < 0.5
        && marks.wordless < 0.5
        && marks.topical < 0.5
        && marks.prose < 0.5
        && marks.offices < 0.5
        && marks.short < 0.3
        && marks.reached < 0.5
        && marks.pointing < 0.5
        && marks.repeated < 0.6
        && !group.place.without(best.place).has(ELSEWHERE)
        && !group.is_of_the_most_read()
        && !marks::is_of_other_things(&group.heading)
        && !leads_elsewhere(here, links, group)
}
