//! The feeds and sources that a command may name: those of the config, and those that the admin pages manage in the store.

use crate::config::Config;
use bantin_model::query::Query;
use bantin_model::{Feed, FeedName, Selection, SourceId};
use bantin_store::Store;

pub(super) struct KnownSources {
    feeds: Vec<Feed>,
    pub sources: Vec<SourceId>,
}

impl KnownSources {
    pub async fn of(config: &Config, store: &Store) -> anyhow::Result<KnownSources> {
        let of_admin_pages = store.managed_settings().await?;
        let mut feeds = config.feeds.clone();
        feeds.extend(of_admin_pages.feeds);
        let mut sources: Vec<SourceId> = config.sources.iter().map(|one| one.id.clone()).collect();
        sources.extend(of_admin_pages.sources);
        Ok(KnownSources { feeds, sources })
    }

    pub fn feed(&self, name: &str) -> Result<&Feed, String> {
        self.feeds.iter().find(|feed| feed.name.as_str() == name).ok_or_else(|| {
            match self.feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>().join(", ") {
                known if known.is_empty() => {
                    format!("there is no feed \"{name}\", nor any other in the config yet")
                }
                known => format!("there is no feed \"{name}\"; there are: {known}"),
            }
        })
    }

    /// One selection for all that is named, so that an item in two feeds comes once.
    pub fn selection(&self, feeds: &[String], queries: &[String]) -> Result<Selection, String> {
        let feeds: Vec<FeedName> = feeds
            .iter()
            .map(|name| Ok(self.feed(name)?.name.clone()))
            .collect::<Result<_, String>>()?;
        for text in queries {
            let query =
                Query::parse(text).map_err(|error| format!("the query {text:?}: {error}"))?;
            if let Some(id) = query.named_sources().iter().find(|id| !self.sources.contains(id)) {
                return Err(format!("the query {text:?}: there is no source \"{id}\""));
            }
        }
        Ok(Selection { feeds, queries: queries.to_vec() })
    }

    /// The same; every feed where nothing is named.
    pub fn selection_or_all(
        &self,
        feeds: &[String],
        queries: &[String],
    ) -> Result<Selection, String> {
        let mut selection = self.selection(feeds, queries)?;
        if selection == Selection::default() {
            selection.feeds = self.feeds.iter().map(|feed| feed.name.clone()).collect();
        }
        if selection == Selection::default() {
            return Err("there is no feed to subscribe to; add one, or give --query".to_owned());
        }
        Ok(selection)
    }
}
