//! How often sources are asked, and how late their items are seen: weeks of made-up publishing under three ways to set the
//! pace. `cargo run --example pace [WEEKS]` prints the table; nothing waits, and the same seed gives the same figures.
//!
//! - `adaptive` is what bantin does: the hours of the week.
//! - `interval` is what it did before: half the mean gap between the last twenty arrivals, from ten minutes to four hours.
//! - `15 min` is what an admin writes who wants to miss nothing; `as many` are as many polls as `adaptive` makes, evenly.
//!
//! The first two know only what they have seen by their own polls. The first week is not counted: all begin knowing nothing.

use std::path::Path;

use bantin::config::Config;
use bantin::jobs::poll::{PaceInputs, next_poll};
use bantin_model::{Health, Source, Wishes};
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Asia::Ho_Chi_Minh;

/// Items an hour around a moment, and how many come at once.
type Pattern = (&'static str, fn(DateTime<Utc>, i64) -> f64, usize);

const PATTERNS: &[Pattern] = &[
    ("office hours with lunch", office, 1),
    ("weekend silence", weekdays, 1),
    ("bursts of five, office hours", bursts, 5),
    ("a night shift", night, 1),
    ("press, all day", press, 1),
    ("one item a week", rare, 1),
    ("dead after two weeks", dead, 1),
];

fn local(at: DateTime<Utc>) -> (u32, bool) {
    let local = at.with_timezone(&Ho_Chi_Minh);
    (local.hour(), matches!(local.weekday(), Weekday::Sat | Weekday::Sun))
}

fn office(at: DateTime<Utc>, _week: i64) -> f64 {
    match local(at) {
        (8..=10 | 14..=16, false) => 0.8,
        (7 | 17, false) => 0.2,
        (11..=13, false) => 0.05,
        _ => 0.0,
    }
}

fn weekdays(at: DateTime<Utc>, _week: i64) -> f64 {
    match local(at) {
        (6..=21, false) => 0.5,
        _ => 0.0,
    }
}

fn bursts(at: DateTime<Utc>, week: i64) -> f64 {
    office(at, week) / 4.0
}

fn night(at: DateTime<Utc>, _week: i64) -> f64 {
    match local(at) {
        (22..=23 | 0..=5, _) => 0.6,
        _ => 0.02,
    }
}

fn press(at: DateTime<Utc>, _week: i64) -> f64 {
    match local(at) {
        (6..=22, false) => 4.0,
        (6..=22, true) => 2.0,
        _ => 0.5,
    }
}

fn rare(at: DateTime<Utc>, week: i64) -> f64 {
    office(at, week) / 26.0
}

fn dead(at: DateTime<Utc>, week: i64) -> f64 {
    if week < 2 { office(at, week) } else { 0.0 }
}

/// A small generator of even numbers from 0 to 1 (xorshift), so that a figure can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// When items are published.
fn published(pattern: &Pattern, start: DateTime<Utc>, weeks: i64) -> Vec<DateTime<Utc>> {
    let (_, rate, at_once) = pattern;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut items = Vec::new();
    for minute in 0..weeks * 7 * 24 * 60 {
        let at = start + TimeDelta::minutes(minute);
        if dice.roll() < rate(at, minute / (7 * 24 * 60)) / 60.0 {
            items.extend(vec![at; *at_once]);
        }
    }
    items
}

#[derive(Clone, Copy)]
enum Way {
    Adaptive,
    Interval,
    Every(TimeDelta),
}

fn interval(arrivals: &[DateTime<Utc>]) -> TimeDelta {
    let last = &arrivals[..arrivals.len().min(20)];
    let (Some(newest), Some(oldest), true) = (last.first(), last.last(), last.len() >= 3) else {
        return TimeDelta::minutes(30);
    };
    let gaps = i32::try_from(last.len() - 1).expect("twenty at most");
    ((*newest - *oldest) / gaps / 2).clamp(TimeDelta::minutes(10), TimeDelta::hours(4))
}

struct Figures {
    polls: usize,
    delays: Vec<i64>,
}

impl Figures {
    fn told(mut self, weeks: i64) -> String {
        let polls = self.polls as f64 / weeks as f64;
        self.delays.sort_unstable();
        let n = self.delays.len();
        if n == 0 {
            return format!("{polls:.0}");
        }
        let mean = self.delays.iter().sum::<i64>() as f64 / n as f64;
        let most = self.delays[n * 9 / 10] as f64;
        format!("{polls:.0}; {}, {}", minutes(mean), minutes(most))
    }
}

fn simulate(
    way: Way,
    source: &Source,
    items: &[DateTime<Utc>],
    start: DateTime<Utc>,
    weeks: i64,
) -> Figures {
    let (end, counted) = (start + TimeDelta::weeks(weeks), start + TimeDelta::weeks(1));
    let (health, wishes) = (Health::default(), Wishes::default());
    let mut figures = Figures { polls: 0, delays: Vec::new() };
    // Newest first, as the store gives them.
    let mut arrivals: Vec<DateTime<Utc>> = Vec::new();
    let (mut now, mut seen) = (start, 0);
    while now < end {
        figures.polls += usize::from(now >= counted);
        while let Some(item) = items.get(seen).filter(|item| **item <= now) {
            arrivals.insert(0, now);
            if *item >= counted {
                figures.delays.push((now - *item).num_seconds());
            }
            seen += 1;
        }
        arrivals.truncate(1_000);
        now = match way {
            Way::Every(gap) => now + gap,
            Way::Interval => now + interval(&arrivals),
            Way::Adaptive => {
                let given = PaceInputs {
                    source,
                    health: &health,
                    arrivals: &arrivals,
                    since: Some(start),
                    fresh_for: None,
                    wishes: &wishes,
                    retry_after: None,
                };
                next_poll(&given, now).at
            }
        };
    }
    figures
}

fn minutes(seconds: f64) -> String {
    match seconds / 60.0 {
        minutes if minutes < 120.0 => format!("{minutes:.0} min"),
        minutes => format!("{:.1} h", minutes / 60.0),
    }
}

fn source() -> Source {
    let text = "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
         from = \"bantin@example.vn\"\n[[source]]\nid = \"so-tttt\"\nname = \"S\"\nurl = \"https://a.vn/\"\n\
         schedule = \"adaptive\"\n";
    let config = Config::from_text(text, Path::new("pace.toml")).expect("the config is right");
    config.sources.into_iter().next().expect("it has a source")
}

fn main() {
    let weeks = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(8_i64).max(2);
    let start: DateTime<Utc> = "2026-03-02T00:00:00+07:00".parse().expect("a Monday");
    assert_eq!(start.with_timezone(&Ho_Chi_Minh).weekday(), Weekday::Mon);
    let source = source();
    println!(
        "{weeks} weeks, the first not counted; polls a week, and the delay of an item: mean, and nine in ten\n"
    );
    let heads = ["adaptive", "as many", "interval", "15 min"].map(|head| format!("{head:>24}"));
    println!("| {:<28} | {:>6} | {} |", "published", "items", heads.join(" | "));
    let lines = [24; 4].map(|width| "-".repeat(width + 2));
    println!("|{}|{}|{}|", "-".repeat(30), "-".repeat(8), lines.join("|"));
    for pattern in PATTERNS {
        let items = published(pattern, start, weeks);
        let adaptive = simulate(Way::Adaptive, &source, &items, start, weeks);
        let polls = i32::try_from(adaptive.polls).expect("weeks have few polls");
        let evenly = TimeDelta::weeks(weeks - 1) / polls;
        let others = [Way::Every(evenly), Way::Interval, Way::Every(TimeDelta::minutes(15))];
        let others = others.map(|way| simulate(way, &source, &items, start, weeks));
        let cells: Vec<String> = std::iter::once(adaptive)
            .chain(others)
            .map(|figures| format!("{:>24}", figures.told(weeks - 1)))
            .collect();
        let counted = items.iter().filter(|item| **item >= start + TimeDelta::weeks(1)).count();
        println!("| {:<28} | {counted:>6} | {} |", pattern.0, cells.join(" | "));
    }
}
