//! The identity of an item: its address, brought to one form. An edit of title, date or text never changes it (P1).

use std::borrow::Cow;

use url::Url;

/// The normalised address of an article. Two addresses that a portal uses for one page give one key.
///
/// Left out: scheme, `www.`, default port, user, fragment (unless it is a route, `#/…` or `#!…`), tracking and session
/// parameters, parameters without a value, the order of the query, a trailing slash and a directory's index file.
/// Kept, since portals do tell articles apart by them: the case of path and query, and every other parameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemKey(String);

impl ItemKey {
    pub fn of(url: &Url) -> Self {
        let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else {
            let mut bare = url.clone();
            bare.set_fragment(None);
            return ItemKey(bare.into());
        };
        let query = query(url.query().unwrap_or_default());
        let mut key = format!("https://{}", bare_host(host));
        // Which of the two default ports it was is lost with the scheme.
        if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
            key.push_str(&format!(":{port}"));
        }
        key.push_str(&path(url.path(), query.is_empty()));
        if !query.is_empty() {
            key.push('?');
            key.push_str(&query);
        }
        if let Some(route) = url.fragment().filter(|fragment| is_route(fragment)) {
            key.push('#');
            key.push_str(&respell(route, |byte| byte != b'#' && byte != b'%'));
        }
        ItemKey(key)
    }

    /// The key of a feed's entry, by the id that the feed gives it.
    pub fn of_id(id: &str) -> Self {
        // An id that is an address is brought to the form of addresses, so that an entry stays itself when the feed is
        // exchanged for the page it was made from.
        match Url::parse(id) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => ItemKey::of(&url),
            _ => ItemKey(format!("id:{id}")),
        }
    }

    /// A key read back from the store.
    pub fn stored(text: String) -> Self {
        ItemKey(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a fragment names a page of a single-page application rather than a place on a page.
pub(crate) fn is_route(fragment: &str) -> bool {
    fragment.starts_with("!") && fragment.len() > 1
        || fragment.starts_with('/') && fragment.len() > 1
}

fn bare_host(host: &str) -> &str {
    let mut host = host.trim_end_matches('.');
    // A host "www.vn" would leave a top-level domain.
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        host = rest;
    }
    host
}

fn path(path: &str, bare: bool) -> String {
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| without_session(&respell(segment, in_path)).into_owned())
        // Without its session "/.;sid" is a step to nowhere, which the next parser would leave out.
        .filter(|segment| !matches!(segment.as_str(), "" | "." | ".."))
        .filter(|segment| !is_session_segment(segment))
        .collect();
    let kept = match segments.split_last() {
        Some((last, parents)) if is_index(last, bare) => parents,
        _ => &segments[..],
    };
    kept.iter().fold(String::with_capacity(path.len()), |path, segment| path + "/" + segment)
        + if kept.is_empty() { "/" } else { "" }
}

/// `index.html` is its directory on every server; a script may be more than that when it has parameters.
fn is_index(segment: &str, bare: bool) -> bool {
    let name = segment.to_ascii_lowercase();
    matches!(name.as_str(), "index.html" | "index.htm")
        || bare && matches!(name.as_str(), "index.php" | "default.aspx")
}

/// Java servers put the session after a semicolon: `/tin;jsessionid=0A1B`.
fn without_session(segment: &str) -> Cow<'_, str> {
    if !segment.contains(';') {
        return segment.into();
    }
    let mut parts = segment.split(';');
    let first = parts.next().unwrap_or_default().to_owned();
    let kept = parts.filter(|part| {
        !part.is_empty() && !is_session(part.split('=').next().unwrap_or_default(), "")
    });
    kept.fold(first, |segment, part| segment + ";" + part).into()
}

/// ASP.NET without cookies puts the visit into the path: `/(S(abc123))/tin.aspx`, also `(A(…)S(…)F(…))` and `(X(1)S(…))`.
fn is_session_segment(segment: &str) -> bool {
    let Some(mut rest) = segment.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) else {
        return false;
    };
    let mut sessions = 0;
    while !rest.is_empty() {
        let Some(inner) =
            rest.strip_prefix(['A', 'F', 'S', 'X']).and_then(|inner| inner.strip_prefix('('))
        else {
            return false;
        };
        let Some((_, after)) = inner.split_once(')') else { return false };
        rest = after;
        sessions += 1;
    }
    sessions > 0
}

fn query(query: &str) -> String {
    let mut pairs: Vec<String> = query.split('&').filter_map(pair).collect();
    pairs.sort();
    pairs.dedup();
    pairs.join("&")
}

fn pair(raw: &str) -> Option<String> {
    let mut raw = raw;
    // A page that escapes its hrefs twice leaves "&amp;" in the address, and the parameter becomes "amp;id".
    while let Some(rest) = raw.strip_prefix("amp;") {
        raw = rest;
    }
    let spaced = |text: &str| respell(text.replace('+', "%20"), in_query);
    let Some((name, value)) = raw.split_once('=') else {
        // A bare name may be the whole identity: `/tin.aspx?12345`.
        let name = spaced(raw);
        return (!name.is_empty() && !is_tracking(&name)).then_some(name);
    };
    let (name, value) = (spaced(name), spaced(value));
    let kept =
        !name.is_empty() && !value.is_empty() && !is_tracking(&name) && !is_session(&name, &value);
    kept.then(|| format!("{name}={value}"))
}

/// Parameters that say where a reader came from, never what the page is.
fn is_tracking(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "twclid",
        "ttclid",
        "igshid",
        "igsh",
        "zarsrc",
        "gidzl",
        "zclid",
        "_ga",
        "_gl",
        "_gac",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "_hsenc",
        "_hsmi",
        "hsctatracking",
        "vero_id",
        "vero_conv",
        "oly_enc_id",
        "oly_anon_id",
        "li_fat_id",
        "srsltid",
        "ref_src",
        "__tn__",
        "fb_source",
        "fb_action_ids",
        "fb_action_types",
        "fb_ref",
    ];
    const PREFIXES: &[&str] = &[
        "utm_",
        "zalo_",
        "pk_",
        "mtm_",
        "matomo_",
        "piwik_",
        "_x_tr_",
        "__cft__",
        "__cf_chl_",
        "at_",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Parameters that name a visit.
fn is_session(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let known = matches!(
        name.as_str(),
        "phpsessid"
            | "jsessionid"
            | "asp.net_sessionid"
            | "sessionid"
            | "session_id"
            | "cfid"
            | "cftoken"
            | "oscsid"
            | "zenid"
    );
    // "sid" is a section or a story on some portals; a visit is long and random.
    let random = value.len() >= 16
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic());
    known
        || name.starts_with("aspsessionid")
        || matches!(name.as_str(), "sid" | "sess" | "s") && random
}

/// One spelling for an escaped text: unescaped, NFC, and escaped again but for the letters that `plain` allows.
fn respell(text: impl AsRef<str>, plain: fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let text = text.as_ref();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && plain(byte);
    // Nearly all addresses are spelled so.
    if text.bytes().all(|byte| byte != b'%' && is_plain(byte)) {
        return text.to_owned();
    }
    let bytes = match String::from_utf8(unescape(text)) {
        Ok(text) => crate::text::nfc(text).into_bytes(),
        Err(error) => error.into_bytes(),
    };
    let mut spelled = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if is_plain(byte) {
            spelled.push(byte as char);
        } else {
            spelled.push('%');
            spelled.push(HEX[usize::from(byte >> 4)] as char);
            spelled.push(HEX[usize::from(byte & 15)] as char);
        }
    }
    spelled
}

fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| (*b as char).to_digit(16));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn in_path(byte: u8) -> bool {
    is_unreserved(byte) || b"!$'()*,:@;=&+".contains(&byte)
}

fn in_query(byte: u8) -> bool {
    is_unreserved(byte) || b"!$'()*,:@;/?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(url: &str) -> String {
        let key = ItemKey::of(&Url::parse(url).unwrap());
        let again = ItemKey::of(&Url::parse(key.as_str()).unwrap());
        assert_eq!(again, key, "the key of a key, for {url}");
        key.as_str().to_owned()
    }

    /// All of these are one page.
    fn same(urls: &[&str]) {
        for url in urls {
            assert_eq!(key(url), key(urls[0]), "{url} and {}", urls[0]);
        }
    }

    /// No two of these are one page.
    fn apart(urls: &[&str]) {
        let mut keys: Vec<String> = urls.iter().map(|url| key(url)).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), urls.len(), "{urls:?} gave {keys:?}");
    }

    #[test]
    fn p1_spellings_of_the_host_are_one_page() {
        same(&[
            "https://portal.example.vn/tin/1",
            "http://portal.example.vn/tin/1",
            "http://www.portal.example.vn/tin/1",
            "https://PORTAL.Example.VN/tin/1",
            "https://portal.example.vn.:443/tin/1",
            "http://portal.example.vn:80/tin/1",
            "http://ai:do@portal.example.vn/tin/1",
        ]);
        apart(&[
            "https://a.example.vn/",
            "https://b.example.vn/",
            "https://a.example.vn:8443/",
            "https://www.vn/",
            "https://vn/",
        ]);
    }

    #[test]
    fn p1_reordered_and_empty_parameters_are_one_page() {
        same(&[
            "http://a.vn/x?b=2&a=1",
            "http://a.vn/x?a=1&b=2",
            "http://a.vn/x?a=1&&b=2&c=&=d",
            "http://a.vn/x/?a=1&amp;b=2&a=1",
        ]);
        same(&["http://a.vn/x", "http://a.vn/x?", "http://a.vn/x?q="]);
    }

    #[test]
    fn p1_tracking_parameters_do_not_count() {
        same(&[
            "http://a.vn/x?id=1",
            "http://a.vn/x?utm_source=zalo&id=1&utm_medium=a&UTM_Campaign=b",
            "http://a.vn/x?id=1&fbclid=IwAR0&gclid=2&zalo_share=3&_ga=4&mc_cid=5&gidzl=6",
            "http://a.vn/x?id=1&amp;utm_source=mail",
        ]);
    }

    #[test]
    fn p1_visits_do_not_count() {
        same(&[
            "http://a.vn/pages/tin.aspx?id=1",
            "http://a.vn/(S(lit3py55t21z5v55vlm25s55))/pages/tin.aspx?id=1",
            "http://a.vn/(A(xx)S(yy)F(zz))/pages/tin.aspx?id=1",
            "http://a.vn/%28S%28lit3py55t21z5v55vlm25s55%29%29/pages/tin.aspx?id=1",
            "http://a.vn/pages/tin.aspx;jsessionid=0A1B2C?id=1",
            "http://a.vn/pages/tin.aspx;JSESSIONID=0A1B2C.node1?id=1",
            "http://a.vn/pages/tin.aspx?id=1&PHPSESSID=ab12&ASPSESSIONIDQQ=1&sid=9f8e7d6c5b4a39281706",
        ]);
        apart(&[
            "http://a.vn/x?sid=12",
            "http://a.vn/x?sid=13",
            "http://a.vn/x",
            "http://a.vn/x?sid=thong-tin-truyen-thong",
        ]);
        apart(&[
            "http://a.vn/x;ban=1",
            "http://a.vn/x;ban=2",
            "http://a.vn/(bai)/x",
            "http://a.vn/x;jsessionid=1;ban=3",
        ]);
    }

    #[test]
    fn p1_spellings_of_a_letter_are_one_page() {
        same(&["http://a.vn/~so/tin", "http://a.vn/%7Eso/tin", "http://a.vn/%7eso/tin"]);
        same(&[
            "http://a.vn/tin/thông-tin?q=Đông Hà",
            "http://a.vn/tin/th%C3%B4ng-tin?q=%C4%90%C3%B4ng+H%C3%A0",
            "http://a.vn/tin/th%c3%b4ng-tin?q=%c4%90%c3%b4ng%20H%c3%a0",
            "http://a.vn/tin/tho\u{302}ng-tin?q=Đo\u{302}ng%20Ha\u{300}",
        ]);
        apart(&[
            "http://a.vn/a%2Fb",
            "http://a.vn/a/b",
            "http://a.vn/a%252Fb",
            "http://a.vn/a%3Fb",
        ]);
        apart(&[
            "http://a.vn/?q=a%26b=1",
            "http://a.vn/?q=a&b=1",
            "http://a.vn/?q=a%2Bb",
            "http://a.vn/?q=a+b",
        ]);
        apart(&["http://a.vn/%FF", "http://a.vn/%FE", "http://a.vn/100%", "http://a.vn/100"]);
    }

    #[test]
    fn p1_slashes_and_index_files_do_not_count() {
        same(&[
            "http://a.vn/tin/1",
            "http://a.vn/tin/1/",
            "http://a.vn//tin///1//",
            "http://a.vn/x/../tin/./1",
        ]);
        same(&[
            "http://a.vn/tin/",
            "http://a.vn/tin/index.html",
            "http://a.vn/tin/index.htm",
            "http://a.vn/tin/Default.aspx",
        ]);
        same(&["http://a.vn", "http://a.vn/", "http://a.vn/index.php"]);
        apart(&[
            "http://a.vn/default.aspx?id=1",
            "http://a.vn/default.aspx?id=2",
            "http://a.vn/?id=1",
        ]);
    }

    #[test]
    fn p1_a_fragment_counts_only_as_a_route() {
        same(&[
            "http://a.vn/x",
            "http://a.vn/x#",
            "http://a.vn/x#binh-luan",
            "http://a.vn/x#!",
            "http://a.vn/x#/",
        ]);
        apart(&[
            "http://a.vn/#/tin/1",
            "http://a.vn/#/tin/2",
            "http://a.vn/#!/tin/1",
            "http://a.vn/#!tin/2",
            "http://a.vn/",
        ]);
        same(&["http://a.vn/#/tin/%c3%a0", "http://a.vn/#/tin/à", "http://a.vn/#/tin/%C3%A0"]);
    }

    #[test]
    fn p1_two_articles_never_become_one() {
        apart(&[
            "http://a.vn/tin.aspx?id=1",
            "http://a.vn/tin.aspx?id=2",
            "http://a.vn/tin.aspx?ID=1",
            "http://a.vn/tin.aspx?ItemID=1",
            "http://a.vn/tin.aspx?newsid=1",
            "http://a.vn/tin.aspx?1",
            "http://a.vn/tin.aspx?2",
            "http://a.vn/Tin.aspx?id=1",
            "http://a.vn/tin.aspx?id=1&trang=2",
            "http://a.vn/tin.aspx?id=1&id=2",
            "http://a.vn/tin/tin.aspx?id=1",
        ]);
    }

    #[test]
    fn an_address_without_a_host_is_its_own_key() {
        apart(&["mailto:a@b.vn", "mailto:c@b.vn", "ftp://a.vn/x", "data:text/plain,a"]);
    }

    proptest! {
        #[test]
        fn p1_the_key_of_a_key_is_the_key(
            path in "(/[a-zA-Z0-9%~().;=àĐ+ &-]{0,8}){0,4}",
            query in "([a-zA-Z0-9%;.~_\\[\\]]{0,6}=?[a-zA-Z0-9%à+;/?-]{0,8}&?(amp;)?){0,4}",
            fragment in "(#[!/]?[a-z%0-9#à ]{0,5})?",
        ) {
            let Ok(url) = Url::parse(&format!("http://www.a.vn{path}?{query}{fragment}")) else { return Ok(()) };
            let once = ItemKey::of(&url);
            let again = ItemKey::of(&Url::parse(once.as_str()).expect("a key is an address"));
            prop_assert_eq!(again, once);
        }

        #[test]
        fn p1_another_value_is_another_page(a in "[a-zA-Z0-9àĐ/%-]{1,9}", b in "[a-zA-Z0-9àĐ/%-]{1,9}") {
            let with = |id: &str| {
                let mut url = Url::parse("http://a.vn/x").expect("a fixed address");
                url.query_pairs_mut().append_pair("id", id);
                ItemKey::of(&url)
            };
            prop_assert_eq!(with(&a) == with(&b), a == b);
        }

        #[test]
        fn p1_the_order_of_parameters_does_not_count(mut pairs in proptest::collection::vec(("[a-z]{1,3}", "[0-9]{1,3}"), 0..6)) {
            let url = |pairs: &[(String, String)]| {
                let mut url = Url::parse("http://a.vn/x").expect("a fixed address");
                url.query_pairs_mut().extend_pairs(pairs);
                ItemKey::of(&url)
            };
            let forth = url(&pairs);
            pairs.reverse();
            prop_assert_eq!(url(&pairs), forth);
        }
    }
}
