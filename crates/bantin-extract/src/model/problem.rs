//! A problem: something that could not be read. It is returned beside what could.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was wrong and where, as a sentence an admin can act on. Holds no secret and no subscriber's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of problem it is, for programs.
    #[serde(default)]
    pub code: ProblemCode,
    /// The number of the listing row it is about, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// The place: "row 3", "article https://…", "robots.txt".
    pub place: String,
    /// What was wrong, without the place: "no date", "the body is larger than 8 MiB".
    pub what: String,
}

/// The kinds of problems. Written in kebab-case: `no-date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// What no other code says.
    #[default]
    Other,
    /// A selector or a path of the recipe does not parse.
    BadSelector,
    /// A selector of the recipe matches nothing on the page.
    NoMatch,
    /// A page or feed is larger than what is read of one; what came before the limit is kept.
    TooLarge,
    /// A feed ends in the middle.
    Incomplete,
    /// The page has no list of news.
    NoListing,
    /// The list is there, and empty.
    Empty,
    /// The list that was chosen is not shown to people who open the page.
    HiddenListing,
    /// The rows lead to another site.
    ForeignListing,
    NoTitle,
    NoDate,
    /// A date that cannot be read, or that cannot be right.
    BadDate,
    /// A row without an address, or with one that is none.
    NoAddress,
    NoText,
    /// The page given as an article is a list of links.
    IsListing,
    /// The page asks for a name and a password.
    Login,
    /// The page is built by JavaScript, or wants a browser that runs it.
    #[serde(rename = "javascript")]
    JavaScript,
    /// The portal says that it is being worked on.
    Maintenance,
    /// The page wants cookies to be accepted.
    Cookies,
}

impl Problem {
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        let code = ProblemCode::default();
        Problem { code, row: None, place: place.into(), what: what.into() }
    }

    /// A problem of the listing as a whole.
    pub fn of_listing(code: ProblemCode, what: impl Into<String>) -> Self {
        Problem::new("listing", what).with_code(code)
    }

    /// A problem of one row of a listing, counted from 1.
    pub fn of_row(row: usize, code: ProblemCode, what: impl Into<String>) -> Self {
        Problem { row: Some(row), ..Problem::new(format!("row {row}"), what).with_code(code) }
    }

    pub fn with_code(self, code: ProblemCode) -> Self {
        Problem { code, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Problems that are the same but for the row: one line for people, one object in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "KeptProblem")]
pub struct ProblemGroup {
    pub code: ProblemCode,
    pub count: usize,
    /// Rows of the listing, from 1, ascending; empty where the problem is about no row.
    pub rows: Vec<usize>,
    /// The line for people: "rows 2-7: no date".
    pub text: String,
}

/// A group as it is kept; older versions kept single problems.
#[derive(Deserialize)]
#[serde(untagged)]
enum KeptProblem {
    Group { code: ProblemCode, count: usize, rows: Vec<usize>, text: String },
    Single(Problem),
}

impl From<KeptProblem> for ProblemGroup {
    fn from(kept: KeptProblem) -> Self {
        match kept {
            KeptProblem::Group { code, count, rows, text } => {
                ProblemGroup { code, count, rows, text }
            }
            KeptProblem::Single(problem) => group(&problem, problem.row.into_iter().collect(), 1),
        }
    }
}

impl fmt::Display for ProblemGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Joins problems that differ by their row alone, in the order in which each kind came first.
pub fn grouped(problems: &[Problem]) -> Vec<ProblemGroup> {
    let mut groups: Vec<(&Problem, Vec<usize>, usize)> = Vec::new();
    for problem in problems {
        let same = groups.iter_mut().find(|(first, ..)| {
            (first.code, &first.what) == (problem.code, &problem.what)
                && match (first.row, problem.row) {
                    (Some(_), Some(_)) => true,
                    _ => first.place == problem.place,
                }
        });
        match same {
            Some((_, rows, count)) => {
                rows.extend(problem.row);
                *count += 1;
            }
            None => groups.push((problem, problem.row.into_iter().collect(), 1)),
        }
    }
    groups.into_iter().map(|(first, rows, count)| group(first, rows, count)).collect()
}

fn group(first: &Problem, mut rows: Vec<usize>, count: usize) -> ProblemGroup {
    rows.sort_unstable();
    rows.dedup();
    let place = match rows.as_slice() {
        [] => first.place.clone(),
        [row] => format!("row {row}"),
        rows => format!("rows {}", ranges(rows)),
    };
    let text = format!("{place}: {}", first.what);
    ProblemGroup { code: first.code, count, rows, text }
}

/// Runs of numbers as people write them: "2-7, 9".
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let text = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_date(row: usize) -> Problem {
        Problem::of_row(row, ProblemCode::NoDate, "no date")
    }

    fn check(problems: &[Problem], expected: &[&str]) {
        let lines: Vec<String> = grouped(problems).iter().map(ToString::to_string).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn problems_that_differ_by_their_row_alone_are_one_line() {
        let rows: Vec<Problem> = (2..=7).map(no_date).collect();
        check(&rows, &["rows 2-7: no date"]);
        check(&[no_date(2), no_date(9), no_date(3)], &["rows 2-3, 9: no date"]);
        check(&[no_date(4)], &["row 4: no date"]);
        check(&[no_date(4), no_date(4)], &["row 4: no date"]);
    }

    #[test]
    fn other_problems_keep_their_lines_and_their_order() {
        let whole = Problem::of_listing(ProblemCode::TooLarge, "more than 1000 rows");
        let title = Problem::of_row(1, ProblemCode::NoTitle, "no title");
        let problems = [no_date(1), whole, title, no_date(2)];
        check(&problems, &["rows 1-2: no date", "listing: more than 1000 rows", "row 1: no title"]);
        let article = |url: &str| Problem::new(format!("article {url}"), "no text");
        check(&[article("a"), article("b")], &["article a: no text", "article b: no text"]);
    }

    #[test]
    fn a_group_in_json_has_code_count_rows_and_text() {
        let json = serde_json::to_value(grouped(&[no_date(2), no_date(3)])).expect("plain data");
        let expected = serde_json::json!([
            { "code": "no-date", "count": 2, "rows": [2, 3], "text": "rows 2-3: no date" }
        ]);
        assert_eq!(json, expected);
    }

    #[test]
    fn a_problem_kept_by_an_older_version_is_still_read() {
        let kept = r#"{"place":"row 3","what":"no date"}"#;
        let group: ProblemGroup = serde_json::from_str(kept).expect("the code has a default");
        assert_eq!(group.text, "row 3: no date");
        let kept = serde_json::to_string(&grouped(&[no_date(2), no_date(3)])).expect("plain data");
        let groups: Vec<ProblemGroup> = serde_json::from_str(&kept).expect("what was written");
        assert_eq!(groups[0].rows, [2, 3]);
    }
}
