//! Links that look alike, and what speaks for each group being news.

use std::collections::{HashMap, HashSet};

use super::super::text::{clean, fold};
use super::super::{Reading, dates};
use super::links::{Key, Link, Links};
use super::place::{self, Place};
use super::tree::{Name, Tree};

/// Rows looked at for dates: enough to know the share.
const SAMPLE: usize = 16;

/// What a date beside each link is worth: the strongest sign there is.
pub const DATED: f64 = 2.6;

pub struct Group {
    /// Indices of [`Links::all`], in page order, one an address.
    pub links: Vec<usize>,
    /// The same with those that lead where another one does.
    pub members: Vec<usize>,
    /// The element of each row, in the same order.
    pub rows: Vec<usize>,
    pub making: Making,
    pub place: Place,
    pub marks: Marks,
    /// How much each row looks like news.
    pub quality: f64,
    /// The quality with the group's weight on the page.
    pub score: f64,
    /// The heading above it, folded.
    pub heading: String,
}

/// How a row is made: the tags from its link up to it, and the classes on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    tags: Vec<Name>,
    row: Vec<Name>,
    inner: Vec<Name>,
}

impl Making {
    /// Whether two blocks come from one template: the same tags, and a class of the row or of the way in common.
    pub fn is_like(&self, other: &Making) -> bool {
        let share = |one: &[Name], other: &[Name]| one.iter().any(|name| other.contains(name));
        self.tags == other.tags
            && (share(&self.row, &other.row)
                || self.tags.len() > 1 && share(&self.inner, &other.inner))
    }
}

/// Shares between 0 and 1.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    pub dated: f64,
    pub worded: f64,
    pub leaf: f64,
    pub headed: f64,
    pub pictured: f64,
    pub told: f64,
    pub foreign: f64,
    pub short: f64,
    pub distinct: f64,
    pub nested: f64,
    pub listed: f64,
    /// Links in the middle of a sentence.
    pub prose: f64,
    /// Titles with the commonest first word: offices and communes, not events.
    pub alike: f64,
    /// Titles with the arrow that marks a link to earlier news of the same matter: ">> …".
    pub pointing: f64,
    /// Titles that are the names of offices.
    pub offices: f64,
    /// Rows with a telephone number or a mail address.
    pub reached: f64,
    /// Links that lead where another of the group does: sections and authors.
    pub repeated: f64,
    pub letters: f64,
}

/// All groups with words in them, the best first.
pub fn of(tree: &Tree, links: &Links, listed: &HashSet<Key>, reading: Reading<'_>) -> Vec<Group> {
    let mut alike: HashMap<u64, Vec<usize>> = HashMap::new();
    for (nth, link) in links.all.iter().enumerate() {
        alike.entry(tree.elements[link.at].shape).or_default().push(nth);
    }
    let mut groups: Vec<Vec<usize>> = alike.into_values().collect();
    groups.sort_by_key(|members| members[0]);
    let mut groups: Vec<Group> = groups
        .into_iter()
        .filter_map(|members| group(tree, links, members, listed, reading))
        .collect();
    groups.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then(one.links[0].cmp(&other.links[0]))
    });
    groups
}

fn group(
    tree: &Tree,
    links: &Links,
    members: Vec<usize>,
    listed: &HashSet<Key>,
    reading: Reading<'_>,
) -> Option<Group> {
    let all = members.clone();
    let rows_of_all = rows(tree, links, &members);
    // One row an address: the first that says something.
    let mut best: HashMap<Key, usize> = HashMap::new();
    for (nth, member) in members.iter().enumerate() {
        let link = &links.all[*member];
        let at = best.entry(link.key).or_insert(nth);
        if links.all[members[*at]].worded < link.worded {
            *at = nth;
        }
    }
    let mut chosen: Vec<usize> = best.into_values().collect();
    chosen.sort_unstable();
    let rows: Vec<usize> = chosen.iter().map(|nth| rows_of_all[*nth]).collect();
    let members: Vec<usize> = chosen.iter().map(|nth| members[*nth]).collect();
    if members.iter().all(|member| links.all[*member].worded == 0.0) {
        return None;
    }
    let heading = heading(tree, &rows);
    let repeated = 1.0 - members.len() as f64 / all.len() as f64;
    let marks = Marks { repeated, ..marks(tree, links, &members, &rows, listed, reading) };
    // The place that most of its links share.
    let mut count = [0usize; 32];
    for member in &members {
        let place = links.all[*member].place;
        (0..32).filter(|bit| place.has(Place::bit(*bit))).for_each(|bit| count[bit] += 1);
    }
    let place = (0..32)
        .filter(|bit| count[*bit] * 2 > members.len())
        .fold(Place::default(), |place, bit| place | Place::bit(bit));
    let quality = quality(&marks, place, &heading, members.len());
    let count = members.len() as f64;
    let weight = 0.9 * count.min(60.0).ln() + 0.35 * (1.0 + marks.letters).ln();
    let making = making(tree, rows[0], links.all[members[0]].at);
    Some(Group {
        score: quality + weight,
        links: members,
        members: all,
        rows,
        making,
        place,
        marks,
        quality,
        heading,
    })
}

/// The row of each link: the widest element that holds no link of the group to another page.
pub fn rows(tree: &Tree, links: &Links, members: &[usize]) -> Vec<usize> {
    let key = |nth: usize| links.all[members[nth]].key;
    let at = |nth: usize| links.all[members[nth]].at;
    // How deep the nearest element lies that also holds the next link to another page.
    let between: Vec<Option<usize>> = (0..members.len())
        .map(|nth| {
            let before = nth.checked_sub(1).filter(|before| key(nth) != key(*before))?;
            Some(tree.elements[tree.common(at(before), at(nth))].depth)
        })
        .collect();
    let mut before = vec![None; members.len()];
    let mut after = vec![None; members.len()];
    for nth in 1..members.len() {
        before[nth] = between[nth].or(before[nth - 1]);
    }
    for nth in (0..members.len().saturating_sub(1)).rev() {
        after[nth] = between[nth + 1].or(after[nth + 1]);
    }
    (0..members.len())
        .map(|nth| match before[nth].max(after[nth]) {
            Some(depth) => tree.at_depth(at(nth), depth + 1),
            None => lonely_row(tree, at(nth)),
        })
        .collect()
}

/// The row of a link that has no like: the widest element without another link that says as much.
fn lonely_row(tree: &Tree, at: usize) -> usize {
    let mut row = at;
    for above in tree.above(at).take(6) {
        let own = tree.elements[above].place;
        let crowded = tree.elements[above].links > 4 || matches!(tree.tag(above), "body" | "html");
        if crowded || own.has(place::MAIN) && tree.elements[above].links > 3 {
            break;
        }
        row = above;
    }
    row
}

fn making(tree: &Tree, row: usize, link: usize) -> Making {
    let lasting = |at: usize| {
        tree.elements[at].classes.iter().copied().filter(|name| place::is_lasting(tree.name(*name)))
    };
    let mut making = Making { tags: Vec::new(), row: lasting(row).collect(), inner: Vec::new() };
    let mut at = link;
    loop {
        making.tags.push(tree.elements[at].tag);
        if at == row || tree.elements[at].parent == at {
            return making;
        }
        making.inner.extend(lasting(at));
        at = tree.elements[at].parent;
    }
}

/// The last short text above a group that belongs to no row.
fn heading(tree: &Tree, rows: &[usize]) -> String {
    let Some((first, last)) = rows.first().zip(rows.last()) else { return String::new() };
    let holder =
        if first == last { tree.elements[*first].parent } else { tree.common(*first, *last) };
    let from = tree.elements[*first].texts.0;
    for outer in std::iter::once(holder).chain(tree.above(holder)).take(3) {
        let start = tree.elements[outer].texts.0;
        let near = tree.texts[start.max(from.saturating_sub(3))..from]
            .iter()
            .rev()
            .map(|text| clean(&text.text))
            .find(|text| text.chars().any(char::is_alphabetic));
        if let Some(text) = near {
            return if text.chars().count() <= 60 { fold(&text) } else { String::new() };
        }
    }
    String::new()
}

fn marks(
    tree: &Tree,
    links: &Links,
    members: &[usize],
    rows: &[usize],
    listed: &HashSet<Key>,
    reading: Reading<'_>,
) -> Marks {
    let count = members.len();
    let share = |wanted: &dyn Fn(&Link) -> bool| {
        members.iter().filter(|member| wanted(&links.all[**member])).count() as f64 / count as f64
    };
    let mean = |of: &dyn Fn(&Link) -> f64| {
        members.iter().map(|member| of(&links.all[*member])).sum::<f64>() / count as f64
    };
    let step = count.div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..count).step_by(step).collect();
    let of_sample = |wanted: &dyn Fn(usize) -> bool| {
        sample.iter().filter(|nth| wanted(**nth)).count() as f64 / sample.len() as f64
    };
    let extent = |nth: usize| extent(tree, rows, nth);
    let dated = of_sample(&|nth| {
        let (from, to) = extent(nth);
        tree.texts[from..to].iter().take(40).any(|text| is_date(&text.text, reading))
            || (rows[nth]..tree.elements[rows[nth]].end).take(60).any(|at| tree.elements[at].dated)
    });
    let told = of_sample(&|nth| {
        let (from, to) = extent(nth);
        let link = links.all[members[nth]].at;
        tree.texts[from..to]
            .iter()
            .take(40)
            .filter(|text| !tree.holds(link, text.at))
            .any(|text| text.text.trim().len() >= 60)
    });
    let pictured = of_sample(&|nth| {
        (rows[nth]..tree.elements[rows[nth]].end).take(60).any(|at| tree.tag(at) == "img")
    });
    let nested = of_sample(&|nth| {
        let row = rows[nth];
        tree.tag(row) == "li"
            && (row + 1..tree.elements[row].end).take(60).any(|at| tree.tag(at) == "li")
    });
    let prose = of_sample(&|nth| is_in_prose(tree, links.all[members[nth]].at, reading));
    let reached = of_sample(&|nth| {
        let (from, to) = extent(nth);
        tree.texts[from..to].iter().take(40).any(|text| reaches_someone(&text.text))
    });
    let texts: HashSet<String> =
        members.iter().map(|member| links.all[*member].text.to_lowercase()).collect();
    Marks {
        dated,
        told,
        pictured,
        nested,
        worded: mean(&|link| link.worded),
        leaf: mean(&|link| link.leaf),
        headed: share(&|link| link.heading),
        foreign: share(&|link| link.foreign),
        short: share(&|link| link.worded < 0.08),
        listed: share(&|link| listed.contains(&link.key)),
        distinct: texts.len() as f64 / count as f64,
        repeated: 0.0,
        prose,
        alike: alike(links, members),
        pointing: share(&|link| link.text.starts_with(['>', '»', '›', '→', '►'])),
        offices: share(&|link| names_an_office(&link.text)),
        reached,
        letters: mean(&|link| link.text.chars().count().min(150) as f64),
    }
}

/// Whether words of a sentence stand right before a link.
fn is_in_prose(tree: &Tree, at: usize, reading: Reading<'_>) -> bool {
    let parent = tree.elements[at].parent;
    let (from, first) = (tree.elements[parent].texts.0, tree.elements[at].texts.0);
    let before = tree.texts[from..first].iter().rev().take(1).find(|text| text.at == parent);
    before.is_some_and(|text| {
        let text = text.text.trim();
        text.chars().filter(|c| c.is_alphabetic()).count() >= 12 && !is_date(text, reading)
    })
}

/// A telephone number or a mail address: the row of a directory.
fn reaches_someone(text: &str) -> bool {
    if text.contains('@') && text.contains('.') && !text.trim().contains(' ') {
        return true;
    }
    let folded = fold(text.get(..200.min(text.len())).unwrap_or(text));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 8
        && ["dien thoai", "dt:", "tel", "sdt", "phone", "fax", "hotline"]
            .iter()
            .any(|word| folded.contains(word))
}

/// "Phòng Kế hoạch", "UBND xã …": short, and begun with a word for an office.
fn names_an_office(text: &str) -> bool {
    const OFFICES: &[&str] = &[
        "so ",
        "ban ",
        "phong ",
        "trung tam ",
        "chi cuc ",
        "cuc ",
        "vu ",
        "van phong ",
        "ubnd ",
        "hdnd ",
        "uy ban ",
        "hoi dong ",
        "thanh tra ",
        "xa ",
        "phuong ",
        "thi tran ",
        "huyen ",
        "thanh pho ",
        "thi xa ",
        "cong ty ",
        "benh vien ",
        "don vi ",
        "department ",
        "office ",
        "division ",
        "ministry ",
        "bureau ",
        "dang uy ",
        "lien doan ",
        "vien ",
        "kho bac ",
    ];
    if text.chars().count() > 50 {
        return false;
    }
    let folded = fold(text);
    OFFICES.iter().any(|office| folded.starts_with(office))
}

/// The share of titles that begin with the same word.
fn alike(links: &Links, members: &[usize]) -> f64 {
    let mut of_word: HashMap<String, usize> = HashMap::new();
    for member in members {
        let first = links.all[*member].text.split_whitespace().next().unwrap_or_default();
        *of_word.entry(fold(first)).or_default() += 1;
    }
    let most = of_word.into_values().max().unwrap_or(0);
    if members.len() < 4 { 0.0 } else { most as f64 / members.len() as f64 }
}

/// The texts of a row; where rows are siblings, up to the next one: a date may stand between them.
fn extent(tree: &Tree, rows: &[usize], nth: usize) -> (usize, usize) {
    let row = rows[nth];
    let (from, mut to) = tree.elements[row].texts;
    if matches!(tree.tag(row), "a" | "dt" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "p") {
        let parent = tree.elements[row].parent;
        let end = tree.elements[parent].texts.1;
        let next = rows.get(nth + 1).filter(|next| tree.elements[**next].parent == parent);
        to = to.max(next.map_or(end.min(to + 6), |next| tree.elements[*next].texts.0));
    }
    (from, to)
}

/// Whether a text holds a date. Long texts have none of their own, and most have no digit.
pub fn is_date(text: &str, reading: Reading<'_>) -> bool {
    let text = text.trim();
    if text.len() > 300 || text.len() < 4 {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // A clock time alone is as often the length of a film.
    let clock = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
    if digits == 0 && text.len() > 40 || clock {
        return false;
    }
    if text.len() <= 80 && dates::alone(text, reading.zone, reading.now).is_known() {
        return true;
    }
    digits >= 4
        && (dates::find(text, reading.zone, reading.now).is_known()
            || text.rfind('(').is_some_and(|open| {
                dates::alone(&text[open..], reading.zone, reading.now).is_known()
            }))
}

impl Group {
    /// Whether it calls itself what others read most.
    pub fn is_of_the_most_read(&self) -> bool {
        POPULAR.iter().any(|words| self.heading.contains(words))
    }
}

const POPULAR: &[&str] = &[
    "xem nhieu",
    "doc nhieu",
    "quan tam nhieu",
    "nhieu nguoi doc",
    "most read",
    "most popular",
    "most viewed",
    "popular",
    "trending",
    "meistgelesen",
    "binh luan nhieu",
];
const OTHERS: &[&str] = &[
    "lien ket",
    "website",
    "chuyen muc",
    "danh muc",
    "menu",
    "categories",
    "category",
    "archives",
    "tags",
    "tu khoa",
    "links",
    "hoi dap",
    "thong ke",
    "truy cap",
    "dich vu cong",
    "follow us",
    "quang cao",
];

/// What an unknowing reader goes by. The weights are of the order of log-odds.
fn quality(marks: &Marks, place: Place, heading: &str, count: usize) -> f64 {
    let mut quality = -2.2
        + 3.2 * marks.worded
        + DATED * marks.dated
        + 1.3 * marks.leaf
        + 0.8 * marks.headed
        + 0.5 * marks.pictured
        + 0.5 * marks.told
        + 1.5 * marks.listed
        - 1.2 * marks.short
        - 0.9 * marks.foreign
        - 1.5 * marks.nested
        - 2.0 * (1.0 - marks.distinct)
        - 2.5 * marks.prose
        - 3.0 * (marks.repeated - 0.3).max(0.0)
        - 2.0 * marks.reached
        - 2.5 * marks.pointing
        - if count < 4 { 0.0 } else { 2.6 * marks.offices * (1.0 - marks.dated) }
        - if marks.alike > 0.4 { 1.5 * marks.alike * (1.0 - marks.worded) } else { 0.0 };
    for (named, weight) in [
        (place::NAV, -3.0),
        (place::HEADER, -1.8),
        (place::FOOTER, -2.5),
        (place::ASIDE, -0.9),
        (place::MAIN, 0.5),
        (place::ARTICLE, 0.4),
        (place::PAGER, -4.0),
        (place::CRUMBS, -4.0),
        (place::TAGS, -2.5),
        (place::SHARE, -3.0),
        (place::POPULAR, -0.8),
        (place::RELATED, -0.6),
        (place::COMMENTS, -1.2),
        (place::HIDDEN, -1.2),
        (place::ADVERT, -1.8),
        (place::AUTHOR, -2.5),
        (place::TICKER, -0.8),
    ] {
        if place.has(named) {
            quality += weight;
        }
    }
    if !place.has(place::POPULAR) && POPULAR.iter().any(|words| heading.contains(words)) {
        quality -= 1.0;
    }
    if OTHERS.iter().any(|words| heading.starts_with(words)) {
        quality -= 1.2;
    }
    quality
        - match count {
            1 => 1.0,
            2 => 0.6,
            _ => 0.0,
        }
}
