//! robots.txt (RFC 9309): what it says to us, and how long we believe it. The `robotstxt` crate reads the lines with all
//! the typing mistakes that Google has met. Choosing among the rules is ours: the crate's matcher misses what follows
//! a star, takes quadratic time and memory for patterns full of them, and would read the whole text again for each page.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use robotstxt::{RobotsParseHandler, parse_robotstxt};
use serde::{Deserialize, Serialize};
use url::Url;

use super::FetchError;
use bantin_model::RobotsNote;

/// The product token alone: with a version after it no group would ever match.
const TOKEN: &str = "bantin";
/// RFC 9309 §2.4: not longer than a day.
const KEPT_HOURS: i64 = 24;
/// An origin whose robots.txt does not answer is asked for it again after this long, not for every page.
const FAILURE_KEPT_SECONDS: i64 = 60;
/// A longer Crawl-delay would keep bantin from reading the list at all.
const LONGEST_CRAWL_DELAY: Duration = Duration::from_secs(30);
/// Bytes of rules that are remembered across restarts.
const NOTED_BYTES: usize = 64 * 1024;
/// Origins remembered before those that have lapsed are forgotten.
const ORIGINS: usize = 2_048;

/// What a robots.txt says to us.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct RobotsRules {
    /// Allowed or not, and the pattern in canonical escapes.
    rules: Vec<(bool, String)>,
    pub(super) crawl_delay: Option<Duration>,
}

impl RobotsRules {
    /// Reads any bytes: what is no rule is skipped.
    pub(super) fn parse(body: &[u8]) -> RobotsRules {
        let mut groups = RobotsGroups::default();
        parse_robotstxt(&ascii(body), &mut groups);
        if groups.named_us { groups.ours } else { groups.everyone }
    }

    /// Whether `url` may be asked for: the longest pattern that matches decides, and of two as long the one that allows.
    pub(super) fn allow(&self, url: &Url) -> bool {
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        let path = canonical(&path);
        let longest = |allowed: bool| {
            self.rules
                .iter()
                .filter(|(allows, pattern)| *allows == allowed && matches(&path, pattern))
                .map(|(_, pattern)| pattern.len())
                .max()
        };
        longest(false).is_none_or(|forbidding| longest(true) >= Some(forbidding))
    }
}

/// Makes plain ASCII of a robots.txt, its other bytes as escapes. The crate cuts overlong lines by bytes and panics inside a
/// letter; and a byte order mark would cost the first group, so that everything were allowed.
fn ascii(body: &[u8]) -> String {
    let utf8;
    let body = match encoding_rs::Encoding::for_bom(body) {
        Some((encoding, _)) => {
            utf8 = encoding.decode(body).0.into_owned();
            utf8.as_bytes()
        }
        None => body,
    };
    let mut text = String::with_capacity(body.len());
    for &byte in body {
        if byte.is_ascii() { text.push(char::from(byte)) } else { push_escape(&mut text, byte) }
    }
    text
}

fn push_escape(text: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.push(char::from(DIGITS[usize::from(byte >> 4)]));
    text.push(char::from(DIGITS[usize::from(byte & 15)]));
}

/// Writes paths and patterns one way: escapes in capitals, none for what needs none (RFC 9309 §2.2.2).
fn canonical(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| path.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                text.push(char::from(byte));
                at += 3;
            }
            Some(byte) => {
                push_escape(&mut text, byte);
                at += 3;
            }
            None if bytes[at].is_ascii() => {
                text.push(char::from(bytes[at]));
                at += 1;
            }
            None => {
                push_escape(&mut text, bytes[at]);
                at += 1;
            }
        }
    }
    text
}

/// Matches a path. `*` means anything, `$` at the end means the end (RFC 9309 §2.2.3). Linear in
/// the length of both.
fn matches(path: &str, pattern: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let Some((first, others)) = pattern.split_once('*') else {
        return if to_the_end { path == pattern } else { path.starts_with(pattern) };
    };
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*') {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    if to_the_end { rest.ends_with(last) } else { rest.contains(last) }
}

/// Gathers the groups that name us, and those for everyone, while the crate reads line by line.
#[derive(Default)]
struct RobotsGroups {
    ours: RobotsRules,
    everyone: RobotsRules,
    named_us: bool,
    in_ours: bool,
    in_everyones: bool,
    /// A rule was seen since the last User-agent line, so that the next one opens a new group.
    closed: bool,
}

impl RobotsGroups {
    fn rules(&mut self) -> Option<&mut RobotsRules> {
        self.closed = true;
        if self.in_ours {
            Some(&mut self.ours)
        } else if self.in_everyones {
            Some(&mut self.everyone)
        } else {
            None
        }
    }

    fn rule(&mut self, allowed: bool, pattern: &str) {
        let Some(rules) = self.rules() else { return };
        // "Disallow:" without a path forbids nothing.
        if !pattern.is_empty() {
            rules.rules.push((allowed, canonical(pattern)));
        }
    }
}

impl RobotsParseHandler for RobotsGroups {
    fn handle_robots_start(&mut self) {}
    fn handle_robots_end(&mut self) {}

    fn handle_user_agent(&mut self, _line: u32, agent: &str) {
        if self.closed {
            (self.in_ours, self.in_everyones, self.closed) = (false, false, false);
        }
        let is_star = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
        if agent.strip_prefix('*').is_some_and(is_star) {
            self.in_everyones = true;
            return;
        }
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '-' || c == '_';
        let token = agent.split(|c| !is_letter(c)).next().unwrap_or_default();
        if token.eq_ignore_ascii_case(TOKEN) {
            (self.in_ours, self.named_us) = (true, true);
        }
    }

    fn handle_allow(&mut self, _line: u32, pattern: &str) {
        self.rule(true, pattern);
        // Google's reading, which portals are tested with: to allow a folder's index page is to allow the folder.
        if let Some((folder, page)) = pattern.rsplit_once('/')
            && page.starts_with("index.htm")
        {
            self.rule(true, &format!("{folder}/$"));
        }
    }

    fn handle_disallow(&mut self, _line: u32, pattern: &str) {
        self.rule(false, pattern);
    }

    fn handle_sitemap(&mut self, _line: u32, _value: &str) {
        self.closed = true;
    }

    fn handle_unknown_action(&mut self, _line: u32, action: &str, value: &str) {
        let Some(rules) = self.rules() else { return };
        if action.eq_ignore_ascii_case("crawl-delay")
            && let Ok(seconds) = value.parse::<f64>()
            && seconds > 0.0
        {
            let delay = Duration::from_secs_f64(seconds.min(LONGEST_CRAWL_DELAY.as_secs_f64()));
            rules.crawl_delay = rules.crawl_delay.max(Some(delay));
        }
    }
}

/// What an origin's robots.txt said when it was last asked.
#[derive(Clone)]
pub(super) struct CachedRobots {
    answer: Result<Arc<RobotsRules>, FetchError>,
    until: DateTime<Utc>,
}

/// The cache slot of one origin. Its lock is held by the one request that fetches robots.txt.
pub(super) type RobotsSlot = tokio::sync::Mutex<Option<CachedRobots>>;

/// The robots.txt of each origin (scheme, host and port).
#[derive(Default)]
pub(super) struct RobotsCache {
    origins: Mutex<HashMap<String, Arc<RobotsSlot>>>,
    /// What was learnt and is not noted yet.
    fresh: Mutex<Vec<RobotsNote>>,
}

impl RobotsCache {
    /// Restores a note that another run of the program made.
    pub(super) fn recall(&self, note: &RobotsNote, now: DateTime<Utc>) {
        // By a clock that was ahead.
        if note.until > now + TimeDelta::hours(KEPT_HOURS) {
            return;
        }
        // Written by a program with other rules: it is asked again.
        let Ok(rules) = serde_json::from_str(&note.rules) else { return };
        let kept = CachedRobots { answer: Ok(Arc::new(rules)), until: note.until };
        let mut origins = self.origins.lock().expect("no one panics while holding the origins");
        origins.entry(note.origin.clone()).or_insert_with(|| Arc::new(RobotsSlot::new(Some(kept))));
    }

    /// Notes an origin's answer for the next run of the program.
    pub(super) fn note(&self, url: &Url, kept: &CachedRobots) {
        let Ok(rules) = &kept.answer else { return };
        let rules = serde_json::to_string(&**rules).expect("texts and numbers are always JSON");
        if rules.len() > NOTED_BYTES {
            return;
        }
        let origin = url.origin().ascii_serialization();
        let note = RobotsNote { origin, until: kept.until, rules };
        self.fresh.lock().expect("no one panics while holding the notes").push(note);
    }

    pub(super) fn take_fresh(&self) -> Vec<RobotsNote> {
        std::mem::take(&mut *self.fresh.lock().expect("no one panics while holding the notes"))
    }

    pub(super) fn slot(&self, url: &Url, now: DateTime<Utc>) -> Arc<RobotsSlot> {
        let mut origins = self.origins.lock().expect("no one panics while holding the origins");
        if origins.len() > ORIGINS {
            origins.retain(|_, slot| match slot.try_lock() {
                Ok(kept) => kept.as_ref().is_some_and(|kept| kept.until > now),
                Err(_) => true,
            });
        }
        origins.entry(url.origin().ascii_serialization()).or_default().clone()
    }
}

impl CachedRobots {
    /// What holds at `now`; None when the origin must be asked.
    pub(super) fn answer(&self) -> Result<Arc<RobotsRules>, FetchError> {
        self.answer.clone()
    }

    pub(super) fn at(&self, now: DateTime<Utc>) -> Option<Result<Arc<RobotsRules>, FetchError>> {
        (now < self.until).then(|| self.answer.clone())
    }

    /// What to keep of an answer. Where none came, rules that we have go on (RFC 9309 §2.4).
    pub(super) fn after(
        earlier: Option<CachedRobots>,
        answer: Result<RobotsRules, FetchError>,
        now: DateTime<Utc>,
    ) -> CachedRobots {
        match answer {
            Ok(rules) => CachedRobots {
                answer: Ok(Arc::new(rules)),
                until: now + TimeDelta::hours(KEPT_HOURS),
            },
            Err(error) => CachedRobots {
                answer: earlier.and_then(|kept| kept.answer.ok()).ok_or(error),
                until: now + TimeDelta::seconds(FAILURE_KEPT_SECONDS),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(robots: &[u8], expected: &[(&str, bool)]) {
        let rules = RobotsRules::parse(robots);
        for (path, allowed) in expected {
            let url = Url::parse("https://portal.gov.vn").unwrap().join(path).unwrap();
            let text = String::from_utf8_lossy(robots);
            assert_eq!(rules.allow(&url), *allowed, "{path} by\n{text}");
        }
    }

    #[test]
    fn p10_the_group_that_names_bantin_holds_before_the_one_for_everyone() {
        check(
            b"User-agent: *\nDisallow: /\n\nUser-agent: BanTin/9.9\nDisallow: /kin\n",
            &[("/tin", true), ("/kin/1", false)],
        );
        check(b"User-agent: bantinbot\nDisallow: /", &[("/tin", true)]);
        check(b"User-agent: a\nUser-agent: bantin\nDisallow: /x", &[("/x", false), ("/y", true)]);
        check(b"User-agent: bantin\nDisallow:\n\nUser-agent: *\nDisallow: /", &[("/tin", true)]);
        check(b"", &[("/tin", true)]);
        check(b"<html><h1>User-agent: *</h1> Disallow: /</html>", &[("/tin", true)]);
    }

    #[test]
    fn p10_a_byte_order_mark_costs_no_group() {
        let text = "User-agent: *\nDisallow: /kin\n";
        let utf16: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        check(format!("\u{feff}{text}").as_bytes(), &[("/kin", false), ("/tin", true)]);
        check(&utf16, &[("/kin", false), ("/tin", true)]);
    }

    #[test]
    fn p10_paths_are_compared_however_they_are_escaped() {
        let secret =
            &[("/mật", false), ("/m%E1%BA%ADt", false), ("/m%e1%ba%adt/x", false), ("/mat", true)];
        check("User-agent: *\nDisallow: /mật".as_bytes(), secret);
        check(b"User-agent: *\nDisallow: /m%e1%ba%adt", secret);
        check(b"User-agent: *\nDisallow: /%7Ean", &[("/~an", false), ("/%7ean", false)]);
        check(b"User-agent: *\nDisallow: /a%2Fb", &[("/a%2fb", false), ("/a/b", true)]);
        check(b"User-agent: *\nDisallow: /*?in=", &[("/bai?in=1", false), ("/bai", true)]);
        check(
            b"User-agent: *\nDisallow: /100%\nDisallow: /%zz%E1",
            &[("/100%", false), ("/x", true)],
        );
    }

    #[test]
    fn p10_the_longest_rule_decides_and_of_two_as_long_the_kinder() {
        check(
            b"User-agent: *\nDisallow: /\nAllow: /tin\nDisallow: /tin/kin\nAllow: /$",
            &[("/", true), ("/tin/1", true), ("/tin/kin/1", false), ("/khac", false)],
        );
        check(b"User-agent: *\nAllow: /a\nDisallow: /a", &[("/a", true)]);
        check(b"User-agent: *\nDisallow: /*.pdf$", &[("/x.pdf", false), ("/x.pdf?y", true)]);
        check(b"User-agent: *\nDisallow: *a*b*", &[("/xaxbx", false), ("/xbxa", true)]);
        check(b"User-agent: *\nDisallow: /a*a$", &[("/aa", false), ("/a", true)]);
    }

    #[test]
    fn p10_a_crawl_delay_is_read_up_to_half_a_minute() {
        let delay = |text: &str| RobotsRules::parse(text.as_bytes()).crawl_delay;
        let seconds = |s| Some(Duration::from_secs_f64(s));
        assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5"), seconds(2.5));
        assert_eq!(delay("User-agent: *\ncrawl-DELAY : 10 # s"), seconds(10.0));
        assert_eq!(delay("User-agent: *\nCrawl-delay: 86400"), seconds(30.0));
        assert_eq!(delay("User-agent: *\nCrawl-delay: inf"), seconds(30.0));
        for none in ["-1", "0", "NaN", "soon", ""] {
            assert_eq!(delay(&format!("User-agent: *\nCrawl-delay: {none}")), None, "{none}");
        }
        assert_eq!(delay("User-agent: x\nCrawl-delay: 9\n\nUser-agent: *\nDisallow: /a"), None);
    }

    #[test]
    fn p11_hostile_rules_cost_little_time_and_no_panic() {
        let stars = format!("User-agent: *\nDisallow: /{}\n", "*a".repeat(8_000)).repeat(30);
        let long = format!("User-agent: *\nDisallow: /{}x", "ậ".repeat(20_000));
        let url = Url::parse(&format!("https://portal.gov.vn/{}b", "a".repeat(8_000))).unwrap();
        // The crate's own matcher takes minutes and gigabytes for the first of them.
        assert!(!RobotsRules::parse(stars.as_bytes()).allow(&url));
        assert!(RobotsRules::parse(long.as_bytes()).allow(&url));
    }

    /// Tries every length for each star.
    fn found(path: &[u8], pattern: &[u8]) -> bool {
        match pattern {
            [] => true,
            b"$" => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|skipped| found(&path[skipped..], rest)),
            [first, rest @ ..] => path.first() == Some(first) && found(&path[1..], rest),
        }
    }

    proptest! {
        #[test]
        fn p10_simple_rules_are_read_as_googles_matcher_reads_them(
            rules in prop::collection::vec(("allow|disallow|user-agent|crawl-delay", "[/ab$]{0,6}"), 0..12),
            path in "/[/ab$]{0,8}",
        ) {
            let mut text = "User-agent: *\n".to_owned();
            for (key, value) in &rules {
                let value = if key == "user-agent" && value.len() > 2 { "bantin" } else { value };
                text.push_str(&format!("{key}: {value}\n"));
            }
            let url = format!("https://portal.gov.vn{path}");
            let google = robotstxt::DefaultMatcher::default().one_agent_allowed_by_robots(&text, TOKEN, &url);
            prop_assert_eq!(RobotsRules::parse(text.as_bytes()).allow(&url.parse().unwrap()), google, "{}", text);
        }

        // The crate's matcher misses matches after a star, so it cannot serve as a reference for
        // them.
        #[test]
        fn p10_stars_match_whatever_a_plain_search_finds(
            pattern in "[/ab*]{0,8}[$]?",
            path in "/[/ab$]{0,10}",
        ) {
            prop_assert_eq!(matches(&path, &pattern), found(path.as_bytes(), pattern.as_bytes()));
        }

        #[test]
        fn p5_any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            RobotsRules::parse(&bytes).allow(&"https://portal.gov.vn/tin".parse().unwrap());
        }
    }
}
