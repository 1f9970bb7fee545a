//! Writes what a poll found: new items, edits, the source's health and validators, all in one
//! transaction (P1, P2).

use std::collections::HashSet;

use anyhow::{Result, anyhow};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::gone;
use super::hosts;
use super::items::{ListingFacts, StoredItem, published_text, shortened, standing_str};
use super::kept_pages;
use super::notices;
use super::poll_record::{
    ArticleRead, Change, DifferenceCause, NewItem, PollCounts, PollRecord, RelocatedItem,
    RevisitedItem,
};
use super::shared_titles::shared_titles;
use super::sql::{Tx, args, small, to_json};
use super::{Store, search};
use bantin_model::*;

impl Store {
    /// Releases the held items of a source into feeds (as backlog: they are not mailed). Returns
    /// how many.
    pub async fn release_held(&self, source: &SourceId, now: DateTime<Utc>) -> Result<u64> {
        let mut tx = self.db.begin("letting held items go").await?;
        // Withdrawn items are held as well, and stay so.
        let sql = "UPDATE item SET standing = 'backlog', changed_at = $2 WHERE source = $1 AND standing = 'held' \
                   AND NOT EXISTS (SELECT 1 FROM withdrawn w WHERE w.item = item.seq)";
        let released = tx.run(sql, args![source.as_str(), now]).await?;
        if released > 0 {
            search::index_released(&mut tx, source).await?;
            tx.bump_version().await?;
        }
        tx.commit().await?;
        Ok(released)
    }

    /// Writes everything one poll found and frees the lease, in one transaction. A known item among
    /// `new` is left alone.
    ///
    /// When what was read of a known item differs from what is stored, that is a revision:
    /// `revision` + 1, the same id and `seq`, the old text kept in `revisions`. There are two
    /// exceptions. An article that was never read before completes the item without a revision. And
    /// when a newer version reads the same page differently ([`DifferenceCause::Reading`]), the
    /// item takes the new text while `revision`, `changed_at` and the time of change in feeds stay.
    ///
    /// What counts as an edit is the text that readers see: title, lead, body text, date, byline,
    /// section, attachments. Markup or pictures that changed without it are stored without a
    /// revision, but not when only the query strings of the pictures' addresses differ: portals
    /// draw those for each reader.
    pub async fn record_poll(&self, poll: &PollRecord) -> Result<PollCounts> {
        let mut tx = self.db.begin("recording a poll").await?;
        let sql = "UPDATE source SET health = $2, next_at = $3, lease_until = 0, validators = COALESCE($4, validators), \
                   rows_hash = COALESCE($5, rows_hash), polled_before = (polled_before OR $6), reader = COALESCE($7, reader) WHERE id = $1 \
                   RETURNING zone";
        let row = tx
            .one(
                sql,
                args![
                    poll.source.as_str(),
                    to_json(&poll.health),
                    poll.next_at,
                    poll.validators.as_ref().map(to_json),
                    poll.rows_hash.as_deref(),
                    poll.complete,
                    poll.mending.reader.filter(|_| poll.complete).map(i64::from),
                ],
            )
            .await?
            .ok_or_else(|| anyhow!("recording a poll: the store has no source {}", poll.source))?;
        let zone: Tz = row.word("zone", |text| text.parse().ok())?;
        let mut recorded = PollCounts::default();
        let mut readers_see = false;
        apply_changes(&mut tx, poll).await?;
        notices::add(&mut tx, &poll.notices, poll.at).await?;
        for moved in &poll.mending.moved {
            readers_see |= relocate(&mut tx, poll, moved).await?;
        }
        let shared = shared_titles(&mut tx, &poll.source, &poll.new, &poll.looked_at).await?;
        for look in &poll.looked_at {
            let (revised, changed) = revisit(&mut tx, poll, look, &shared, zone).await?;
            recorded.revised += u32::from(revised);
            readers_see |= changed;
        }
        readers_see |= gone::record_looks(&mut tx, poll).await?;
        // The lock on the numbers is taken as late as can be, for it is held until the commit.
        let arrivals = NewItemBatch {
            source: &poll.source,
            at: poll.at,
            standing: poll.standing,
            undated_at: None,
            new: &poll.new,
            shared: &shared,
        };
        recorded.new = add_new(&mut tx, &arrivals, zone).await?;
        let (standing, new) = (Standing::Held, &*poll.mending.held);
        recorded.new += add_new(&mut tx, &NewItemBatch { standing, new, ..arrivals }, zone).await?;
        let (standing, new) = (Standing::Backlog, &*poll.mending.overlooked);
        recorded.new += add_new(&mut tx, &NewItemBatch { standing, new, ..arrivals }, zone).await?;
        if readers_see || recorded.new > 0 {
            tx.bump_version().await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }
}

/// Records what was learnt of the page's making.
async fn apply_changes(tx: &mut Tx, poll: &PollRecord) -> Result<()> {
    let id = poll.source.as_str();
    let columns = [
        ("UPDATE source SET found = $2 WHERE id = $1", &poll.mending.found),
        ("UPDATE source SET proposal = $2 WHERE id = $1", &poll.mending.proposal),
    ];
    for (sql, change) in columns {
        let value = match change {
            Change::Keep => continue,
            Change::Set(recipe) => Some(to_json(recipe)),
            Change::Clear => None,
        };
        tx.run(sql, args![id, value]).await?;
    }
    let manners = match &poll.mending.manners {
        Change::Keep => None,
        Change::Set(manners) => Some(Some(to_json(manners))),
        Change::Clear => Some(None),
    };
    if let Some(manners) = manners {
        tx.run("UPDATE source SET manners = $2 WHERE id = $1", args![id, manners]).await?;
    }
    hosts::record_notes(tx, &poll.mending.hosts, poll.at).await?;
    hosts::note_outage(tx, &poll.mending.outage).await?;
    for page in &poll.mending.pages {
        kept_pages::keep(tx, &poll.source, page).await?;
    }
    Ok(())
}

/// Moves a known item to its row's new address and text. Returns whether readers see it.
async fn relocate(tx: &mut Tx, poll: &PollRecord, moved: &RelocatedItem) -> Result<bool> {
    let (id, source) = (moved.id.to_string(), poll.source.as_str());
    let sql = "UPDATE item SET listed = $3 WHERE id = $1 AND source = $2";
    tx.run(sql, args![id.as_str(), source, moved.listed.as_str()]).await?;
    let Some((key, url)) = &moved.to else { return Ok(false) };
    // What the old address answered says nothing of the new one.
    let sql = "UPDATE item SET key = $3, url = $4, article_validators = '{}', changed_at = $5 \
               WHERE id = $1 AND source = $2 \
               AND NOT EXISTS (SELECT 1 FROM item other WHERE other.source = $2 AND other.key = $3)";
    let args = args![id, source, key.as_str(), url.as_str(), poll.at];
    Ok(tx.run(sql, args).await? > 0)
}

/// New items of one source, seen at one moment.
pub(super) struct NewItemBatch<'a> {
    pub source: &'a SourceId,
    pub at: DateTime<Utc>,
    pub standing: Standing,
    /// The moment by which lists sort an item without a date. `None`: the moment it was seen.
    pub undated_at: Option<DateTime<Utc>>,
    /// Oldest first: `seq` grows in this order.
    pub new: &'a [NewItem],
    /// Titles of pages that are not used, since other items have them too.
    pub shared: &'a HashSet<String>,
}

/// Adds the items that are not known yet. Their numbers are assigned under a lock that lasts until
/// the commit, so that items become visible in the order of their numbers and a cursor skips none.
pub(super) async fn add_new(tx: &mut Tx, arrivals: &NewItemBatch<'_>, zone: Tz) -> Result<u32> {
    if arrivals.new.is_empty() {
        return Ok(0);
    }
    let sql = "UPDATE counter SET value = value WHERE name = 'seq' RETURNING value";
    let row = tx.one(sql, args![]).await?;
    let last = row.ok_or_else(|| anyhow!("the store has lost its counter seq"))?.int("value")?;
    let mut seq = last;
    for new in arrivals.new {
        let mut kept = StoredItem {
            seq: seq + 1,
            id: new.id,
            source: arrivals.source.clone(),
            url: new.row.url.to_string(),
            standing: arrivals.standing,
            first_seen: arrivals.at,
            changed_at: arrivals.at,
            sort_at: arrivals.at,
            revision: 0,
            reader: 0,
            feed_updated: None,
            listed: new.listed.clone(),
            row: ListingFacts::of(&new.row),
            read: false,
            article: Article::default(),
            validators: Validators::default(),
            page_runs: None,
            schedule: new.article.clone(),
            search_place: None,
        };
        if let Some(read) = &new.read {
            kept.take(read, arrivals.shared);
        }
        kept.sort_at = match arrivals.undated_at {
            Some(at) if !kept.is_dated() => at,
            _ => kept.sort_moment(zone),
        };
        if insert(tx, &kept, &new.key).await? {
            seq += 1;
            search::index_item(tx, &kept).await?;
        }
    }
    if seq > last {
        tx.run("UPDATE counter SET value = $1 WHERE name = 'seq'", args![seq]).await?;
    }
    small(usize::try_from(seq - last)?)
}

/// Returns whether the item was new.
async fn insert(tx: &mut Tx, kept: &StoredItem, key: &ItemKey) -> Result<bool> {
    let sql = "INSERT INTO item (seq, id, source, key, url, standing, first_seen, changed_at, sort_at, listed, \
               row_title, row_published, row_lead, row_image, article_read, article_next_at, article_tries, \
               article_validators, article_title, article_published, article_lead, updated, byline, section, images, \
               attachments, content_text, content_html, refs, lang, reader, page_runs) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
               $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32) ON CONFLICT DO NOTHING";
    let article = &kept.article;
    let added = tx
        .run(
            sql,
            args![
                kept.seq,
                kept.id.to_string(),
                kept.source.as_str(),
                key.as_str(),
                kept.url.as_str(),
                standing_str(kept.standing),
                kept.first_seen,
                kept.changed_at,
                kept.sort_at,
                kept.listed.as_str(),
                kept.row.title.as_str(),
                published_text(kept.row.published),
                kept.row.lead.as_deref(),
                kept.row.image.as_deref(),
                kept.read,
                kept.schedule.next_at,
                kept.schedule.tries,
                to_json(&kept.validators),
                article.title.as_deref(),
                published_text(article.published),
                article.lead.as_deref(),
                article.updated,
                article.byline.as_deref(),
                article.section.as_deref(),
                to_json(&article.images),
                to_json(&article.attachments),
                article.content_text.as_str(),
                article.content_html.as_str(),
                to_json(&article.refs),
                article.lang.as_deref(),
                kept.reader,
                kept.page_runs.clone(),
            ],
        )
        .await?;
    Ok(added > 0)
}

/// Writes another reading of a known item. Returns whether it was revised, and whether readers see
/// any change at all.
async fn revisit(
    tx: &mut Tx,
    poll: &PollRecord,
    look: &RevisitedItem,
    shared: &HashSet<String>,
    zone: Tz,
) -> Result<(bool, bool)> {
    let id = look.id.to_string();
    if let Some(schedule) = &look.article {
        // What the page said is of use only where it is looked at again.
        let sql = "UPDATE item SET article_next_at = $3, article_tries = $4, \
                   page_runs = CASE WHEN $3 IS NULL THEN NULL ELSE page_runs END WHERE id = $1 AND source = $2";
        let source = poll.source.as_str();
        tx.run(sql, args![id.as_str(), source, schedule.next_at, schedule.tries]).await?;
    }
    if look.row.is_none() && look.read.is_none() {
        return Ok((false, false));
    }
    let sql = "SELECT * FROM item WHERE id = $1 AND source = $2";
    let Some(row) = tx.one(sql, args![id, poll.source.as_str()]).await? else {
        return Ok((false, false));
    };
    let before = StoredItem::read(&row)?;
    let mut after = before.clone();
    if let Some((row, listed)) = &look.row {
        after.row = ListingFacts::of(row);
        after.listed = listed.clone();
    }
    let reread =
        look.difference == DifferenceCause::Reading && (before.read || look.read.is_none());
    let mut redated = false;
    if let Some(read) = &look.read {
        after.take(read, shared);
        redated = before.read && !reread && published_stays(&before.article, &mut after.article);
    }
    let (old, new) = (before.clone().item()?, after.clone().item()?);
    if reread {
        let times = ItemTimes::of(&old, zone);
        if ItemTimes::of(&new, zone) != times {
            after.feed_updated = Some(times.updated);
        }
        replace_item(tx, &before, after, zone).await?;
        return Ok((false, Item { reader: old.reader, ..new } != old));
    }
    let completed = after.read && !before.read;
    let edited = redated || text_differs(&old, &new);
    let redrawn = appearance_differs(&old, &new);
    if !edited && !redrawn && !completed {
        // What readers have stays to the letter, addresses of pictures included.
        let (row, article) = (after.row, after.article);
        after.row = ListingFacts { image: before.row.image.clone(), ..row };
        after.article = Article {
            images: before.article.images.clone(),
            content_html: before.article.content_html.clone(),
            updated: before.article.updated,
            ..article
        };
    } else {
        after.changed_at = poll.at;
        after.feed_updated = None;
    }
    let revised = edited && !completed;
    if revised {
        keep_revision(tx, &before, &old, poll.at).await?;
        after.revision = before.revision.saturating_add(1);
    }
    replace_item(tx, &before, after, zone).await?;
    Ok((revised, edited || redrawn || completed))
}

/// Replaces a known item by its new state.
async fn replace_item(
    tx: &mut Tx,
    before: &StoredItem,
    mut after: StoredItem,
    zone: Tz,
) -> Result<()> {
    // Without a date it stays where it was put: among older pages, perhaps.
    if after.is_dated() {
        after.sort_at = after.sort_moment(zone);
    }
    update(tx, &after).await?;
    if !search::is_index_current(before, &after)? {
        search::index_item(tx, &after).await?;
    }
    Ok(())
}

/// The text that an edit replaces, under the number it had.
async fn keep_revision(
    tx: &mut Tx,
    kept: &StoredItem,
    old: &Item,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "INSERT INTO revision (item, number, at, title, lead, content_html) VALUES ($1, $2, $3, $4, $5, $6)";
    let html = old.content_html.as_str();
    let text = args![kept.seq, kept.revision, at, old.title.as_str(), old.lead.as_deref(), html];
    tx.run(sql, text).await?;
    Ok(())
}

async fn update(tx: &mut Tx, kept: &StoredItem) -> Result<()> {
    let sql = "UPDATE item SET changed_at = $2, sort_at = $3, revision = $4, listed = $5, row_title = $6, \
               row_published = $7, row_lead = $8, row_image = $9, article_read = $10, article_validators = $11, \
               article_title = $12, article_published = $13, article_lead = $14, updated = $15, byline = $16, \
               section = $17, images = $18, attachments = $19, content_text = $20, content_html = $21, refs = $22, lang = $23, \
               reader = $24, page_runs = COALESCE($25, page_runs), feed_updated = $26 WHERE seq = $1";
    let article = &kept.article;
    tx.run(
        sql,
        args![
            kept.seq,
            kept.changed_at,
            kept.sort_at,
            kept.revision,
            kept.listed.as_str(),
            kept.row.title.as_str(),
            published_text(kept.row.published),
            kept.row.lead.as_deref(),
            kept.row.image.as_deref(),
            kept.read,
            to_json(&kept.validators),
            article.title.as_deref(),
            published_text(article.published),
            article.lead.as_deref(),
            article.updated,
            article.byline.as_deref(),
            article.section.as_deref(),
            to_json(&article.images),
            to_json(&article.attachments),
            article.content_text.as_str(),
            article.content_html.as_str(),
            to_json(&article.refs),
            article.lang.as_deref(),
            kept.reader,
            kept.page_runs.clone(),
            kept.feed_updated,
        ],
    )
    .await?;
    Ok(())
}

impl StoredItem {
    fn is_dated(&self) -> bool {
        self.article.published.is_known() || self.row.published.is_known()
    }

    /// Takes over what was read, except a title that is one of the `shared`.
    fn take(&mut self, read: &ArticleRead, shared: &HashSet<String>) {
        let title = read.article.title.as_deref();
        let title = title.filter(|title| !title.trim().is_empty() && !shared.contains(*title));
        self.article = Article { title: title.map(shortened), ..read.article.clone() };
        self.validators = read.validators.clone();
        self.reader = read.reader;
        self.page_runs = read.page_runs.clone();
        self.read = true;
    }
}

/// Returns what makes an edit.
fn text_differs(old: &Item, new: &Item) -> bool {
    old.title != new.title
        || old.lead != new.lead
        || old.content_text != new.content_text
        || to_the_millisecond(old.published) != to_the_millisecond(new.published)
        || old.byline != new.byline
        || old.section != new.section
        || old.attachments != new.attachments
}

/// Returns what the store keeps of a time, so that a page read twice equals itself.
fn to_the_millisecond(published: Published) -> Option<String> {
    published_text(published)
}

/// Returns what changes the look without the text. Many portals print one date, and it moves with
/// every correction ("Ngày cập nhật"). An article that shows a later date than before was updated
/// then; it was published when it was published. Returns whether the date has moved since the last
/// look.
fn published_stays(before: &Article, now: &mut Article) -> bool {
    match (before.published, now.published) {
        (Published::At(first), Published::At(shown)) if shown > first => {
            now.published = before.published;
            now.updated = now.updated.max(Some(shown));
            before.updated.is_none_or(|known| known < shown)
        }
        _ => false,
    }
}

fn appearance_differs(old: &Item, new: &Item) -> bool {
    let pictures = |item: &Item| -> Vec<(String, Option<String>)> {
        let plain = |image: &Image| (without_query(&image.url).to_owned(), image.caption.clone());
        item.images.iter().map(plain).collect()
    };
    pictures(old) != pictures(new)
        || without_picture_queries(old.content_html.as_str())
            != without_picture_queries(new.content_html.as_str())
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(plain, _)| plain)
}

/// Returns the markup with the query string of each `src` cut off.
fn without_picture_queries(html: &str) -> String {
    let mut pieces = html.split("src=\"");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (url, rest) = piece.split_once('"').unwrap_or((piece, ""));
        plain.extend(["src=\"", without_query(url), "\"", rest]);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_s_query_string_is_cut_and_nothing_else() {
        let check =
            |html: &str, expected: &str| assert_eq!(without_picture_queries(html), expected);
        check("<p>Có gì?</p>", "<p>Có gì?</p>");
        check(
            r#"<p><img src="https://a.vn/1.jpg?t=9" alt="?"><a href="/x?id=1">x</a></p>"#,
            r#"<p><img src="https://a.vn/1.jpg" alt="?"><a href="/x?id=1">x</a></p>"#,
        );
        check(r#"<img src="a?b"#, r#"<img src="a""#);
    }
}
