//! Separates what a newer version of the page reader reads differently from what the agency
//! changed. Sources and articles that an earlier version read are read once more, at their usual
//! times, and compared with their pages of then.

use std::sync::Arc;

use anyhow::Result;

use super::PollRun;
use crate::fetch::FetchedPage;
use bantin_extract::{PageRuns, PageText, READER_VERSION};
use bantin_store::{ArticleDue, ArticleRead, KeptPageKind};

/// What is known of a listing's page as it was when an earlier version read it.
pub(super) struct PageBefore {
    /// The page as it was kept. None where none is: of feeds, for instance.
    kept: Option<PageText>,
    now: PageText,
}

impl PageBefore {
    /// Whether the row of an item says what it said: it has the title that was there before under another reading, or
    /// (where the page was not kept) the title that was read is still there.
    pub fn showed(&self, title: &str, read_before: &str) -> bool {
        match &self.kept {
            Some(kept) => title == read_before || kept.has(title).unwrap_or(true),
            None => self.now.has(read_before).unwrap_or(true),
        }
    }

    /// Whether the page had a row of this title, which was not read.
    pub fn overlooked(&self, title: &str) -> bool {
        self.kept.as_ref().and_then(|kept| kept.has(title)).unwrap_or(false)
    }
}

impl PollRun<'_> {
    /// Returns what the page of the listing was, where an earlier version read it last.
    pub(super) async fn page_before(&self, page: &Arc<FetchedPage>) -> Result<Option<PageBefore>> {
        if self.state.reader >= READER_VERSION || !self.state.polled_before {
            return Ok(None);
        }
        let kept = self.poller.store.kept_pages(&self.state.source.id).await?;
        let kept = kept.into_iter().find(|page| page.which == KeptPageKind::Good);
        let page = page.clone();
        let before = self.poller.parse(move || -> Result<PageBefore> {
            let kept = kept.map(|kept| kept.body()).transpose()?;
            let kept = kept.map(|body| PageText::of_listing(&body));
            Ok(PageBefore { kept, now: PageText::of_listing(&page.body) })
        });
        before.await?.map(Some)
    }
}

/// Whether the agency changed an article since an earlier version read it. Where that kept nothing of the page, other
/// validators and a passage that is gone are an edit: for servers without validators it is not known, and a reading that
/// is taken for an edit would be mailed.
pub(super) fn is_edited(due: &ArticleDue, read: &ArticleRead, page: Option<&PageText>) -> bool {
    let Some(page) = page else { return false };
    let (item, article) = (&due.item, &read.article);
    let texts = |title: Option<&str>, lead: Option<&str>, text: &str| -> Vec<String> {
        [title, lead, Some(text)].into_iter().flatten().map(str::to_owned).collect()
    };
    let old = texts(Some(&item.title), item.lead.as_deref(), &item.content_text);
    let new = texts(article.title.as_deref(), article.lead.as_deref(), &article.content_text);
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
    let (had, has) = (&due.validators, &read.validators);
    match &due.page_runs {
        Some(runs) => page.is_edited_since(&PageRuns::from_bytes(runs), &old, &new),
        None if had.is_empty() || has.is_empty() || had.names_the_same(has) => false,
        None => page.has_lost_some_of(&old),
    }
}
