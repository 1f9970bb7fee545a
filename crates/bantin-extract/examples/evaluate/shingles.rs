//! Texts compared as the public article benchmark does: bags of four words in a row.

use std::collections::HashMap;

/// Words in a row that make a shingle.
const WORDS: usize = 4;

#[derive(Debug, Clone, Copy)]
pub struct Overlap {
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
}

impl Overlap {
    pub fn of(truth: &str, found: &str) -> Self {
        let (truth, found) = (bag(truth), bag(found));
        let count =
            |bag: &HashMap<Vec<&str>, usize>, key: &[&str]| bag.get(key).copied().unwrap_or(0);
        let right = found.iter().map(|(key, n)| (*n).min(count(&truth, key))).sum();
        let wrong = found.iter().map(|(key, n)| n.saturating_sub(count(&truth, key))).sum();
        let missed = truth.iter().map(|(key, n)| n.saturating_sub(count(&found, key))).sum();
        Overlap { right, wrong, missed }
    }

    /// None where nothing was found.
    pub fn precision(self) -> Option<f64> {
        share(self.right, self.right + self.wrong)
    }

    /// None where there was nothing to find.
    pub fn recall(self) -> Option<f64> {
        share(self.right, self.right + self.missed)
    }

    pub fn f1(self) -> f64 {
        super::measure::f1(self.precision().unwrap_or(0.0), self.recall().unwrap_or(0.0))
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn bag(text: &str) -> HashMap<Vec<&str>, usize> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let mut bag = HashMap::new();
    if words.is_empty() {
        return bag;
    }
    for start in 0..words.len().saturating_sub(WORDS - 1).max(1) {
        let end = (start + WORDS).min(words.len());
        *bag.entry(words[start..end].to_vec()).or_default() += 1;
    }
    bag
}
