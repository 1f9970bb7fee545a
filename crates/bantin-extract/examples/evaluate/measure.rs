//! Time and memory of a task. Memory is the process's high-water mark, set back before the task (Linux).

use std::time::{Duration, Instant};

pub struct Meter {
    spent: Duration,
    pages: usize,
}

impl Meter {
    pub fn start() -> Self {
        // Where the kernel does not let us, the mark is that of the whole run so far.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Meter { spent: Duration::ZERO, pages: 0 }
    }

    /// Counts the time of one page's reading.
    pub fn page<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = work();
        self.spent += begun.elapsed();
        self.pages += 1;
        result
    }

    pub fn told(&self) -> String {
        let seconds = self.spent.as_secs_f64();
        let each = 1_000.0 * seconds / self.pages.max(1) as f64;
        let memory = peak_mib().map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
        format!(
            "{:.0} pages/s on one core ({each:.2} ms a page), peak memory {memory}",
            self.pages as f64 / seconds.max(1e-9)
        )
    }
}

fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

pub fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
