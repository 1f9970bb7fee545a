//! Reads the articles of rows: those of new rows, and those that are due to be looked at again.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::pace::{MAX_BACKOFF, later, next_look, next_try};
use super::rows::fill;
use super::{PollRun, is_front, reread};
use crate::fetch::{FetchFailure, FetchRequest, Fetched, Purpose};
use bantin_extract::{self, PageText, READER_VERSION};
use bantin_model::limits;
use bantin_model::{Article, Attachment, ItemId, ItemKey, Problem, Standing, Validators};
use bantin_store::{ArticleDue, ArticleRead, ArticleSchedule, DifferenceCause, RevisitedItem};

/// Which article is fetched, and what is known of it.
struct ArticleRequest<'a> {
    url: &'a Url,
    /// The title of its row.
    listed: &'a str,
    validators: Option<&'a Validators>,
    /// Tries that failed in a row.
    tries: u32,
    first_seen: DateTime<Utc>,
}

/// What a look at an article brought.
struct ArticleLook {
    read: Option<ArticleRead>,
    /// What the page says, however it is read.
    text: Option<PageText>,
    /// When it is looked at again.
    article: ArticleSchedule,
    said: ArticleStatus,
}

/// What the portal says of an article's page.
enum ArticleStatus {
    Page,
    /// It is gone for good (410).
    Gone,
    Nothing,
}

impl ArticleLook {
    /// The page is there; it may be as it was.
    fn page(read: Option<ArticleRead>, article: ArticleSchedule) -> Self {
        ArticleLook { read, text: None, article, said: ArticleStatus::Page }
    }

    fn nothing(article: ArticleSchedule) -> Self {
        ArticleLook { read: None, text: None, article, said: ArticleStatus::Nothing }
    }
}

impl PollRun<'_> {
    /// Fetches the articles of new rows. When there are more than one poll may fetch, the newest come first; the others
    /// are recorded with what the listing says of them, and their articles follow.
    pub(super) async fn read_new_articles(&mut self) -> Result<()> {
        if self.standing == Standing::Held {
            return Ok(());
        }
        let wanting: Vec<usize> =
            (0..self.new.len()).filter(|at| self.new[*at].read.is_none()).collect();
        let first = wanting.len().saturating_sub(limits::ARTICLES_PER_POLL);
        for (n, at) in wanting.iter().copied().enumerate().skip(first) {
            if self.poller.stop.is_asked() {
                // What is not read yet is left unseen, for the next poll: rows from here on, and those before `first`.
                let unread: HashSet<usize> =
                    wanting[..first].iter().chain(&wanting[n..]).copied().collect();
                let new = std::mem::take(&mut self.new).into_iter().enumerate();
                self.new = new.filter(|(at, _)| !unread.contains(at)).map(|(_, new)| new).collect();
                self.complete = false;
                return Ok(());
            }
            let (url, place) = (self.new[at].row.url.clone(), self.new[at].row.url.to_string());
            let asked = ArticleRequest {
                url: &url,
                listed: &self.new[at].row.title.clone(),
                validators: None,
                tries: 0,
                first_seen: self.poller.clock.now(),
            };
            let ArticleLook { read, article, .. } = self.fetch_article(asked).await?;
            if let Some(mut read) = read {
                if let Some(brought) = &self.new[at].row.brought {
                    read.article = fill(read.article, brought);
                }
                if read.article.content_text.is_empty() && read.article.attachments.is_empty() {
                    self.problems
                        .push(Problem::new(format!("article {place}"), "no text was found in it"));
                }
                self.new[at].read = Some(read);
            }
            self.new[at].article = article;
        }
        Ok(())
    }

    /// Looks at articles whose time has come: never read, or read and perhaps edited since; and those whose row changed.
    pub(super) async fn look_again(&mut self) -> Result<()> {
        let Some(places) = u32::try_from(limits::ARTICLES_PER_POLL.saturating_sub(self.fetched))
            .ok()
            .filter(|n| *n > 0)
        else {
            return Ok(());
        };
        let (store, source) = (&self.poller.store, &self.state.source.id);
        let edited: Vec<ItemId> = self.edited.iter().copied().collect();
        let mut due = store.articles_of(&edited).await?;
        for article in store.articles_due(source, self.poller.clock.now(), places).await? {
            if !self.edited.contains(&article.item.id) {
                due.push(article);
            }
        }
        let mut rows: HashMap<ItemId, RevisitedItem> =
            self.looked_at.drain(..).map(|looked| (looked.id, looked)).collect();
        for (at, article) in due.into_iter().enumerate() {
            if self.poller.stop.is_asked() {
                break;
            }
            if at >= places as usize {
                // A portal that touched every row at once: the others' turn is the next poll.
                if let Some(looked) = rows.get_mut(&article.item.id) {
                    let now = self.poller.clock.now();
                    looked.article =
                        Some(ArticleSchedule { next_at: Some(now), tries: article.tries });
                }
                continue;
            }
            let mut looked = rows.remove(&article.item.id).unwrap_or(RevisitedItem {
                id: article.item.id,
                row: None,
                read: None,
                article: None,
                difference: DifferenceCause::Edit,
            });
            self.look_at(&article, &mut looked).await?;
            self.looked_at.push(looked);
        }
        self.looked_at.extend(rows.into_values());
        Ok(())
    }

    async fn look_at(&mut self, due: &ArticleDue, looked: &mut RevisitedItem) -> Result<()> {
        let Ok(url) = Url::parse(&due.item.url) else {
            looked.article = Some(ArticleSchedule::default());
            return Ok(());
        };
        if self.shared.contains(&ItemKey::of(&url)) {
            looked.article = Some(ArticleSchedule::default());
            return Ok(());
        }
        // A page that an earlier version read is wanted whole, changed or not.
        let is_older = due.read && due.reader < READER_VERSION;
        let validators = Some(&due.validators)
            .filter(|validators| due.read && !is_older && !validators.is_empty());
        let listed = looked.row.as_ref().map_or(&due.row_title, |(row, _)| &row.title).clone();
        let asked = ArticleRequest {
            url: &url,
            listed: &listed,
            validators,
            tries: due.tries,
            first_seen: due.item.first_seen,
        };
        let ArticleLook { read, text, article, said } = self.fetch_article(asked).await?;
        looked.article = Some(article);
        match said {
            ArticleStatus::Gone if due.read => looked.article = Some(self.note_gone(due).await?),
            ArticleStatus::Page => self.mending.gone.there.push(due.item.id),
            ArticleStatus::Gone | ArticleStatus::Nothing => {}
        }
        if let Some(mut read) = read {
            if let Some(brought) = looked.row.as_ref().and_then(|(row, _)| row.brought.as_ref()) {
                read.article = fill(read.article, brought);
            }
            // A page that has lost its text (a redesign, an error page with status 200) is no edit of the item.
            let lost = due.read
                && read.article.content_text.is_empty()
                && !due.item.content_text.is_empty();
            if lost {
                self.problems.push(Problem::new(
                    format!("article {url}"),
                    "its text can no longer be found on the page; the text read before is kept",
                ));
            } else {
                let is_edited = !is_older || reread::is_edited(due, &read, text.as_ref());
                looked.difference = match looked.difference {
                    DifferenceCause::Edit if is_edited || looked.row.is_some() => {
                        DifferenceCause::Edit
                    }
                    DifferenceCause::Reading if is_edited && is_older => DifferenceCause::Edit,
                    _ => DifferenceCause::Reading,
                };
                looked.read = Some(read);
            }
        }
        Ok(())
    }

    async fn fetch_article(&mut self, asked: ArticleRequest<'_>) -> Result<ArticleLook> {
        let ArticleRequest { url, listed, validators, tries, first_seen } = asked;
        let (poller, source) = (self.poller, &self.state.source);
        let now = poller.clock.now();
        if let Some(document) = bantin_extract::document_at(url) {
            let read = alone(document_alone(document));
            return Ok(ArticleLook::page(Some(read), ArticleSchedule::default()));
        }
        if let Some(wait) = self.silence_of(url, now) {
            let next_at = now + TimeDelta::from_std(wait).unwrap_or(MAX_BACKOFF);
            return Ok(ArticleLook::nothing(ArticleSchedule { next_at: Some(next_at), tries }));
        }
        self.fetched += 1;
        poller.store.keep_lease(&source.id, now + limits::POLL_LEASE).await?;
        let ask = FetchRequest { url, source, purpose: Purpose::Article, validators };
        let again = ArticleSchedule { next_at: next_look(first_seen, now), tries: 0 };
        match poller.fetcher.get(ask).await {
            Ok(Fetched::Unchanged(_)) => Ok(ArticleLook::page(None, again)),
            Ok(Fetched::Page(page)) if led_away(url, &page.url, &source.url) => {
                self.problems.push(Problem::new(
                    format!("article {url}"),
                    format!("the portal led us to {} instead of the article", page.url),
                ));
                Ok(ArticleLook::nothing(later(tries, now)))
            }
            // What is a listing for us is nothing to read for a person.
            Ok(Fetched::Page(page)) if is_json(page.content_type.as_deref()) => {
                let read = alone(document_alone(unnamed_document(url)));
                Ok(ArticleLook::page(Some(read), ArticleSchedule::default()))
            }
            Ok(Fetched::Page(page)) => {
                let validators = page.validators.clone();
                let (text, (article, problems)) =
                    match poller.read_article(source, page, listed.to_owned()).await {
                        Ok(read) => read,
                        Err(error) => {
                            let problem =
                                Problem::new(format!("article {url}"), format!("{error:#}"));
                            self.problems.push(problem);
                            return Ok(ArticleLook::nothing(later(tries, now)));
                        }
                    };
                self.problems.extend(problems);
                let mut again = again;
                if validators.is_empty() {
                    // Each look is a whole page there.
                    again.next_at = again.next_at.map(|at| at.max(now + TimeDelta::hours(1)));
                }
                let page_runs = again.next_at.map(|_| text.runs().to_bytes());
                let read = ArticleRead { article, validators, reader: READER_VERSION, page_runs };
                Ok(ArticleLook { text: Some(text), ..ArticleLook::page(Some(read), again) })
            }
            Err(error) if error.kind == FetchFailure::NotAPage => {
                let read = alone(document_alone(unnamed_document(url)));
                Ok(ArticleLook::page(Some(read), ArticleSchedule::default()))
            }
            Err(error) => {
                self.problems.push(Problem::new(format!("article {url}"), error.to_string()));
                poller.note_silence(url, &error);
                let wait = error.retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
                if let (Some(wait), Some(host)) = (wait, url.host_str()) {
                    self.silent.insert(host.to_owned(), poller.clock.now() + wait);
                }
                let tries = tries + 1;
                let next_at = next_try(tries, &error, now);
                let look = ArticleLook::nothing(ArticleSchedule { next_at, tries });
                let is_gone = error.kind == FetchFailure::Status(410);
                Ok(if is_gone { ArticleLook { said: ArticleStatus::Gone, ..look } } else { look })
            }
        }
    }
}

/// A redirect of an article to the portal's front page, or back to the listing, is a soft "not found".
pub(crate) fn led_away(asked: &Url, came: &Url, listing: &Url) -> bool {
    ItemKey::of(asked) != ItemKey::of(came)
        && (is_front(came) || ItemKey::of(came) == ItemKey::of(listing))
}

fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.to_ascii_lowercase().ends_with("+json")
}

/// What was read without a page.
pub(crate) fn alone(article: Article) -> ArticleRead {
    ArticleRead { article, reader: READER_VERSION, ..ArticleRead::default() }
}

/// A row that leads straight to a document has it as its attachment, and no text.
pub(crate) fn document_alone(attachment: Attachment) -> Article {
    Article { attachments: vec![attachment], ..Article::default() }
}

/// A page that turned out to be none, though its address did not say so.
pub(crate) fn unnamed_document(url: &Url) -> Attachment {
    let title =
        url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    Attachment {
        url: url.to_string(),
        title,
        media_type: "application/octet-stream".to_owned(),
        length: None,
    }
}
