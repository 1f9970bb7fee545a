//! What speaks for a group of links being news, and against it, and how much each counts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::listing::is_a_code;
use super::super::text::{clean, fold};
use super::super::{Reading, dates};
use super::links::{self, Key, PageLink, PageLinks, worded};
use super::place::{self, PagePlace};
use super::tree::{DetectionTree, Text};

/// Below this, words are those of a button or a number.
pub const SILENT: f64 = 0.08;
/// How sure a date between the rows is, measured by one in each of them.
const BETWEEN: f64 = 0.8;

/// Rows looked at for dates: enough to know the share.
const SAMPLE: usize = 16;

/// What a date beside each link is worth: the strongest sign there is.
pub const DATED: f64 = 2.6;

/// Shares between 0 and 1.
#[derive(Debug, Clone, Default)]
pub struct GroupMarks {
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
    /// Links of one word that begins with a letter: members.
    pub named: f64,
    /// Rows with a telephone number or a mail address.
    pub reached: f64,
    /// Links that lead where another of the group does: sections and authors.
    pub repeated: f64,
    pub letters: f64,
    /// Links whose words are in attributes.
    pub wordless: f64,
    /// Links to events, tags and authors.
    pub topical: f64,
    /// Whether the links have no words of their own and the titles are beside them: "Công văn …
    /// [PDF]".
    pub silent: bool,
}

/// None where neither the links nor their rows have words.
pub fn of(
    tree: &DetectionTree,
    links: &PageLinks,
    members: &[usize],
    rows: &[usize],
    listed: &HashSet<Key>,
    buttons: &HashSet<&str>,
    reading: Reading<'_>,
) -> Option<GroupMarks> {
    let count = members.len();
    let share = |wanted: &dyn Fn(&PageLink) -> bool| {
        members.iter().filter(|member| wanted(&links.all[**member])).count() as f64 / count as f64
    };
    let mean = |of: &dyn Fn(&PageLink) -> f64| {
        members.iter().map(|member| of(&links.all[*member])).sum::<f64>() / count as f64
    };
    // Two buttons are as often those of sections, but for cards with a heading each.
    let enough = count >= 3 || count == 2 && rows.iter().all(|row| is_headed(tree, *row));
    let shared = shared_texts(links, members);
    let names_nothing = |link: &PageLink| {
        link.worded < SILENT || is_a_code(&link.folded) || shared.contains(&*link.folded)
    };
    let silent = enough && share(&names_nothing) >= 0.8;
    let beside =
        if silent { titles_beside(tree, links, members, rows, buttons) } else { Vec::new() };
    let silent = beside.iter().any(|title| title.worded > 0.0);
    let titles = match silent {
        true => beside,
        false => members.iter().map(|member| Title::of(&links.all[*member])).collect(),
    };
    if titles.iter().all(|title| title.worded == 0.0) {
        return None;
    }
    let of_titles =
        |of: &dyn Fn(&Title<'_>) -> f64| titles.iter().map(of).sum::<f64>() / count as f64;
    let titled = |wanted: &dyn Fn(&Title<'_>) -> bool| of_titles(&|title| f64::from(wanted(title)));
    let step = count.div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..count).step_by(step).collect();
    let looked = |wanted: fn(&RowLook<'_>) -> bool| {
        let of_row = |nth: usize| {
            let (row, link) = (rows[nth], links.all[members[nth]].at);
            wanted(&RowLook { tree, row, link, texts: extent(tree, rows, nth), reading })
        };
        sample.iter().filter(|nth| of_row(**nth)).count() as f64 / sample.len() as f64
    };
    let dated = looked(|row| row.is_dated());
    let texts: HashSet<&str> = titles.iter().map(|title| &*title.folded).collect();
    Some(GroupMarks {
        dated: if dated < 0.5 && dated_between(tree, rows, reading) { BETWEEN } else { dated },
        told: looked(|row| row.is_described()),
        pictured: looked(|row| row.is_pictured()),
        nested: looked(|row| row.is_nested()),
        worded: of_titles(&|title| title.worded),
        leaf: mean(&|link| link.leaf),
        headed: share(&|link| link.heading),
        foreign: share(&|link| link.foreign),
        short: titled(&|title| title.worded < SILENT),
        listed: share(&|link| listed.contains(&link.key)),
        distinct: texts.len() as f64 / count as f64,
        repeated: 0.0,
        prose: looked(|row| is_in_prose(row.tree, row.link, row.reading)),
        alike: alike(&titles),
        pointing: if is_bulleted(tree, links, members, rows) { 0.0 } else { share(&points) },
        offices: titled(&|title| names_an_office(&title.folded)),
        named: titled(&|title| title.worded > 0.0 && is_a_name(&title.folded)),
        reached: looked(|row| row.has_contact()),
        letters: of_titles(&|title| title.folded.chars().count().min(150) as f64),
        wordless: share(&|link| link.wordless),
        topical: share(&|link| link.topical),
        silent,
    })
}

/// A row that is looked at for what it holds.
struct RowLook<'a> {
    tree: &'a DetectionTree,
    row: usize,
    link: usize,
    /// The row's texts, as numbers of the tree's.
    texts: (usize, usize),
    reading: Reading<'a>,
}

impl RowLook<'_> {
    /// Texts and elements of a row that are looked at.
    const TEXTS: usize = 40;
    const ELEMENTS: usize = 60;

    fn texts(&self) -> impl Iterator<Item = &Text> {
        self.tree.texts[self.texts.0..self.texts.1].iter().take(Self::TEXTS)
    }

    fn inside(&self) -> impl Iterator<Item = usize> {
        (self.row..self.tree.elements[self.row].end).take(Self::ELEMENTS)
    }

    fn is_dated(&self) -> bool {
        self.texts().any(|text| text.is_date(self.reading))
            || self.inside().any(|at| self.tree.elements[at].dated)
    }

    fn is_described(&self) -> bool {
        let mut beside = self.texts().filter(|text| !self.tree.holds(self.link, text.at));
        beside.any(|text| text.text.trim().len() >= 60)
    }

    fn is_pictured(&self) -> bool {
        self.inside().any(|at| self.tree.tag(at) == "img")
    }

    fn is_nested(&self) -> bool {
        let mut below = self.inside().skip(1);
        self.tree.tag(self.row) == "li" && below.any(|at| self.tree.tag(at) == "li")
    }

    fn has_contact(&self) -> bool {
        self.texts().any(|text| reaches_someone(&text.text))
    }
}

fn is_headed(tree: &DetectionTree, row: usize) -> bool {
    (row..tree.elements[row].end).take(60).any(|at| links::is_heading(tree.tag(at)))
}

/// Returns the texts of a page that lead to at least three addresses: "Download Opinion", "Case details".
pub fn buttons(links: &PageLinks) -> HashSet<&str> {
    const ADDRESSES: usize = 3;
    let mut keys: HashMap<&str, HashSet<Key>> = HashMap::new();
    for link in &links.all {
        keys.entry(&link.folded).or_default().insert(link.key);
    }
    keys.into_iter().filter(|(_, keys)| keys.len() >= ADDRESSES).map(|(text, _)| text).collect()
}

/// The texts that at least three links and a third of all have in common: "Download Opinion" in each row.
fn shared_texts<'a>(links: &'a PageLinks, members: &[usize]) -> HashSet<&'a str> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for member in members {
        *count.entry(&links.all[*member].folded).or_default() += 1;
    }
    let least = (members.len() / 3).max(3);
    count.into_iter().filter(|(_, count)| *count >= least).map(|(text, _)| text).collect()
}

/// Whether a link begins with the arrow of a link to earlier news.
fn points(link: &PageLink) -> bool {
    link.text.starts_with(['>', '»', '›', '→', '►'])
}

/// Returns whether one element holds several rows that begin with their links; then an arrow before
/// each is a bullet.
fn is_bulleted(tree: &DetectionTree, links: &PageLinks, members: &[usize], rows: &[usize]) -> bool {
    /// Letters of a headline or a lead; a date or a section before a link has fewer.
    const MANY: usize = 20;
    let holders: HashSet<usize> = rows.iter().map(|row| tree.elements[*row].parent).collect();
    let is_led = |(row, member): &(&usize, &usize)| {
        let (from, to) =
            (tree.elements[**row].texts.0, tree.elements[links.all[**member].at].texts.0);
        let before = tree.texts.get(from..to).unwrap_or_default().iter();
        before.flat_map(|text| text.text.chars()).filter(|c| c.is_alphabetic()).count() >= MANY
    };
    let led = rows.iter().zip(members).filter(is_led).count();
    rows.len() >= 3 * holders.len() && led * 2 < rows.len()
}

/// What a row is called: by its link, or beside it.
#[derive(Default)]
struct Title<'a> {
    folded: Cow<'a, str>,
    worded: f64,
}

impl<'a> Title<'a> {
    fn of(link: &'a PageLink) -> Self {
        Title { folded: Cow::Borrowed(&link.folded), worded: link.worded }
    }
}

/// For links that say nothing themselves ("[PDF]", "Chi tiết"), the longest text of each row that is in no link. A row that
/// has another link with words has its title there.
fn titles_beside(
    tree: &DetectionTree,
    links: &PageLinks,
    members: &[usize],
    rows: &[usize],
    buttons: &HashSet<&str>,
) -> Vec<Title<'static>> {
    // A link that only a script can follow is none of these, and its text as good as any.
    let is_linked = |at: usize| {
        std::iter::once(at)
            .chain(tree.above(at).take(2))
            .any(|at| links.all.binary_search_by_key(&at, |link| link.at).is_ok())
    };
    let title = |nth: usize| {
        let (row, end) = (rows[nth], tree.elements[rows[nth]].end);
        let first = links.all.partition_point(|link| link.at < row);
        let inside = links.all[first..].iter().take_while(|link| link.at < end).take(12);
        let mut named = inside.clone().filter(|link| link.worded >= SILENT);
        if named.any(|link| !is_a_code(&link.folded) && !buttons.contains(&*link.folded)) {
            return Title::default();
        }
        let (from, to) = extent(tree, rows, nth);
        let longest = tree.texts[from..to]
            .iter()
            .take(40)
            .filter(|text| !is_linked(text.at))
            .max_by_key(|text| text.text.trim().len());
        let Some(longest) = longest else { return Title::default() };
        let folded = fold(&clean(&longest.text));
        Title { worded: worded(&folded), folded: Cow::Owned(folded) }
    };
    (0..members.len()).map(title).collect()
}

/// Returns whether dates are between the rows, above several of them or under each.
fn dated_between(tree: &DetectionTree, rows: &[usize], reading: Reading<'_>) -> bool {
    /// Texts between two rows; more are a part of the page.
    const MOST: usize = 6;
    let dated = |from: usize, to: usize| {
        from < to
            && to - from <= MOST
            && tree.texts[from..to].iter().any(|text| text.text.len() > 5 && text.is_date(reading))
    };
    let extent = |row: usize| tree.elements[row].texts;
    let Some((first, _)) = rows.first().zip(rows.get(2)) else { return false };
    let above = extent(*first).0;
    let gaps = rows
        .windows(2)
        .take(400)
        .filter(|pair| dated(extent(pair[0]).1, extent(pair[1]).0))
        .count();
    // Two dates at least: a single one is as often that of the page.
    gaps + usize::from(dated(above.saturating_sub(2), above)) >= 2
}

/// Returns whether words of a sentence directly precede a link.
fn is_in_prose(tree: &DetectionTree, at: usize, reading: Reading<'_>) -> bool {
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
fn names_an_office(folded: &str) -> bool {
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
    folded.chars().count() <= 50 && OFFICES.iter().any(|office| folded.starts_with(office))
}

/// Returns whether a title is one word in a phonetic script: a headline of one word is rare, and a
/// list of them is no news.
fn is_a_name(folded: &str) -> bool {
    folded.len() <= 30
        && folded.starts_with(|c: char| c.is_ascii_alphabetic())
        && !folded.contains(char::is_whitespace)
        && !folded.contains('/')
}

/// The share of titles that begin with the same word.
fn alike(titles: &[Title<'_>]) -> f64 {
    let mut of_word: HashMap<&str, usize> = HashMap::new();
    for title in titles {
        let mut words = title.folded.split_whitespace();
        let first = words.find(|word| word.contains(char::is_alphanumeric)).unwrap_or_default();
        *of_word.entry(first).or_default() += 1;
    }
    let most = of_word.into_values().max().unwrap_or(0);
    if titles.len() < 4 { 0.0 } else { most as f64 / titles.len() as f64 }
}

/// Returns the texts of a row. Where rows are siblings they reach to the next one, since a date may
/// be between them.
fn extent(tree: &DetectionTree, rows: &[usize], nth: usize) -> (usize, usize) {
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
    let is_age = || digits > 0 && (text.contains("trước") || text.contains(" ago"));
    (digits >= 4 || is_age())
        && (dates::find(text, reading.zone, reading.now).is_known()
            || text.rfind('(').is_some_and(|open| {
                dates::alone(&text[open..], reading.zone, reading.now).is_known()
            })
            // A deadline is no date of the row, and still what a list has in each of its rows.
            || digits >= 6
                && dates::label_of_date(text, reading.zone, reading.now) == dates::Label::Other)
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
    "meistkommentiert",
    "most commented",
];

/// Whether a heading announces what others read most.
pub fn is_of_the_most_read(heading: &str) -> bool {
    POPULAR.iter().any(|words| heading.contains(words))
}

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

/// Blocks of a front page that hold no news, by the beginnings of their headings.
const OTHER_BLOCKS: &[&str] = &[
    "video",
    "album",
    "audio",
    "thu vien",
    "hinh anh",
    "anh hoat dong",
    "multimedia",
    "truyen hinh",
    "thu tuc",
    "tthc",
    "gioi thieu",
    "danh ba",
    "tra cuu",
    "tien ich",
    "trang thong tin",
    "cac don vi",
    "services",
];

/// Whether a heading announces something else than news: links, services, films, a directory.
pub fn is_of_other_things(heading: &str) -> bool {
    OTHERS.iter().chain(OTHER_BLOCKS).any(|words| heading.starts_with(words))
}

/// What an unknowing reader goes by. The weights are of the order of log-odds.
pub fn quality(marks: &GroupMarks, place: PagePlace, heading: &str, count: usize) -> f64 {
    let mut quality = -2.2
        + 3.2 * marks.worded
        + DATED * marks.dated
        + 1.3 * marks.leaf
        + 0.8 * marks.headed
        + 0.5 * marks.pictured
        + 0.5 * marks.told
        + 3.0 * marks.listed
        - 1.2 * marks.short
        - 0.9 * marks.foreign
        // A menu's entries hold menus; a row with a date holds its small links.
        - 1.5 * marks.nested * (1.0 - marks.dated)
        - 2.0 * (1.0 - marks.distinct)
        - 2.5 * marks.prose
        - 3.0 * (marks.repeated - 0.3).max(0.0)
        - 2.0 * marks.reached
        - 2.5 * marks.pointing
        - if count < 8 { 0.0 } else { 10.0 * (marks.named - 0.7).max(0.0) }
        - 0.6 * marks.topical
        - if count < 4 { 0.0 } else { 2.6 * marks.offices * (1.0 - marks.dated) }
        - if marks.alike > 0.4 { 1.5 * marks.alike * (1.0 - marks.worded) * (1.0 - 0.5 * marks.dated) } else { 0.0 };
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
        (place::NOTES, -3.0),
        (place::HOT, -0.8),
    ] {
        if place.has(named) {
            quality += weight;
        }
    }
    if !place.has(place::POPULAR | place::HOT) && is_of_the_most_read(heading) {
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
