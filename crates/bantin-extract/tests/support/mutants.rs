//! Replays the inputs that a fuzzer kept, and changed forms of them: without the fuzzer's instruments a reader is many times
//! as fast, and far more can be tried.
//!
//! `BANTIN_MUTANT_SECONDS=300` tries changed inputs for so long on each target, on all cores;
//! `BANTIN_MUTANT_TARGETS="dates query"` names some of them.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::dice::Dice;

/// A target's name and what it does with an input.
pub type Named = (&'static str, fn(&[u8]));

fn seeds(folder: &Path, target: &str) -> Vec<Vec<u8>> {
    let packed = std::fs::read_to_string(folder.join(format!("{target}.txt")));
    let packed = packed.expect("each target has its seeds");
    packed.lines().map(|line| STANDARD.decode(line).expect("base64, one a line")).collect()
}

/// Every input that the fuzzer kept, as it is. `folder` holds a file of seeds for each target.
pub fn replay(folder: &Path, targets: &[Named]) {
    for (name, target) in targets {
        let inputs = seeds(folder, name);
        assert!(inputs.len() >= 10, "{name} has only {} inputs", inputs.len());
        for input in inputs {
            target(&input);
        }
    }
}

/// Bytes of an input, and of a piece that is put into one.
const LONGEST: usize = 4_096;
const PIECE: usize = 64;

/// Changed forms of what the fuzzer kept. Targets named in `alone` are run on one thread.
pub fn replay_changed(folder: &Path, targets: &[Named], alone: &[&str]) {
    let variable = |name: &str| std::env::var(name).ok();
    let seconds = variable("BANTIN_MUTANT_SECONDS").and_then(|text| text.parse().ok());
    let time = seconds.map(Duration::from_secs);
    let named = variable("BANTIN_MUTANT_TARGETS").unwrap_or_default();
    let named: Vec<&str> = named.split_whitespace().collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = 0;
    for (name, target) in targets.iter().copied() {
        if !named.is_empty() && !named.contains(&name) {
            continue;
        }
        let seeds = seeds(folder, name);
        let (runs, slowest) = (AtomicU64::new(0), Mutex::new(Duration::ZERO));
        std::thread::scope(|scope| {
            for thread in 0..if alone.contains(&name) { 1 } else { cores } {
                let (seeds, runs, slowest) = (&seeds, &runs, &slowest);
                scope.spawn(move || {
                    let (done, longest) = run(name, target, seeds, thread, time);
                    runs.fetch_add(done, Ordering::Relaxed);
                    let mut slowest = slowest.lock().expect("nobody panics while holding it");
                    *slowest = longest.max(*slowest);
                });
            }
        });
        let slowest = slowest.into_inner().expect("nobody panicked while holding it");
        println!("{name}: {runs:?} changed inputs, the slowest took {slowest:.1?}");
        all += runs.into_inner();
    }
    println!("{all} changed inputs in all, 0 panics");
}

/// Tries changed inputs for some time, or a few of them. How many, and how long the slowest took.
fn run(
    name: &str,
    target: fn(&[u8]),
    seeds: &[Vec<u8>],
    thread: usize,
    time: Option<Duration>,
) -> (u64, Duration) {
    const A_FEW: u64 = 40;
    // The few are the same ones each time; whoever wants many wants others than last time.
    let drawn = time.map_or(0, |_| std::process::id().into());
    let mut dice = Dice((drawn << 8) + thread as u64 + 1);
    let (began, mut runs, mut slowest) = (Instant::now(), 0, Duration::ZERO);
    while time.map_or(runs < A_FEW, |time| began.elapsed() < time) {
        let input = mutant(seeds, &mut dice);
        let begun = Instant::now();
        if std::panic::catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            panic!("{name} fails on {}", STANDARD.encode(&input));
        }
        slowest = begun.elapsed().max(slowest);
        runs += 1;
    }
    (runs, slowest)
}

fn piece<'a>(dice: &mut Dice, of: &'a [u8]) -> &'a [u8] {
    let start = dice.roll(of.len());
    &of[start..][..dice.roll((of.len() - start).min(PIECE) + 1)]
}

fn one_of<'a, T>(dice: &mut Dice, these: &'a [T]) -> &'a T {
    &these[dice.roll(these.len())]
}

/// What readers trip over: signs of each language that is read, letters of several bytes, bytes of none, numbers at an edge.
const ODD: [&[u8]; 40] = [
    b"<",
    b">",
    b"&",
    b"\"",
    b"'",
    b"\n",
    b"\r\n",
    b"\n\n",
    b" ",
    b"\t",
    b"\0",
    b"/",
    b"-",
    b":",
    b"(",
    b")",
    b"OR",
    b"&#",
    b";",
    b"=",
    b"]]>",
    b"<!--",
    b"--",
    b"%",
    b"@",
    b"0",
    b"29/2/2023",
    b"31",
    b"24:60",
    b"99999999999999999999",
    b"-1",
    b"\xff",
    b"\xe1\xbb",
    "đ".as_bytes(),
    "\u{301}".as_bytes(),
    "ặ".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{202e}".as_bytes(),
    "İ".as_bytes(),
    "\u{1f4f0}".as_bytes(),
];

/// A seed with one to eight changes.
fn mutant(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut input = one_of(dice, seeds).clone();
    for _ in 0..=dice.roll(8) {
        let at = dice.roll(input.len() + 1);
        let to = (at + dice.roll(PIECE)).min(input.len());
        match dice.roll(9) {
            0 if at < input.len() => input[at] ^= 1 << dice.roll(8),
            1 if at < input.len() => input[at] = u8::try_from(dice.roll(256)).expect("a byte"),
            2 => drop(input.drain(at..to)),
            3 => drop(input.splice(at..at, one_of(dice, &ODD).iter().copied())),
            4 => drop(input.splice(at..to, one_of(dice, &ODD).iter().copied())),
            5 => {
                let own = piece(dice, &input).repeat(1 + dice.roll(4));
                input.splice(at..at, own);
            }
            which @ (6 | 7) => {
                let other = one_of(dice, seeds);
                let piece = piece(dice, other);
                input.splice(if which == 6 { at..at } else { at..to }, piece.iter().copied());
            }
            // The beginning of one and the end of another.
            _ => {
                let other = one_of(dice, seeds);
                input.truncate(at);
                input.extend_from_slice(&other[dice.roll(other.len() + 1)..]);
            }
        }
    }
    input.truncate(LONGEST);
    input
}
