//! Shows what would be sent now. It is composed like a real digest, but neither recorded nor sent.

use anyhow::Result;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{PublishRun, Publisher, decide, draft, window_of};
use bantin_mail::Mailer;
use bantin_model::digest::{DigestDecision, ReaderIssue};
use bantin_model::{Lang, Selection, Subscriber, Subscription};
use bantin_store::NewDigest;

/// Whose digest is to be shown.
#[derive(Debug, Clone)]
pub enum PreviewRequest {
    /// With a cursor in place of its own where one is given.
    Subscription(Box<(Subscription, Subscriber)>, Option<i64>),
    /// Of no subscriber yet, with what came after a cursor.
    Selection { selection: Selection, lang: Lang, zone: Tz, cursor: i64 },
}

/// What would be sent now.
#[derive(Debug, Clone)]
pub struct DigestPreview {
    /// As the daemon would decide at this moment.
    pub decision: DigestDecision,
    /// What the mail would be if its time had come; None when there is nothing to send.
    pub digest: Option<NewDigest>,
    /// News that the subscriber got by another mail.
    pub left_out: usize,
    /// Items that would be named again because they were revised.
    pub revised: usize,
}

impl Publisher {
    /// None when nothing of the selection is left in the config.
    pub async fn preview(
        &self,
        mailer: &Mailer,
        asked: &PreviewRequest,
    ) -> Result<Option<DigestPreview>> {
        let now = self.clock.now();
        let mut run = PublishRun::new(mailer, self.store.calendars(), now);
        run.sources = self.store.sources().await?;
        let (window, member, due): (_, _, DateTime<Utc>) = match asked {
            PreviewRequest::Subscription(member, cursor) => {
                let mut subscription = member.0.clone();
                subscription.cursor = cursor.unwrap_or(subscription.cursor);
                let window = window_of(&subscription, &member.1, &mut run);
                let due = subscription.next_at;
                (window, Some((subscription, member.1.clone())), due)
            }
            PreviewRequest::Selection { selection, lang, zone, cursor } => {
                let window = super::DigestWindow {
                    selection: selection.clone(),
                    lang: *lang,
                    zone: *zone,
                    cursor: *cursor,
                    when_empty: false,
                    at_once: true,
                    // A caller that names the day wants all that came since.
                    reach: bantin_model::digest::DigestReach::of(
                        u32::from(u16::MAX),
                        None,
                        now,
                        now,
                    ),
                };
                (window, None, now)
            }
        };
        let to_cursor = self.store.last_seq().await?.max(window.cursor);
        let matter = self.matter(&mut run, &window, to_cursor).await?;
        if matter.wanted.queries.is_empty() {
            return Ok(None);
        }
        // A day that was asked for is shown whole, whatever was sent of it.
        let known = !matches!(asked, PreviewRequest::Subscription(_, Some(_)));
        let issue = match member.filter(|_| known) {
            Some(member) => {
                let members = [member];
                let issues = self.issues(&mut run, &window, &matter, &members).await?;
                issues.into_iter().next().map(|(issue, _)| issue).unwrap_or_default()
            }
            None => ReaderIssue::default(),
        };
        let digest = match decide(&run, &window, &matter, &issue, now) {
            DigestDecision::Publish(items) => Some(draft(&run, &window, &matter, &issue, items)?.0),
            DigestDecision::SayEmpty => Some(draft(&run, &window, &matter, &issue, Vec::new())?.0),
            DigestDecision::NothingNew | DigestDecision::NotBefore(_) => None,
        };
        Ok(Some(DigestPreview {
            decision: decide(&run, &window, &matter, &issue, due),
            digest,
            left_out: issue.left_out.len(),
            revised: issue.revised.len(),
        }))
    }
}
