//! Whether a due subscription gets a digest now.

use chrono::{DateTime, Utc};

use crate::Item;

/// The decision on what a due subscription gets.
#[derive(Debug, Clone, PartialEq)]
pub enum DigestDecision {
    /// These items, in order of `seq`.
    Publish(Vec<Item>),
    /// Nothing matched, and the subscription asks for a mail that says so.
    SayEmpty,
    NothingNew,
    NotBefore(DateTime<Utc>),
}

pub fn decide(
    due: DateTime<Utc>,
    matching: Vec<Item>,
    when_empty: bool,
    now: DateTime<Utc>,
) -> DigestDecision {
    if now < due {
        return DigestDecision::NotBefore(due);
    }
    match (matching.is_empty(), when_empty) {
        (false, _) => DigestDecision::Publish(matching),
        (true, true) => DigestDecision::SayEmpty,
        (true, false) => DigestDecision::NothingNew,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{CleanHtml, ItemId, Published, SourceId, Standing};

    pub fn item() -> Item {
        Item {
            id: ItemId(uuid::Uuid::nil()),
            seq: 1,
            source: SourceId::parse("so-tttt").expect("a name"),
            url: "https://portal.example.gov.vn/1".into(),
            title: "Tin".into(),
            published: Published::Unknown,
            updated: None,
            byline: None,
            section: None,
            lead: None,
            content_html: CleanHtml::default(),
            content_text: String::new(),
            images: Vec::new(),
            attachments: Vec::new(),
            refs: Vec::new(),
            lang: None,
            standing: Standing::Open,
            first_seen: DateTime::UNIX_EPOCH,
            changed_at: DateTime::UNIX_EPOCH,
            sort_at: DateTime::UNIX_EPOCH,
            revision: 0,
            reader: 0,
            feed_updated: None,
        }
    }

    #[test]
    fn a_digest_waits_for_its_hour_and_comes_empty_only_when_asked_for() {
        let due = DateTime::UNIX_EPOCH;
        let early = due - chrono::TimeDelta::milliseconds(1);
        for (items, when_empty, now, decision) in [
            (vec![item()], true, early, DigestDecision::NotBefore(due)),
            (vec![], true, early, DigestDecision::NotBefore(due)),
            (vec![item()], false, due, DigestDecision::Publish(vec![item()])),
            (vec![], false, due, DigestDecision::NothingNew),
            (vec![], true, due, DigestDecision::SayEmpty),
        ] {
            assert_eq!(decide(due, items, when_empty, now), decision);
        }
    }
}
