//! What differs between two texts, by paragraphs.

use bantin_model::limits::COMPARED_PARAGRAPHS;

/// Paragraphs of the old text that the new one has not, and the other way round; each in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ParagraphDiff {
    pub taken_out: Vec<String>,
    pub put_in: Vec<String>,
}

/// A paragraph that only moved is no difference: what readers want to know is what is said no longer, and what now is.
pub fn difference(old: &[String], new: &[String]) -> ParagraphDiff {
    let (old, new) =
        (&old[..old.len().min(COMPARED_PARAGRAPHS)], &new[..new.len().min(COMPARED_PARAGRAPHS)]);
    let had: std::collections::HashSet<&String> = old.iter().collect();
    let has: std::collections::HashSet<&String> = new.iter().collect();
    ParagraphDiff {
        taken_out: old.iter().filter(|paragraph| !has.contains(paragraph)).cloned().collect(),
        put_in: new.iter().filter(|paragraph| !had.contains(paragraph)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_no_longer_and_what_now_is() {
        let texts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let found = difference(&texts("a b c d"), &texts("c a x d"));
        assert_eq!(found, ParagraphDiff { taken_out: texts("b"), put_in: texts("x") });
    }
}
