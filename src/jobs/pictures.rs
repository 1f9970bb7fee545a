//! The job that fetches items' pictures for our own pages, one after the other. Polls go first: a
//! picture waits while its source is being polled. Each is fetched once; its bytes show its format.

mod sniff;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::debug;
use url::Url;

use crate::clock::Clock;
use crate::fetch::{FetchRequest, Fetched, Fetcher, Purpose};
use crate::web::picture_addresses;
use bantin_model::SourceId;
use bantin_model::limits::{
    PICTURE_EDGE, PICTURE_SMALLEST, PICTURE_TRIES, PICTURED_ITEMS, PICTURES_BYTES,
};
use bantin_store::{Store, StoredPicture, WantedPicture};

pub struct PictureFetcher {
    store: Store,
    fetcher: Fetcher,
    clock: Clock,
    /// Of the store, when the newest items were last looked through.
    version: i64,
}

impl PictureFetcher {
    pub fn new(store: Store, fetcher: Fetcher, clock: Clock) -> Self {
        PictureFetcher { store, fetcher, clock, version: -1 }
    }

    /// Notes which pictures are wanted: those of the newest items, and `wished` ones. How many are new.
    pub async fn want(&mut self, wished: Vec<(String, SourceId)>) -> Result<u32> {
        let now = self.clock.now();
        let mut new = match wished.is_empty() {
            true => 0,
            false => self.store.want_pictures(&wished, now).await?,
        };
        let version = self.store.version().await?;
        if version != self.version {
            let items = self.store.newest_items(None, None, PICTURED_ITEMS).await?;
            let urls: Vec<(String, SourceId)> = items
                .iter()
                .flat_map(|item| {
                    picture_addresses(item).into_iter().map(|url| (url, item.source.clone()))
                })
                .collect();
            new += self.store.want_pictures(&urls, now).await?;
            self.version = version;
        }
        Ok(new)
    }

    /// Fetches the next picture. Whether there was one.
    pub async fn fetch_next(&self) -> Result<bool> {
        let now = self.clock.now();
        let Some(wanted) = self.store.next_picture(now).await? else { return Ok(false) };
        match self.fetched(&wanted).await? {
            Ok(picture) => {
                self.store
                    .keep_picture(&wanted.url, picture, PICTURES_BYTES, self.clock.now())
                    .await?;
            }
            Err((why, again)) => {
                let next = again.filter(|_| wanted.tries + 1 < PICTURE_TRIES);
                debug!(source.id = %wanted.source, "A picture of {} is not shown: {why}", wanted.source);
                self.store.picture_failed(&wanted.url, next).await?;
            }
        }
        Ok(true)
    }

    async fn fetched(
        &self,
        wanted: &WantedPicture,
    ) -> Result<Result<StoredPicture, (String, Option<DateTime<Utc>>)>> {
        let state = self.store.source(&wanted.source).await?;
        let state = state.context("a picture's source is gone")?;
        let url = match Url::parse(&wanted.url) {
            Ok(url) => url,
            Err(error) => return Ok(Err((error.to_string(), None))),
        };
        let ask = FetchRequest {
            url: &url,
            source: &state.source,
            purpose: Purpose::Picture,
            validators: None,
        };
        let page = match self.fetcher.get(ask).await {
            Ok(Fetched::Page(page)) => page,
            Ok(Fetched::Unchanged(_)) => return Ok(Err(("a 304 to a first request".into(), None))),
            Err(error) => {
                // An hour, then four: a portal that is down is down for its pages, too.
                let wait = TimeDelta::hours(1 << (2 * wanted.tries.min(3)));
                let again = error.kind.may_pass().then(|| self.clock.now() + wait);
                return Ok(Err((error.detail, again)));
            }
        };
        Ok(picture(page.body).map_err(|why| (why.to_owned(), None)))
    }
}

/// What the bytes are, if we show such.
fn picture(bytes: Vec<u8>) -> Result<StoredPicture, &'static str> {
    let Some((media_type, width, height)) = sniff::sniff(&bytes) else {
        return Err("it is none of PNG, JPEG, GIF, WebP and AVIF");
    };
    if width.min(height) < PICTURE_SMALLEST {
        return Err("it is too small to be a picture");
    }
    if width.max(height) > PICTURE_EDGE {
        return Err("its edges are too long");
    }
    Ok(StoredPicture { media_type: media_type.to_owned(), width, height, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_taken_by_its_bytes_and_its_edges() {
        let png = |width: u32, height: u32| {
            let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
            picture(png)
        };
        assert_eq!(png(640, 480).expect("a picture").media_type, "image/png");
        assert!(png(1, 1).is_err() && png(640, 50_000).is_err());
        assert!(picture(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()).is_err());
        assert!(picture(b"<html>".to_vec()).is_err());
    }
}
