//! Leaves out what a reader has already received. News that came by another mail is not repeated,
//! and an item that was revised since is listed once more, once.

use std::collections::HashMap;

use crate::{DigestedItem, Item};

/// What distinguishes one reader's digest from another's of the same window. Readers with equal issues share one digest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ReaderIssue {
    /// News that the reader has already, by `seq`, in order.
    pub left_out: Vec<i64>,
    /// Revised items, by `seq` and the revision that the reader knows, in order.
    pub revised: Vec<(i64, u32)>,
    /// News from before the window that was to come by a mail that never went, by `seq`, in order.
    pub owed: Vec<i64>,
}

/// Returns the issue for a reader who has received all of `told`. `news` are the items of the
/// window, `revised` earlier items that have changed recently.
pub fn issue_for<'a>(
    news: &[Item],
    revised: &[Item],
    told: impl Iterator<Item = &'a DigestedItem>,
) -> ReaderIssue {
    // By item: the latest revision that was sent, and whether it was sent as revised before.
    let mut known: HashMap<i64, (u32, bool)> = HashMap::new();
    for told in told {
        let entry = known.entry(told.item).or_insert((told.revision, told.as_revised));
        *entry = (entry.0.max(told.revision), entry.1 || told.as_revised);
    }
    let left_out = news.iter().map(|item| item.seq).filter(|seq| known.contains_key(seq));
    let again = revised.iter().filter_map(|item| match known.get(&item.seq) {
        // Once is enough: a page with a counter in its text changes with every look.
        Some((revision, false)) if *revision < item.revision => Some((item.seq, *revision)),
        _ => None,
    });
    let mut issue =
        ReaderIssue { left_out: left_out.collect(), revised: again.collect(), owed: Vec::new() };
    issue.left_out.sort_unstable();
    issue.revised.sort_unstable();
    issue
}

/// Returns whether a reader would see a difference: other letters or figures in the title or the
/// text. Blanks, marks, case and markup are none.
pub fn really_changed(title: &str, html: &str, now: &Item) -> bool {
    !letters(title).eq(letters(&now.title))
        || !letters_of_html(html).eq(letters_of_html(now.content_html.as_str()))
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// Outside tags and character references, which the sanitiser leaves for blanks and marks only.
fn letters_of_html(html: &str) -> impl Iterator<Item = char> {
    let (mut in_tag, mut reference_left) = (false, 0_u8);
    html.chars()
        .filter(move |&c| {
            match c {
                '<' => in_tag = true,
                '>' => {
                    in_tag = false;
                    return false;
                }
                '&' => reference_left = 8,
                ';' => reference_left = 0,
                c if reference_left > 0 && !c.is_ascii_alphanumeric() && c != '#' => {
                    reference_left = 0;
                }
                _ if reference_left > 0 => {
                    reference_left -= 1;
                    return false;
                }
                _ => {}
            }
            !in_tag && c.is_alphanumeric()
        })
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CleanHtml;
    use crate::digest::decision::tests::item;

    fn at_revision(seq: i64, revision: u32) -> Item {
        Item { seq, revision, ..item() }
    }

    #[track_caller]
    fn check(told: &[(i64, u32, bool)], left_out: &[i64], revised: &[(i64, u32)]) {
        let told: Vec<DigestedItem> = told
            .iter()
            .map(|&(item, revision, as_revised)| DigestedItem { item, revision, as_revised })
            .collect();
        let news = [at_revision(11, 0), at_revision(12, 3)];
        let issue = issue_for(&news, &[at_revision(5, 2), at_revision(4, 1)], told.iter());
        assert_eq!((&*issue.left_out, &*issue.revised), (left_out, revised));
    }

    #[test]
    fn what_came_before_is_left_out_and_what_was_revised_since_comes_once_more() {
        check(&[], &[], &[]);
        check(&[(12, 0, false)], &[12], &[]);
        check(&[(5, 0, false), (4, 0, false), (11, 0, false)], &[11], &[(4, 0), (5, 0)]);
        check(&[(5, 2, false)], &[], &[]);
        check(&[(5, 0, false), (5, 1, false)], &[], &[(5, 1)]);
        check(&[(5, 0, false), (5, 1, true)], &[], &[]);
    }

    #[test]
    fn only_other_letters_and_figures_are_a_change() {
        let now = Item {
            title: "Họp ngày 5/6".into(),
            content_html: CleanHtml::vouched_for("<p>Hạn nộp: 30/6.</p><p>Mời&nbsp;dự</p>".into()),
            ..item()
        };
        for (title, html, changed) in [
            ("Họp ngày 5/6", "<p>Hạn nộp: 30/6.</p><p>Mời&nbsp;dự</p>", false),
            ("HỌP NGÀY 5/6.", "<div>Hạn nộp <b>30</b>/6\u{a0}</div>Mời dự", false),
            ("Họp ngày 6/6", "<p>Hạn nộp: 30/6.</p><p>Mời&nbsp;dự</p>", true),
            ("Họp ngày 5/6", "<p>Hạn nộp: 29/6.</p><p>Mời&nbsp;dự</p>", true),
            ("Họp ngày 5/6", "<p>Hạn nộp: 30/6. Mời &amp; đón dự</p>", true),
            ("Họp ngày 5/6", "", true),
        ] {
            assert_eq!(really_changed(title, html, &now), changed, "{title} {html}");
        }
    }
}
