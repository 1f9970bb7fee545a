//! Who knows what already: the readers of one window, grouped by what their digests leave out and tell again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Result;
use chrono::TimeDelta;

use super::{Matter, Member, Publisher, Run, Window};
use crate::digest::{self, Issue};
use crate::limits::REVISED_LOOKED_AT;
use crate::model::{DigestId, Item, SubscriberId};
use crate::store::Telling;

impl Publisher {
    /// The members by their issue. Nearly always one group: grouping goes by sets of digests received, of which there are
    /// few however many the readers are.
    pub(super) async fn issues<'m>(
        &self,
        run: &mut Run<'_>,
        window: &Window,
        matter: &Matter,
        members: &'m [Member],
    ) -> Result<Vec<(Issue, Vec<&'m Member>)>> {
        self.read_told(run, matter).await?;
        let subscribers: Vec<SubscriberId> =
            members.iter().map(|(_, subscriber)| subscriber.id).collect();
        let received = self.received(run, &subscribers).await?;
        let mut by_received: BTreeMap<&[DigestId], Vec<&Member>> = BTreeMap::new();
        for member in members {
            let digests = received.get(&member.1.id).map_or(&[][..], Vec::as_slice);
            by_received.entry(digests).or_default().push(member);
        }
        let mut groups: BTreeMap<Issue, Vec<&Member>> = BTreeMap::new();
        for (digests, members) in by_received {
            let known = digests.iter().filter_map(|id| run.told.get(id)).flatten();
            let mut issue = digest::issue_for(&matter.news, &matter.revised, known);
            let mut again = Vec::new();
            for (seq, revision) in issue.revised {
                if self.is_told_again(run, window, matter, (seq, revision)).await? {
                    again.push((seq, revision));
                }
            }
            issue.revised = again;
            groups.entry(issue).or_default().extend(members);
        }
        Ok(groups.into_iter().collect())
    }

    /// Reads what digests told of the items of a window, as far as no other window has asked before.
    async fn read_told(&self, run: &mut Run<'_>, matter: &Matter) -> Result<()> {
        let items = matter.news.iter().chain(matter.revised.iter()).map(|item| item.seq);
        let items: Vec<i64> = items.filter(|seq| !run.told_of.contains(seq)).collect();
        if !items.is_empty() {
            for Telling { digest, told } in self.store.tellings(&items).await? {
                run.told.entry(digest).or_default().push(told);
            }
            run.told_of.extend(items);
        }
        Ok(())
    }

    /// Which of the digests that are known to tell of anything each of the subscribers got.
    async fn received(
        &self,
        run: &Run<'_>,
        subscribers: &[SubscriberId],
    ) -> Result<HashMap<SubscriberId, Vec<DigestId>>> {
        let mut received: HashMap<SubscriberId, Vec<DigestId>> = HashMap::new();
        let ends = (run.told.first_key_value(), run.told.last_key_value());
        if let (Some((first, _)), Some((last, _))) = ends {
            for (subscriber, digest) in self.store.receivers(subscribers, *first, *last).await? {
                if run.told.contains_key(&digest) {
                    received.entry(subscriber).or_default().push(digest);
                }
            }
        }
        Ok(received)
    }

    /// Items that were revised of late; none where the settings want none told.
    pub(super) async fn revised(&self, run: &mut Run<'_>) -> Result<Arc<Vec<Item>>> {
        if let Some(revised) = &run.revised {
            return Ok(revised.clone());
        }
        let settings = &run.mailer.settings().digest;
        let revised = if settings.revised {
            let since = run.now - TimeDelta::days(i64::from(settings.days));
            self.store.revised_since(since, REVISED_LOOKED_AT).await?
        } else {
            Vec::new()
        };
        Ok(run.revised.insert(Arc::new(revised)).clone())
    }

    /// Whether an item that a reader knows under an older revision belongs into this window, and says something else now.
    async fn is_told_again(
        &self,
        run: &mut Run<'_>,
        window: &Window,
        matter: &Matter,
        (seq, revision): (i64, u32),
    ) -> Result<bool> {
        let item = matter.revised.iter().find(|item| item.seq == seq);
        // One that came after the cursor is news here, or was left out as such.
        match item.filter(|item| item.seq <= window.cursor && matter.wanted.matches(item)) {
            Some(item) => self.really_changed(run, item, revision).await,
            None => Ok(false),
        }
    }

    async fn really_changed(&self, run: &mut Run<'_>, item: &Item, revision: u32) -> Result<bool> {
        if let Some(changed) = run.changed.get(&(item.seq, revision)) {
            return Ok(*changed);
        }
        let before = self.store.earlier_text(item.seq, revision).await?;
        let changed = before.is_some_and(|before| {
            digest::really_changed(&before.title, before.content_html.as_str(), item)
        });
        run.changed.insert((item.seq, revision), changed);
        Ok(changed)
    }
}
