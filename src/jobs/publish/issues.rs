//! Who knows what already: the readers of one window, grouped by what their digests leave out and tell again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use anyhow::Result;
use chrono::TimeDelta;

use super::{
    CursorChanges, DigestReader, DigestWindow, PublishRun, Publisher, SubscribedReader,
    WindowContents,
};
use bantin_model::digest::{self, ReaderIssue};
use bantin_model::limits::REVISED_LOOKED_AT;
use bantin_model::{DigestId, Item, SubscriberId, SubscriptionId};
use bantin_store::ItemMention;

/// A digest that somebody gets, and whether it has gone.
type ReceivedDigest = (DigestId, bool);

impl Publisher {
    /// The members by their issue. Nearly always one group: grouping goes by sets of digests received, of which there are
    /// few however many the readers are.
    pub(super) async fn issues<'m>(
        &self,
        run: &mut PublishRun<'_>,
        window: &DigestWindow,
        matter: &WindowContents,
        members: &'m [SubscribedReader],
    ) -> Result<Vec<(ReaderIssue, Vec<DigestReader<'m>>)>> {
        let subscriptions: Vec<SubscriptionId> =
            members.iter().map(|(subscription, _)| subscription.id).collect();
        let left_out = self.store.left_out(&subscriptions).await?;
        self.read_digested_items(run, matter, left_out.values().flatten()).await?;
        self.read_owed(run, left_out.values().flatten()).await?;
        let subscribers: Vec<SubscriberId> =
            members.iter().map(|(_, subscriber)| subscriber.id).collect();
        let received = self.received(run, &subscribers).await?;
        let mut alike: BTreeMap<(&[ReceivedDigest], &[i64]), Vec<&SubscribedReader>> =
            BTreeMap::new();
        for member in members {
            let received = received.get(&member.1.id).map_or(&[][..], Vec::as_slice);
            let before = left_out.get(&member.0.id).map_or(&[][..], Vec::as_slice);
            alike.entry((received, before)).or_default().push(member);
        }
        let mut groups: BTreeMap<ReaderIssue, Vec<DigestReader<'m>>> = BTreeMap::new();
        for ((received, before), members) in alike {
            let known = received.iter().filter_map(|(id, _)| run.told.get(id)).flatten();
            let mut issue = digest::issue_for(&matter.news, &matter.revised, known);
            let aside = Arc::new(aside(run, matter, received, before, &mut issue));
            let mut again = Vec::new();
            for (seq, revision) in issue.revised {
                if self.is_named_again(run, window, matter, (seq, revision)).await? {
                    again.push((seq, revision));
                }
            }
            issue.revised = again;
            let readers =
                members.into_iter().map(|member| DigestReader { member, aside: aside.clone() });
            groups.entry(issue).or_default().extend(readers);
        }
        Ok(groups.into_iter().collect())
    }

    /// Reads what digests said about the items of a window, except items that an earlier window has
    /// read.
    async fn read_digested_items(
        &self,
        run: &mut PublishRun<'_>,
        matter: &WindowContents,
        before: impl Iterator<Item = &i64>,
    ) -> Result<()> {
        let items = matter.news.iter().chain(matter.revised.iter()).map(|item| item.seq);
        let items: BTreeSet<i64> =
            items.chain(before.copied()).filter(|seq| !run.told_of.contains(seq)).collect();
        let items: Vec<i64> = items.into_iter().collect();
        if !items.is_empty() {
            for ItemMention { digest, told } in self.store.item_mentions(&items).await? {
                run.told.entry(digest).or_default().push(told);
            }
            run.told_of.extend(items);
        }
        Ok(())
    }

    /// Reads the items that some digest left out, as far as no other window has asked before.
    async fn read_owed(
        &self,
        run: &mut PublishRun<'_>,
        before: impl Iterator<Item = &i64>,
    ) -> Result<()> {
        let seqs: BTreeSet<i64> =
            before.copied().filter(|seq| !run.owed.contains_key(seq)).collect();
        if !seqs.is_empty() {
            let seqs: Vec<i64> = seqs.into_iter().collect();
            let items = self.store.items_numbered(&seqs).await?;
            run.owed.extend(seqs.into_iter().map(|seq| (seq, None)));
            run.owed.extend(items.into_iter().map(|item| (item.seq, Some(item))));
        }
        Ok(())
    }

    /// Which of the digests that are known to tell of anything each of the subscribers got, or will.
    async fn received(
        &self,
        run: &PublishRun<'_>,
        subscribers: &[SubscriberId],
    ) -> Result<HashMap<SubscriberId, Vec<ReceivedDigest>>> {
        let mut received: HashMap<SubscriberId, Vec<ReceivedDigest>> = HashMap::new();
        let ends = (run.told.first_key_value(), run.told.last_key_value());
        if let (Some((first, _)), Some((last, _))) = ends {
            for one in self.store.receivers(subscribers, *first, *last).await? {
                if run.told.contains_key(&one.digest) {
                    received.entry(one.subscriber).or_default().push((one.digest, one.sent));
                }
            }
        }
        Ok(received)
    }

    /// Returns items with recent revisions; none where the settings turn corrections off.
    pub(super) async fn revised(&self, run: &mut PublishRun<'_>) -> Result<Arc<Vec<Item>>> {
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
    async fn is_named_again(
        &self,
        run: &mut PublishRun<'_>,
        window: &DigestWindow,
        matter: &WindowContents,
        (seq, revision): (i64, u32),
    ) -> Result<bool> {
        let item = matter.revised.iter().find(|item| item.seq == seq);
        // One that came after the cursor is news here, or was left out as such.
        match item.filter(|item| item.seq <= window.cursor && matter.wanted.matches(item)) {
            Some(item) => self.really_changed(run, item, revision).await,
            None => Ok(false),
        }
    }

    async fn really_changed(
        &self,
        run: &mut PublishRun<'_>,
        item: &Item,
        revision: u32,
    ) -> Result<bool> {
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

/// Adds to the issue what a reader is owed: news that was left out `before` for a mail that was
/// never sent. Returns what is to be recorded: news left out now while its mail is still on its
/// way, and the part of `before` that is settled.
fn aside(
    run: &PublishRun<'_>,
    matter: &WindowContents,
    received: &[ReceivedDigest],
    before: &[i64],
    issue: &mut ReaderIssue,
) -> CursorChanges {
    let items = |gone_only: bool| -> HashSet<i64> {
        let digests = received.iter().filter(|(_, sent)| *sent || !gone_only);
        let told = digests.filter_map(|(id, _)| run.told.get(id)).flatten();
        told.map(|told| told.item).collect()
    };
    let (known, gone) = (items(false), items(true));
    let wanted = |seq: &i64| match run.owed.get(seq) {
        Some(Some(item)) => matter.wanted.matches(item),
        _ => false,
    };
    let unknown = before.iter().filter(|seq| !known.contains(seq));
    issue.owed = unknown.filter(|seq| wanted(seq)).copied().collect();
    let left_out = issue.left_out.iter().filter(|seq| !gone.contains(seq));
    let settled = before.iter().filter(|seq| gone.contains(seq) || !known.contains(seq));
    CursorChanges { left_out: left_out.copied().collect(), settled: settled.copied().collect() }
}
