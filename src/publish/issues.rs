//! Who knows what already: the readers of one window, grouped by what their digests leave out and tell again.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use chrono::TimeDelta;

use super::{Matter, Member, Publisher, Run};
use crate::digest::{self, Issue};
use crate::limits::REVISED_LOOKED_AT;
use crate::model::{DigestId, Item, SubscriberId, Told};
use crate::store::Telling;

impl Publisher {
    /// The members by their issue. Nearly always one group: grouping goes by sets of digests received, of which there are
    /// few however many the readers are.
    pub(super) async fn issues<'m>(
        &self,
        run: &mut Run<'_>,
        matter: &Matter,
        members: &'m [Member],
    ) -> Result<Vec<(Issue, Vec<&'m Member>)>> {
        let told = self.told(matter).await?;
        let subscribers: Vec<SubscriberId> =
            members.iter().map(|(_, subscriber)| subscriber.id).collect();
        let received = self.received(&told, &subscribers).await?;
        let mut by_received: BTreeMap<&[DigestId], Vec<&Member>> = BTreeMap::new();
        for member in members {
            let digests = received.get(&member.1.id).map_or(&[][..], Vec::as_slice);
            by_received.entry(digests).or_default().push(member);
        }
        let mut groups: BTreeMap<Issue, Vec<&Member>> = BTreeMap::new();
        for (digests, members) in by_received {
            let known = digests.iter().filter_map(|id| told.get(id)).flatten();
            let mut issue = digest::issue_for(&matter.news, &matter.revised, known);
            let mut really = Vec::new();
            for (seq, revision) in issue.revised {
                if self.really_changed(run, &matter.revised, seq, revision).await? {
                    really.push((seq, revision));
                }
            }
            issue.revised = really;
            groups.entry(issue).or_default().extend(members);
        }
        Ok(groups.into_iter().collect())
    }

    /// What digests told of the items of a window, by digest.
    async fn told(&self, matter: &Matter) -> Result<HashMap<DigestId, Vec<Told>>> {
        let items = matter.news.iter().chain(&matter.revised).map(|item| item.seq);
        let items: Vec<i64> = items.collect();
        let mut told: HashMap<DigestId, Vec<Told>> = HashMap::new();
        if !items.is_empty() {
            for Telling { digest, told: one } in self.store.tellings(&items).await? {
                told.entry(digest).or_default().push(one);
            }
        }
        Ok(told)
    }

    /// Which of these digests each of the subscribers got.
    async fn received(
        &self,
        told: &HashMap<DigestId, Vec<Told>>,
        subscribers: &[SubscriberId],
    ) -> Result<HashMap<SubscriberId, Vec<DigestId>>> {
        let mut received: HashMap<SubscriberId, Vec<DigestId>> = HashMap::new();
        if let (Some(first), Some(last)) = (told.keys().min(), told.keys().max()) {
            for (subscriber, digest) in self.store.receivers(subscribers, *first, *last).await? {
                if told.contains_key(&digest) {
                    received.entry(subscriber).or_default().push(digest);
                }
            }
        }
        Ok(received)
    }

    /// Items that were revised of late; none where the settings want none told.
    pub(super) async fn revised<'r>(&self, run: &'r mut Run<'_>) -> Result<&'r [Item]> {
        if run.revised.is_none() {
            let settings = &run.mailer.settings().digest;
            run.revised = Some(if settings.revised {
                let since = run.now - TimeDelta::days(i64::from(settings.days));
                self.store.revised_since(since, REVISED_LOOKED_AT).await?
            } else {
                Vec::new()
            });
        }
        Ok(run.revised.as_deref().unwrap_or_default())
    }

    async fn really_changed(
        &self,
        run: &mut Run<'_>,
        items: &[Item],
        seq: i64,
        revision: u32,
    ) -> Result<bool> {
        if let Some(changed) = run.changed.get(&(seq, revision)) {
            return Ok(*changed);
        }
        let before = self.store.earlier_text(seq, revision).await?;
        let now = items.iter().find(|item| item.seq == seq);
        let changed = before.zip(now).is_some_and(|(before, now)| {
            digest::really_changed(&before.title, before.content_html.as_str(), now)
        });
        run.changed.insert((seq, revision), changed);
        Ok(changed)
    }
}
