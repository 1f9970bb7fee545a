//! Decides what bounces mean for a subscriber.
//!
//! No single bounce stops mail, not even 5.1.1. RFC 3463 §2 calls class 5 permanent for "the
//! current form" of the message, and servers are wrong about it for hours on end: Gmail called
//! living mailboxes unknown (550 5.1.1) on 14 and 15 December 2020, up to 26 hours apart, and
//! operators who believed the first bounce had to put their lists together again. Mailman counts at
//! most one bounce a day, up to 5; Discourse stops at 2 hard or 4 soft ones; Magnews believes the
//! second hard one after a week. Here a second hard bounce at least three days after the first
//! stops the mail. A daily digest to a dead address costs four mails, a weekly one two, and none of
//! a provider's limits is near that.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::values::{BounceEvent, BounceKind};
use bantin_model::limits::*;

/// Bounces of one sort, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BounceStreak {
    pub count: u32,
    /// The times of the first and the last that counted; `None` when there is none.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The record of a subscriber's bounces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BounceRecord {
    pub hard: BounceStreak,
    /// Final failures of either sort.
    pub failed: BounceStreak,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BounceVerdict {
    Keep,
    /// Stop mail to this address until the subscriber or the admin resumes it.
    Bouncing,
    /// The subscriber has left, and is not to be added again without having asked.
    Leave,
}

impl BounceRecord {
    /// Returns the record with `event` in it, and what follows.
    pub fn after(self, event: BounceEvent) -> (BounceRecord, BounceVerdict) {
        let failed =
            |record: BounceRecord| BounceRecord { failed: record.failed.and(event.at), ..record };
        let record = match event.kind {
            BounceKind::Hard if !event.elsewhere => {
                failed(BounceRecord { hard: self.hard.and(event.at), ..self })
            }
            BounceKind::Hard | BounceKind::Soft => failed(self),
            // One click on "spam" is one too many: to send on would be the surest way to every block list.
            BounceKind::Complaint | BounceKind::Leave(_) => return (self, BounceVerdict::Leave),
            BounceKind::OurFault
            | BounceKind::Delayed
            | BounceKind::Delivered
            | BounceKind::AutoReply
            | BounceKind::Unknown => {
                return (self, BounceVerdict::Keep);
            }
        };
        let bouncing = record.hard.reaches(HARD_BOUNCES, HARD_BOUNCES_SPAN)
            || record.failed.reaches(SOFT_BOUNCES, SOFT_BOUNCES_SPAN);
        (record, if bouncing { BounceVerdict::Bouncing } else { BounceVerdict::Keep })
    }
}

impl BounceStreak {
    fn and(self, at: DateTime<Utc>) -> BounceStreak {
        match self.span {
            Some((first, last)) if at < last + delta(BOUNCES_FORGOTTEN) => {
                let apart = at >= last + delta(BOUNCES_APART);
                let count = self.count.saturating_add(u32::from(apart));
                BounceStreak { count, span: Some((first, if apart { at } else { last })) }
            }
            // The first, or the first after a long time in which mail got through.
            _ => BounceStreak { count: 1, span: Some((at, at)) },
        }
    }

    fn reaches(self, count: u32, span: std::time::Duration) -> bool {
        self.count >= count && self.span.is_some_and(|(first, last)| last - first >= delta(span))
    }
}

fn delta(time: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(time).expect("days fit")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use bantin_model::SubscriptionId;

    /// The hours at which bounces come, and the verdict after each: k, B or L.
    #[track_caller]
    fn check(kind: BounceKind, elsewhere: bool, hours: &[i64], verdicts: &str) {
        let mut record = BounceRecord::default();
        let mut found = String::new();
        for hour in hours {
            let at = DateTime::UNIX_EPOCH + TimeDelta::hours(*hour);
            let (next, verdict) = record.after(BounceEvent { kind, at, elsewhere });
            record = next;
            found.push(match verdict {
                BounceVerdict::Keep => 'k',
                BounceVerdict::Bouncing => 'B',
                BounceVerdict::Leave => 'L',
            });
        }
        assert_eq!(found, verdicts);
    }

    #[test]
    fn an_address_bounces_when_it_has_been_unknown_for_days() {
        check(BounceKind::Hard, false, &[0, 24, 48, 72], "kkkB");
        check(BounceKind::Hard, false, &[0, 168], "kB");
        check(BounceKind::Hard, false, &[0, 720], "kB");
    }

    #[test]
    fn a_provider_that_is_wrong_for_two_days_costs_nobody_their_mail() {
        check(BounceKind::Hard, false, &[0, 1, 2, 21, 26, 49], "kkkkkk");
        check(BounceKind::Hard, false, &[0, 1_200, 1_201, 2_400], "kkkk");
    }

    #[test]
    fn a_full_mailbox_has_a_fortnight() {
        check(BounceKind::Soft, false, &[0, 24, 48, 72, 96, 120, 312, 336], "kkkkkkkB");
        check(BounceKind::Soft, false, &[0, 1, 2, 3, 4, 400], "kkkkkk");
        check(BounceKind::Soft, false, &[0, 168, 336, 504, 672], "kkkkB");
    }

    #[test]
    fn a_dead_address_that_mail_is_forwarded_to_counts_as_one_that_may_pass() {
        check(BounceKind::Hard, true, &[0, 24, 72, 168], "kkkk");
        check(BounceKind::Hard, true, &[0, 168, 336, 504, 672], "kkkkB");
    }

    #[test]
    fn hard_bounces_count_together_with_soft_ones_too() {
        let event = |kind, hour| BounceEvent {
            kind,
            at: DateTime::UNIX_EPOCH + TimeDelta::hours(hour),
            elsewhere: false,
        };
        let mut record = BounceRecord::default();
        for hour in [0, 100, 200, 300] {
            record = record.after(event(BounceKind::Soft, hour)).0;
        }
        assert_eq!(record.after(event(BounceKind::Hard, 400)).1, BounceVerdict::Bouncing);
    }

    #[test]
    fn a_complaint_and_a_request_end_it_at_once() {
        check(BounceKind::Complaint, false, &[0], "L");
        check(BounceKind::Leave(SubscriptionId(1)), false, &[0], "L");
    }

    #[test]
    fn what_is_not_a_failure_of_theirs_leaves_no_trace() {
        let record = BounceRecord::default();
        for kind in [
            BounceKind::OurFault,
            BounceKind::Delayed,
            BounceKind::Delivered,
            BounceKind::AutoReply,
            BounceKind::Unknown,
        ] {
            let event = BounceEvent { kind, at: DateTime::UNIX_EPOCH, elsewhere: false };
            assert_eq!(record.after(event), (record, BounceVerdict::Keep));
        }
    }

    proptest! {
        #[test]
        fn bounces_within_three_days_never_stop_mail(hours in prop::collection::vec((0..72_i64, any::<bool>()), 0..60)) {
            let mut record = BounceRecord::default();
            for (hour, hard) in hours {
                let kind = if hard { BounceKind::Hard } else { BounceKind::Soft };
                let at = DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
                let (next, verdict) = record.after(BounceEvent { kind, at, elsewhere: false });
                prop_assert_eq!(verdict, BounceVerdict::Keep);
                record = next;
            }
        }
    }
}
