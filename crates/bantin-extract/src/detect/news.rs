//! Which groups together are the news of a page: the best, and those that are of its kind.

use std::collections::HashSet;

use url::Url;

use super::front;
use super::groups::{LinkGroup, Making};
use super::links::{Key, PageLinks};
use super::marks::DATED;
use super::place::{self, PagePlace};
use super::prose;
use super::tree::DetectionTree;
use crate::model::Row;

/// The least quality of a group that may be news at all.
const LEAST: f64 = 0.0;
/// The same of a long list: a hundred essays without dates are no menu.
const LEAST_OF_MANY: f64 = 0.0;
/// How much less than the best another block may look like news.
const PEER: f64 = 1.8;
/// Quality from which a block is news regardless of its neighbours.
const SOLID: f64 = 1.0;
/// Blocks of a home page.
const BLOCKS: usize = 30;

/// Places of blocks that are not news of this page, however much they look like it.
const BESIDE: PagePlace = PagePlace::of(&[
    place::NAV,
    place::FOOTER,
    place::ASIDE,
    place::RELATED,
    place::COMMENTS,
    place::ADVERT,
    place::HIDDEN,
    place::TAGS,
    place::AUTHOR,
    place::PAGER,
    place::CRUMBS,
    place::SHARE,
    place::NOTES,
]);

/// Numbers of the groups that are the news, the best first; or why there are none.
pub fn choose(
    tree: &DetectionTree,
    links: &PageLinks,
    groups: &[LinkGroup],
    here: &Url,
) -> Result<Vec<usize>, String> {
    if links.all.is_empty() {
        return Err(if links.scripted > 0 {
            "the page's links are all scripts; without running them there is nothing to follow"
                .to_owned()
        } else {
            "the page has no links".to_owned()
        });
    }
    let seen: Vec<usize> =
        (0..groups.len()).filter(|nth| !groups[*nth].place.has(place::HIDDEN)).collect();
    match choose_among(tree, links, groups, &seen, here) {
        // A page may be hidden as a whole until its script has run.
        Err(Unfit::NoNews(why)) if seen.len() < groups.len() => {
            let all: Vec<usize> = (0..groups.len()).collect();
            choose_among(tree, links, groups, &all, here).map_err(|_| why)
        }
        chosen => chosen.map_err(|(Unfit::NoNews(why) | Unfit::Article(why))| why),
    }
}

/// Why some groups hold no news.
enum Unfit {
    NoNews(String),
    /// The page is about something else.
    Article(String),
}

fn choose_among(
    tree: &DetectionTree,
    links: &PageLinks,
    groups: &[LinkGroup],
    among: &[usize],
    here: &Url,
) -> Result<Vec<usize>, Unfit> {
    let no_news = || Unfit::NoNews(why_not(groups));
    // Groups come with the best first, and of equals in page order. One or two links are no list:
    // the first entry of a blog, whole and dated, must not represent the teasers below it.
    let is_list = |nth: &usize| groups[*nth].links.len() >= 3 && may_be_news(&groups[*nth], links);
    let home = front::is_front_page(here, links);
    let leads_elsewhere = |nth: usize| front::leads_elsewhere(here, links, &groups[nth]);
    // Films above the news of a front page are made like news, and often larger.
    let is_of_news = |nth: &usize| is_list(nth) && !(home && leads_elsewhere(*nth));
    let first =
        among.iter().copied().find(is_of_news).or_else(|| among.iter().copied().find(is_list));
    let any = || among.iter().copied().find(|nth| may_be_news(&groups[*nth], links));
    let best = first.or_else(any).map(|best| in_own_language(tree, links, groups, among, best));
    let Some(best) = best else {
        return Err(no_news());
    };
    // The address of the front page is never an article, however long its text is.
    if !home && prose::is_an_article(tree, &groups[best]) {
        return Err(Unfit::Article("the page is one long text, and its links stand beside that. Give the address of the page that lists the news".to_owned()));
    }
    let end = end_of_list(links, &groups[best]);
    let mut chosen = vec![best];
    let mut keys: HashSet<Key> = keys(links, &groups[best]).collect();
    let mut makings = vec![&groups[best].making];
    for nth in among.iter().copied().filter(|nth| *nth != best) {
        if chosen.len() >= BLOCKS {
            break;
        }
        let group = &groups[nth];
        let block = home && front::is_block(here, links, &groups[best], group);
        if keys_are_known(links, group, &keys)
            || leads_elsewhere(nth) && !leads_elsewhere(best)
            || !(block || home && is_kin(&groups[best], group))
                && chosen.iter().any(|of| accompanies(tree, links, group, &groups[*of]))
        {
            continue;
        }
        if block
            || is_peer(&groups[best], group, &makings, home)
                && (home || !is_after(group, &groups[best], end))
        {
            keys.extend(self::keys(links, group));
            makings.push(&group.making);
            chosen.push(nth);
        }
    }
    if keys.len() < 3 {
        return Err(no_news());
    }
    Ok(chosen)
}

/// Returns the first link of the pager below a list: what follows it is something else.
fn end_of_list(links: &PageLinks, best: &LinkGroup) -> usize {
    let last = best.links.last().copied().unwrap_or(0);
    (last + 1..links.all.len())
        .find(|nth| links.all[*nth].place.has(place::PAGER))
        .unwrap_or(links.all.len())
}

/// Returns whether a block follows a section's list on its own: most read, advertisements.
fn is_after(group: &LinkGroup, best: &LinkGroup, end: usize) -> bool {
    let first = group.links[0];
    let last = best.links.last().copied().unwrap_or(0);
    group.is_of_the_most_read()
        || first > end
        || first > last
            && best.links.len() >= 8
            && !group.heading.is_empty()
            && !best.making.is_like(&group.making)
}

fn may_be_news(group: &LinkGroup, links: &PageLinks) -> bool {
    let many = (group.links.len() as f64 / 8.0).max(1.0).ln();
    let undated = group.marks.dated < 0.5;
    // A few links below an article to others of its kind.
    if undated && group.place.has(place::RELATED) && group.links.len() < 8 {
        return false;
    }
    // A page that is nothing but one long list of titles has it for its content, be they as short as essays' are.
    let is_the_page = group.links.len() >= 20
        && group.links.len() * 5 >= links.urls.len() * 4
        && group.marks.worded >= 0.2
        && !group.place.has(BESIDE);
    let many = many + if is_the_page { 3.0 } else { 0.0 };
    group.quality >= LEAST || group.quality + 0.35 * many >= LEAST_OF_MANY
}

fn keys<'a>(links: &'a PageLinks, group: &'a LinkGroup) -> impl Iterator<Item = Key> {
    group.links.iter().map(|nth| links.all[*nth].key)
}

fn keys_are_known(links: &PageLinks, group: &LinkGroup, known: &HashSet<Key>) -> bool {
    keys(links, group).all(|key| known.contains(&key))
}

/// Returns whether each row of another group holds one link of this group: sections, authors,
/// comment counts.
fn accompanies(
    tree: &DetectionTree,
    links: &PageLinks,
    group: &LinkGroup,
    news: &LinkGroup,
) -> bool {
    let mut rows = HashSet::new();
    let mut inside = 0;
    for nth in &group.members {
        let at = links.all[*nth].at;
        let after = news.rows.partition_point(|row| *row <= at);
        let row = after.checked_sub(1).map(|before| news.rows[before]);
        if let Some(row) = row.filter(|row| tree.holds(*row, at)) {
            inside += 1;
            rows.insert(row);
        }
    }
    inside * 2 > group.members.len()
        && inside < rows.len() * 2
        && (group.marks.silent
            || is_translated(tree, links, group) && !is_translated(tree, links, news)
            || group.marks.worded < news.marks.worded
            || group.links.len() * 3 < news.links.len())
}

/// Whether the titles of a group are in another language than the page.
fn is_translated(tree: &DetectionTree, links: &PageLinks, group: &LinkGroup) -> bool {
    let own = group.links.iter().filter(|nth| links.all[**nth].vietnamese).count();
    // Titles beside buttons such as "PDF" are in no language of the links.
    tree.vietnamese
        && !group.marks.silent
        && group.marks.worded >= 0.2
        && own * 5 < group.links.len()
}

/// The group that has the same rows in the page's own language; the group itself where there is none.
fn in_own_language(
    tree: &DetectionTree,
    links: &PageLinks,
    groups: &[LinkGroup],
    among: &[usize],
    best: usize,
) -> usize {
    if !is_translated(tree, links, &groups[best]) {
        return best;
    }
    let stands_beside = |nth: &usize| {
        let group = &groups[*nth];
        *nth != best
            && group.links.len() * 2 > groups[best].links.len()
            && group.marks.worded >= 0.2
            && !is_translated(tree, links, group)
            && accompanies(tree, links, &groups[best], group)
    };
    among.iter().copied().find(stands_beside).unwrap_or(best)
}

/// Whether the links of a block are headlines whose addresses are made as those of the best block are: the same site's
/// articles, dated or not.
fn is_kin(best: &LinkGroup, group: &LinkGroup) -> bool {
    best.made.is_some()
        && group.made == best.made
        && group.marks.worded >= 0.4
        && group.marks.wordless < 0.5
        && !group.is_of_the_most_read()
        && !place_on_page(group)
            .without(best.place)
            .without(place::RELATED)
            .has(BESIDE | place::POPULAR)
}

/// What is called a footer in the main part of a page is the lower end of a column.
fn place_on_page(group: &LinkGroup) -> PagePlace {
    if group.place.has(place::MAIN) { group.place.without(place::FOOTER) } else { group.place }
}

/// Whether a block belongs to the news whose best block is `best`.
fn is_peer(best: &LinkGroup, group: &LinkGroup, makings: &[&Making], home: bool) -> bool {
    // Banners beside headlines, the events, tags and authors that the news are filed under, and the earlier news that an
    // arrow in a teaser points to.
    let differs = |mark: fn(&LinkGroup) -> f64| mark(group) > 0.5 && mark(best) < 0.5;
    if differs(|group| group.marks.wordless)
        || differs(|group| group.marks.topical)
        || differs(|group| group.marks.pointing)
    {
        return false;
    }
    // What the page declares to search engines as its list is its list, at any place.
    if group.marks.listed > 0.5 && group.quality >= LEAST {
        return true;
    }
    // A block made as the news are made belongs to them, at any place.
    if makings.iter().any(|making| making.is_like(&group.making))
        && group.quality >= (best.quality - 3.0).max(LEAST - 1.0)
    {
        return true;
    }
    if home && is_kin(best, group) && group.quality >= LEAST {
        return true;
    }
    let beside = group.place.without(best.place);
    // A front page puts news beside news, without the pictures and leads of its chief block; there what has the words and
    // the addresses of news belongs to them.
    let solid = home
        && group.marks.worded >= 0.6
        && group.marks.leaf >= 0.6
        && group.marks.foreign < 0.5
        && group.quality >= SOLID;
    let column = solid
        && !beside.without(place::ASIDE).has(BESIDE)
        && group.marks.headed > 0.5
        && !group.is_of_the_most_read();
    if beside.has(BESIDE) && !column {
        return false;
    }
    let dated = |group: &LinkGroup| group.marks.dated > 0.5;
    if dated(best) && !dated(group) {
        // Above a dated list the day's chief stories are often undated; below and beside it are
        // other things.
        let chief = group.links[0] < best.links[0] && group.marks.headed > 0.5;
        // Few dates: the agency's announcements have them, its sections do not.
        let block =
            home && best.links.len() < 10 && group.marks.worded > 0.5 && group.marks.leaf > 0.5;
        let plain = |group: &LinkGroup| group.quality - DATED * group.marks.dated;
        return (chief || block) && group.quality >= LEAST && plain(group) >= plain(best) - PEER;
    }
    if solid {
        return true;
    }
    // The day's chief story is alone above the others, and so has few signs of a list.
    let chief =
        group.links[0] < best.links[0] && group.marks.headed > 0.5 && group.links.len() == 1;
    group.quality >= (best.quality - PEER - f64::from(u8::from(chief))).max(LEAST)
}

fn why_not(groups: &[LinkGroup]) -> String {
    match groups.first() {
        None => "no group of links on the page has words that could be headlines".to_owned(),
        Some(group) => format!(
            "no group of links looks like news; the nearest has {} links, {}",
            group.links.len(),
            lacks(group)
        ),
    }
}

/// What speaks most against a group.
fn lacks(group: &LinkGroup) -> String {
    for (named, words) in PLACES {
        if group.place.has(*named) {
            return format!("and they stand in {words}");
        }
    }
    if group.marks.short > 0.5 {
        "most of them too short for headlines, without dates".to_owned()
    } else if group.links.len() < 3 {
        "too few to be a list".to_owned()
    } else {
        "without dates and with addresses that look like sections".to_owned()
    }
}

const PLACES: &[(PagePlace, &str)] = &[
    (place::NAV, "a menu (<nav>)"),
    (place::FOOTER, "the footer"),
    (place::CRUMBS, "the breadcrumbs"),
    (place::PAGER, "a pager"),
    (place::TAGS, "a tag list"),
    (place::SHARE, "share buttons"),
    (place::HEADER, "the header"),
    (place::AUTHOR, "bylines"),
    (place::POPULAR, "a \"most read\" block"),
    (place::ADVERT, "an advertisement"),
    (place::ASIDE, "a sidebar"),
    (place::COMMENTS, "comments"),
    (place::HIDDEN, "a hidden part"),
    (place::RELATED, "a block of related links"),
    (place::NOTES, "footnotes and references"),
    (place::HOT, "a \"trending\" block"),
];

/// Sentences for and against, the weightiest first.
pub fn evidence(groups: &[LinkGroup], chosen: &[usize], rows: &[Row]) -> Vec<String> {
    let Some(group) = chosen.first().map(|nth| &groups[*nth]) else { return Vec::new() };
    let marks = &group.marks;
    let mut said: Vec<(f64, String)> = Vec::new();
    let dated = rows.iter().filter(|row| row.published.is_known()).count();
    if dated > 0 {
        let share = dated as f64 / rows.len() as f64;
        said.push((
            2.6 * share,
            match rows.len() {
                1 => "The link has a date beside it.".to_owned(),
                all => format!("{dated} of {all} links have a date beside them."),
            },
        ));
    } else {
        said.push((0.4, "No link has a date beside it.".to_owned()));
    }
    let letters = rows.iter().map(|row| row.title.chars().count()).sum::<usize>();
    said.push((
        3.2 * marks.worded,
        format!("The titles have {} letters on average.", letters / rows.len().max(1)),
    ));
    if marks.leaf > 0.5 {
        said.push((
            1.3 * marks.leaf,
            "The addresses look like those of articles: with numbers, dates or the words of the title."
                .to_owned(),
        ));
    } else if marks.leaf < 0.3 {
        said.push((0.6, "The addresses are short, as those of sections are.".to_owned()));
    }
    if marks.headed > 0.5 {
        said.push((0.8 * marks.headed, "The links stand in headings.".to_owned()));
    }
    if marks.listed > 0.5 {
        said.push((1.5, "The page's own metadata lists them.".to_owned()));
    }
    if marks.foreign > 0.5 {
        said.push((0.9, "Most links lead to other sites.".to_owned()));
    }
    for (named, words) in PLACES {
        if group.place.has(*named) {
            said.push((2.0, format!("They stand in {words}.")));
        }
    }
    if group.place.has(place::MAIN) {
        said.push((0.5, "They stand in the main part of the page.".to_owned()));
    }
    if chosen.len() > 1 {
        said.push((0.7, format!("{} blocks of the page together.", chosen.len())));
    }
    said.sort_by(|one, other| other.0.total_cmp(&one.0));
    said.into_iter().map(|(_, sentence)| sentence).collect()
}
