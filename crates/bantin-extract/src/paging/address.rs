//! Page numbers in addresses: `?page=2`, `/page/2`, `/trang-2`, `-p2.html`, Liferay's `…_cur=2`, DotNetNuke's
//! `/pageindex/2`, Joomla's `?start=20`, SharePoint's `PageFirstRow=31`.

use std::collections::BTreeSet;

use url::Url;

/// An address taken apart: what it shows, and how far into it.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressPosition {
    /// Lower case, without the number, file endings, index files and slashes at its end.
    stem: String,
    /// The query without the number, lower case.
    params: BTreeSet<String>,
    pub at: Option<At>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Page(u64),
    /// Rows before this place: counted in rows, so the next number is unknown.
    Row(u64),
}

impl At {
    pub fn number(self) -> u64 {
        match self {
            At::Page(number) | At::Row(number) => number,
        }
    }
}

/// Words before a page's number, in queries and in paths.
const PAGE: &[&str] = &[
    "page",
    "trang",
    "pageindex",
    "page_index",
    "paged",
    "pageno",
    "page_no",
    "pagenum",
    "pagenumber",
    "page_number",
    "currentpage",
    "curpage",
    "pg",
    "cur",
    "p",
];
const ROW: &[&str] =
    &["start", "limitstart", "offset", "pagefirstrow", "startrow", "firstrow", "from", "skip"];
/// Numbers of more digits are identities and days.
const DIGITS: usize = 6;

impl AddressPosition {
    pub fn of(url: &Url) -> AddressPosition {
        let mut segments: Vec<String> = url
            .path()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let mut params: Vec<String> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .map(str::to_ascii_lowercase)
            .filter(|pair| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty()))
            .collect();
        let at = take_from_query(&mut params).or_else(|| take_from_path(&mut segments));
        if let Some(last) = segments.last_mut() {
            last.truncate(without_ending(last).len());
        }
        segments.retain(|segment| !matches!(segment.as_str(), "" | "index" | "default"));
        AddressPosition { stem: segments.join("/"), params: params.into_iter().collect(), at }
    }

    /// Whether `other` is a part of the same listing: at the same place, with the parameters of this one and perhaps more.
    pub fn shares_listing(&self, other: &AddressPosition) -> bool {
        self.stem == other.stem && self.params.is_subset(&other.params)
    }

    /// Whether `other` lies at or below this path, with whatever parameters.
    pub fn is_above(&self, other: &AddressPosition) -> bool {
        other
            .stem
            .strip_prefix(&self.stem)
            .is_some_and(|rest| self.stem.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

fn digits(text: &str) -> Option<u64> {
    let fits = (1..=DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// "trang2.html" without ".html"; a dot further in front is part of the name.
fn without_ending(segment: &str) -> &str {
    match segment.rsplit_once('.') {
        Some((stem, ending))
            if (1..=5).contains(&ending.len())
                && ending.bytes().all(|b| b.is_ascii_alphanumeric())
                && !ending.bytes().all(|b| b.is_ascii_digit()) =>
        {
            stem
        }
        _ => segment,
    }
}

/// The surest name wins: `?p=7&page=2` is page 2 of something that has the number 7.
fn take_from_query(params: &mut Vec<String>) -> Option<At> {
    let rank = |name: &str| {
        // `[page]` of JSON:API, `_com_portlet_cur` of Liferay, `ctl00_page` of others.
        let name = name.trim_end_matches("%5d").trim_end_matches(']');
        let last = name.rsplit(['_', '[', '.', '$']).next().unwrap_or(name);
        let last = last.strip_prefix("%5b").unwrap_or(last);
        let at = |names: &[&str], word: &str| names.iter().position(|known| *known == word);
        at(PAGE, name)
            .or_else(|| at(PAGE, last).map(|rank| rank + PAGE.len()))
            .map(|rank| (rank, false))
            .or_else(|| at(ROW, name).map(|rank| (rank + 2 * PAGE.len(), true)))
            .or_else(|| at(ROW, last).map(|rank| (rank + 3 * PAGE.len(), true)))
    };
    let best = params
        .iter()
        .enumerate()
        .filter_map(|(index, pair)| {
            let (name, value) = pair.split_once('=')?;
            let (rank, rows) = rank(name)?;
            let number = digits(value)?;
            Some((rank, index, if rows { At::Row(number) } else { At::Page(number) }))
        })
        .min_by_key(|(rank, index, _)| (*rank, *index))?;
    params.remove(best.1);
    Some(best.2)
}

/// Takes the last number of a path that follows one of the words: as a segment, in two, or at the
/// end of one.
fn take_from_path(segments: &mut Vec<String>) -> Option<At> {
    for index in (0..segments.len()).rev() {
        let segment = without_ending(&segments[index]).to_owned();
        let behind = segment.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let Some(number) = digits(&segment[behind.len()..]) else { continue };
        let mark = behind.trim_end_matches(['-', '_', '=']);
        if mark.is_empty() {
            let before = index.checked_sub(1)?;
            if let Some(at) = named(&segments[before], number) {
                segments.drain(before..=index);
                return Some(at);
            }
            continue;
        }
        let start = mark.rfind(['-', '_', '.', ',']).map_or(0, |end| end + 1);
        if let Some(at) = named(&mark[start..], number) {
            segments[index].replace_range(start.saturating_sub(1).., "");
            return Some(at);
        }
    }
    None
}

fn named(word: &str, number: u64) -> Option<At> {
    if PAGE.contains(&word) {
        Some(At::Page(number))
    } else if ROW.contains(&word) {
        Some(At::Row(number))
    } else {
        None
    }
}

/// Whether two addresses are of one server: the same host but for `www.`, the same port.
pub fn same_site(one: &Url, other: &Url) -> bool {
    let host = |url: &Url| {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        host.strip_prefix("www.").unwrap_or(host).to_owned()
    };
    let port = |url: &Url| url.port_or_known_default().filter(|port| !matches!(port, 80 | 443));
    host(one) == host(other) && port(one) == port(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(address: &str) -> AddressPosition {
        let base = Url::parse("https://tin.example.vn/").expect("a fixed address");
        AddressPosition::of(&base.join(address).expect("a test's address"))
    }

    /// Page (or row) of `other`, if it belongs to the listing at `listing`.
    fn check(listing: &str, other: &str, expected: Option<At>) {
        let other_place = place(other);
        let at = other_place.at.filter(|_| place(listing).shares_listing(&other_place));
        assert_eq!(at, expected, "{other} seen from {listing}");
    }

    #[test]
    fn the_number_of_a_page_is_found_wherever_portals_put_it() {
        for (listing, other, number) in [
            ("/tin", "/tin?page=2", 2),
            ("/tin/", "/tin/page/2/", 2),
            ("/tin", "/tin/trang-3", 3),
            ("/tin.html", "/tin/trang3.html", 3),
            ("/tin.htm", "/tin-p2.htm", 2),
            ("/tin", "/tin/page-2", 2),
            ("/tin/Default.aspx", "/tin/pageindex/4/Default.aspx", 4),
            ("/tin-tuc.aspx?cat=5", "/tin-tuc.aspx?cat=5&Trang=2", 2),
            ("/web/so/tin", "/web/so/tin?p_p_id=101&_101_INSTANCE_ab_cur=2", 2),
            ("/tin?cat=1&p=3", "/tin?cat=1&p=4", 4),
            ("/tin?p=77", "/tin?p=77&page=2", 2),
            ("/index.php", "/page/2/", 2),
            ("/api", "/api?filter[page]=2", 2),
        ] {
            check(listing, other, Some(At::Page(number)));
        }
        check("/tin", "/tin?start=20", Some(At::Row(20)));
        check("/tin?start=20", "/tin?start=40", Some(At::Row(40)));
        check("/a.aspx", "/a.aspx?Paged=TRUE&p_ID=30&PageFirstRow=31", Some(At::Row(31)));
    }

    #[test]
    fn a_number_that_names_something_else_is_none() {
        for (listing, other) in [
            ("/tin", "/tin/hop-bao-so-2.html"),
            ("/tin", "/van-ban?page=2"),
            ("/tin?cat=1", "/tin?cat=2&page=2"),
            ("/tin", "/tin/2020/05/22"),
            ("/tin", "/tin?page=20200522"),
            ("/tin", "/tin?page=two"),
            ("/tin", "/tin?page="),
        ] {
            check(listing, other, None);
        }
    }

    #[test]
    fn a_site_is_a_host_with_its_port() {
        let url = |text: &str| Url::parse(text).expect("a test's address");
        let here = url("https://www.example.vn/tin");
        assert!(same_site(&here, &url("http://example.vn/")));
        assert!(!same_site(&here, &url("https://tin.example.vn/")));
        assert!(!same_site(&here, &url("https://example.vn:8443/")));
    }
}
