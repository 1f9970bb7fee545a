//! Our own copies of items' pictures: what a page shows of them, and the pictures themselves.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::markup::{PictureCopy, pictures};
use crate::web::Web;
use crate::web::errors::WebError;
use bantin_model::limits::{PICTURES_OF_ITEM, PICTURES_WISHED};
use bantin_model::{Item, SourceId};
use bantin_store::PictureId;

/// What an address names never changes.
const AGE: &str = "max-age=31536000, immutable";

/// The addresses of an item's pictures, those in its text, too.
pub fn addresses(item: &Item) -> Vec<String> {
    let mut urls: Vec<String> = item.images.iter().map(|image| image.url.clone()).collect();
    for url in pictures(item.content_html.as_str()) {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls.retain(|url| url.starts_with("https://") || url.starts_with("http://"));
    urls.truncate(PICTURES_OF_ITEM);
    urls
}

/// The copies that we have of an item's pictures, by their addresses on the portal. What is missing is wished for.
pub async fn own_pictures(web: &Web, item: &Item) -> anyhow::Result<HashMap<String, PictureCopy>> {
    let urls = addresses(item);
    let own = own_copies(web, &urls).await?;
    if web.settings().pictures && own.len() < urls.len() {
        let missing = urls.into_iter().filter(|url| !own.contains_key(url));
        web.0.wishes.add(missing.map(|url| (url, item.source.clone())));
    }
    Ok(own)
}

/// The copies that we have of pictures, by their addresses on the portals; none where pages show no pictures.
pub async fn own_copies(
    web: &Web,
    urls: &[String],
) -> anyhow::Result<HashMap<String, PictureCopy>> {
    if !web.settings().pictures || urls.is_empty() {
        return Ok(HashMap::new());
    }
    let home = web.site().public_url.path().to_owned();
    let kept = web.0.store.kept_pictures(urls).await?;
    let own = kept.into_iter().map(|(url, size)| {
        let address = format!("{home}pictures/{}", size.id.as_str());
        (url, PictureCopy { address, width: size.width, height: size.height })
    });
    Ok(own.collect())
}

pub async fn picture(State(web): State<Web>, Path(id): Path<String>, asked: HeaderMap) -> Response {
    let found = async {
        let id = PictureId::parse(&id).ok_or(WebError::NotFound)?;
        let tag = format!("\"{}\"", id.as_str());
        let picture = web.0.store.picture(&id).await.map_err(WebError::Unavailable)?;
        let picture = picture.ok_or(WebError::NotFound)?;
        let answer = Response::builder()
            .header(header::ETAG, tag.as_str())
            .header(header::CACHE_CONTROL, AGE);
        let tags = asked.get_all(header::IF_NONE_MATCH).iter();
        let has = tags.filter_map(|tags| tags.to_str().ok()).any(|tags| tags.contains(&tag));
        Ok(if has {
            answer.status(StatusCode::NOT_MODIFIED).body(Body::empty())
        } else {
            answer
                .header(header::CONTENT_TYPE, picture.media_type)
                .header(header::CONTENT_LENGTH, picture.bytes.len())
                .body(Body::from(picture.bytes))
        }
        .expect("these headers are ASCII"))
    };
    found.await.unwrap_or_else(|error: WebError| error.answer(&web.site(), &web))
}

/// Pictures that pages would have shown, until the job that fetches them asks.
#[derive(Default)]
pub struct MissingPictures(std::sync::Mutex<Vec<(String, SourceId)>>);

impl MissingPictures {
    fn add(&self, missing: impl Iterator<Item = (String, SourceId)>) {
        let mut wishes = self.0.lock().expect("no one panics while holding the wishes");
        for wish in missing {
            if wishes.len() < PICTURES_WISHED && !wishes.contains(&wish) {
                wishes.push(wish);
            }
        }
    }

    pub fn take(&self) -> Vec<(String, SourceId)> {
        std::mem::take(&mut *self.0.lock().expect("no one panics while holding the wishes"))
    }
}
