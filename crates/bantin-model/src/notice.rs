//! A notice: a few words to the admin. It is stored until it is sent, so that neither a crash nor
//! an unreachable mail server loses it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::health::{Breakage, Health, OngoingBreakage};
use super::item::ItemId;
use super::source::{Source, SourceId};
use super::subscriber::SubscriberId;
use crate::limits;

/// Which source a notice is about, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeSource {
    pub id: SourceId,
    pub name: String,
    /// For times as people read them.
    pub zone: Tz,
}

impl From<&Source> for NoticeSource {
    fn from(source: &Source) -> Self {
        NoticeSource { id: source.id.clone(), name: source.name.clone(), zone: source.zone }
    }
}

/// A message to the admin. None of them contains a secret or a subscriber's address (P12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// A source gives nothing, or less than it did.
    Broken {
        about: NoticeSource,
        broken: OngoingBreakage,
        /// Whether a recipe was found that reads the page again, and waits for the admin.
        proposal: bool,
    },
    /// A source of which we said that it was broken can be read again.
    Recovered { about: NoticeSource, why: Breakage, since: DateTime<Utc> },
    /// A redesign after which the list was found again, with a sentence of evidence.
    Mended { about: NoticeSource, what: String },
    /// More new items at once than the source's limit: in no mail until they are let go.
    ItemsHeld { about: NoticeSource, items: u32 },
    /// Items whose own pages are gone for good (410) were withdrawn, each with its title.
    ItemsWithdrawn { about: NoticeSource, items: Vec<(ItemId, String)> },
    /// So many pages of a source's items are gone at once that none is believed.
    TooManyGone { about: NoticeSource, items: u32 },
    /// A subscriber gets no more mail, after bounces or a complaint.
    SubscriberStopped { subscriber: SubscriberId, kind: String, reason: String },
    /// Several mail servers have refused mail from us in one day, for whichever recipient.
    Unwelcome { bounces: u64, reason: String },
    /// No mail can go.
    MailHeld { since: DateTime<Utc>, reason: String },
    /// A source is asked at another address from now on, since its own has sent us there for good.
    Moved { about: NoticeSource, from: String, to: String },
    /// No host answers any more: our own line is down, and failures are not counted.
    Offline { since: DateTime<Utc>, hosts: u32 },
    /// Hosts answer again.
    Online { since: DateTime<Utc> },
    /// A job is paused because it fails each time, as when the disk is full.
    Resting { since: DateTime<Utc>, reason: String },
    /// Mail goes again.
    MailGoes { since: DateTime<Utc> },
}

impl Notice {
    /// Returns the notice that a poll's outcome deserves, and marks in `after` that it was given. A
    /// server that is just being restarted may fail one poll, so a break is reported when it has
    /// lasted, or will have lasted by the next poll.
    pub fn of_health(
        about: &NoticeSource,
        before: &Health,
        after: &mut Health,
        proposal: bool,
        next_poll: DateTime<Utc>,
    ) -> Option<Notice> {
        let Some(broken) = after.broken.clone() else {
            let told = std::mem::take(&mut after.told);
            if after.mended != before.mended {
                let what = after.mended.as_ref()?.what.clone();
                return Some(Notice::Mended { about: about.clone(), what });
            }
            let was = before.broken.as_ref().filter(|_| told)?;
            return Some(Notice::Recovered {
                about: about.clone(),
                why: was.why,
                since: was.since,
            });
        };
        let once_more = broken.why != Breakage::FetchFailed || after.failures >= 2;
        let lasts =
            (next_poll - broken.since).to_std().is_ok_and(|t| t >= limits::BREAK_TOLD_AFTER);
        if after.told || !once_more || !lasts {
            return None;
        }
        after.told = true;
        Some(Notice::Broken { about: about.clone(), broken, proposal })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::health::{ListingCounts, PollObservation};

    /// Polls a source so many minutes apart; in each place what was seen: g(ood), f(etch failed), e(mpty list). Tells at
    /// which polls a notice came.
    fn check(minutes: i64, polls: &str, expected: &[&str]) {
        let about = NoticeSource {
            id: SourceId::parse("so-tttt").expect("a name"),
            name: "Sở".to_owned(),
            zone: chrono_tz::UTC,
        };
        let mut health = Health::default();
        let mut told = Vec::new();
        for (number, poll) in polls.chars().enumerate() {
            let rows = if poll == 'g' { 9 } else { 0 };
            let listing = ListingCounts {
                container: true,
                rows,
                dated: rows,
                titles: rows,
                ..ListingCounts::default()
            };
            let seen = match poll {
                'f' => {
                    PollObservation::Failed { why: Breakage::FetchFailed, detail: "timeout".into() }
                }
                _ => PollObservation::Listing(listing),
            };
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes * number as i64);
            let mut after = health.after(&seen, Vec::new(), now);
            let next = now + TimeDelta::minutes(minutes);
            match Notice::of_health(&about, &health, &mut after, false, next) {
                Some(Notice::Broken { broken, .. }) => {
                    told.push(format!("{number} {}", broken.why))
                }
                Some(Notice::Recovered { .. }) => told.push(format!("{number} recovered")),
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            health = after;
        }
        assert_eq!(told, expected);
    }

    #[test]
    fn a_break_is_told_once_and_so_is_its_end() {
        check(15, "ggffffffg", &["3 fetch failed", "8 recovered"]);
        check(15, "geeeeegeeg", &["2 list empty", "6 recovered", "8 list empty", "9 recovered"]);
    }

    #[test]
    fn what_passes_before_it_lasts_is_not_told() {
        check(15, "gfgfgeg", &[]);
        check(5, "gffffggg", &["4 fetch failed", "5 recovered"]);
    }

    #[test]
    fn a_source_polled_once_a_day_is_told_of_at_once_unless_it_was_only_not_reached() {
        check(
            24 * 60,
            "gegfgffg",
            &["1 list empty", "2 recovered", "6 fetch failed", "7 recovered"],
        );
    }

    #[test]
    fn a_cause_that_changes_is_the_same_break() {
        check(15, "gffeefeg", &["2 fetch failed", "7 recovered"]);
    }
}
