//! Pictures, recordings and files that an entry names: RSS's enclosure, Atom's links of that kind, Media RSS.

use url::Url;

use super::filled;
use super::xml::{Id, XmlTree};
use crate::model::Attachment;
use crate::{document_at, text};

/// Files of one entry that are kept.
const MOST_FILES: usize = 100;

/// What a file is, by the words of the feed or by the ending of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    Picture,
    Recording,
    File,
    /// A page that plays something, or a Flash player: nothing to download.
    Player,
    Unknown,
}

/// Where a picture was named; the better places first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PicturePlace {
    Content,
    Thumbnail,
    /// Media content that does not say what it is.
    Untyped,
    Enclosure,
}

/// The pictures and files of one entry, as they are found.
#[derive(Default)]
pub struct EntryMedia {
    picture: Option<(PicturePlace, u64, String)>,
    pub files: Vec<Attachment>,
}

impl EntryMedia {
    /// Of pictures named in one place the largest is kept, and of equals the first.
    pub fn offer_picture(&mut self, place: PicturePlace, area: u64, url: Option<Url>) {
        let Some(url) = url.filter(|url| !is_portrait_service(url)) else { return };
        let better = self
            .picture
            .as_ref()
            .is_none_or(|(best, known, _)| place < *best || place == *best && area > *known);
        if better {
            self.picture = Some((place, area, url.into()));
        }
    }

    pub fn picture(&self) -> Option<String> {
        self.picture.as_ref().map(|(.., url)| url.clone())
    }

    /// Takes a file that the feed encloses.
    pub fn offer_file(
        &mut self,
        url: Url,
        media_type: Option<&str>,
        title: Option<&str>,
        length: Option<u64>,
    ) {
        let said = media_type.map(|said| said.trim().to_ascii_lowercase()).unwrap_or_default();
        if said.starts_with("image/") {
            return self.offer_picture(PicturePlace::Enclosure, 0, Some(url));
        }
        let named = document_at(&url);
        let file = named.as_ref().map(|named| named.title.clone()).unwrap_or_else(|| {
            let last = url.path_segments().and_then(|mut parts| parts.next_back());
            text::clean(last.unwrap_or_default())
        });
        let by_ending =
            named.map(|named| named.media_type).or_else(|| recording_type(&url).map(Into::into));
        let attachment = Attachment {
            title: title.map(text::clean).and_then(filled).unwrap_or(file),
            media_type: filled(said)
                .filter(|said| said.contains('/'))
                .or(by_ending)
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            url: url.into(),
            // Zero is what feeds write that do not know.
            length: length.filter(|length| *length > 0),
        };
        if self.files.len() < MOST_FILES
            && !self.files.iter().any(|file| file.url == attachment.url)
        {
            self.files.push(attachment);
        }
    }

    /// Takes a `media:content`.
    pub fn offer_content(&mut self, tree: &XmlTree<'_>, content: Id, url: Url) {
        let said = tree.attribute(content, "type").map(|said| said.trim().to_ascii_lowercase());
        let said = said.filter(|said| said.contains('/'));
        match content_kind(tree, content, &url) {
            MediaKind::Picture => {
                self.offer_picture(PicturePlace::Content, area(tree, content), Some(url));
            }
            MediaKind::Unknown => {
                self.offer_picture(PicturePlace::Untyped, area(tree, content), Some(url));
            }
            MediaKind::Recording | MediaKind::File => {
                let medium = medium(tree, content);
                let by_medium = match &*medium {
                    _ if recording_type(&url).is_some() || document_at(&url).is_some() => None,
                    "audio" => Some("audio/mpeg"),
                    "video" => Some("video/mp4"),
                    _ => None,
                };
                let title = tree.child(content, "media:title").map(|title| tree.text(title));
                let length = number(tree, content, "filesize");
                let media_type = said.as_deref().or(by_medium);
                self.offer_file(url, media_type, title.as_deref(), length);
            }
            MediaKind::Player => {}
        }
    }
}

fn medium(tree: &XmlTree<'_>, content: Id) -> String {
    tree.attribute(content, "medium").unwrap_or_default().trim().to_ascii_lowercase()
}

pub fn content_kind(tree: &XmlTree<'_>, content: Id, url: &Url) -> MediaKind {
    let said = tree.attribute(content, "type").unwrap_or_default().trim().to_ascii_lowercase();
    let medium = medium(tree, content);
    if said.contains("flash") || said.contains("html") || is_player(url) {
        return MediaKind::Player;
    }
    let kind = |word: &str| {
        if word.starts_with("image") {
            Some(MediaKind::Picture)
        } else if word.starts_with("audio") || word.starts_with("video") {
            Some(MediaKind::Recording)
        } else if matches!(word, "document" | "executable") || word.starts_with("application/") {
            Some(MediaKind::File)
        } else {
            None
        }
    };
    let said = said.as_str();
    let by_words = kind(said).filter(|_| said != "application/octet-stream").or(kind(&medium));
    by_words.unwrap_or_else(|| {
        if recording_type(url).is_some() {
            MediaKind::Recording
        } else if document_at(url).is_some() {
            MediaKind::File
        } else if ["jpg", "jpeg", "png", "gif", "webp", "avif"].contains(&&*ending(url)) {
            MediaKind::Picture
        } else if said.is_empty() && medium.is_empty() {
            MediaKind::Unknown
        } else {
            MediaKind::File
        }
    })
}

/// How good a rendition of one recording is: its area, its bit rate and its bytes, in this order.
pub fn rendition(tree: &XmlTree<'_>, content: Id) -> (u64, u64, u64) {
    let number = |name| number(tree, content, name).unwrap_or(0);
    (area(tree, content), number("bitrate"), number("filesize"))
}

/// Pixels of a picture or film; 0 where the feed does not say.
pub fn area(tree: &XmlTree<'_>, content: Id) -> u64 {
    let number = |name| number(tree, content, name).unwrap_or(0);
    number("width").saturating_mul(number("height").max(1))
}

fn number(tree: &XmlTree<'_>, element: Id, name: &str) -> Option<u64> {
    let said = tree.attribute(element, name)?;
    let digits: String = said.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn ending(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    last.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// The media type of a recording by the ending of its address.
fn recording_type(url: &Url) -> Option<&'static str> {
    Some(match &*ending(url) {
        "mp3" => "audio/mpeg",
        "m4a" | "m4b" => "audio/mp4",
        "aac" => "audio/aac",
        "oga" | "ogg" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "wma" => "audio/x-ms-wma",
        "flac" => "audio/flac",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "ogv" => "video/ogg",
        "mov" => "video/quicktime",
        "wmv" => "video/x-ms-wmv",
        "avi" => "video/x-msvideo",
        "mkv" => "video/x-matroska",
        "flv" => "video/x-flv",
        "m3u8" => "application/vnd.apple.mpegurl",
        _ => return None,
    })
}

/// Sites whose addresses are pages with a player.
fn is_player(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    [
        "youtube.com",
        "youtu.be",
        "youtube-nocookie.com",
        "vimeo.com",
        "dailymotion.com",
        "facebook.com",
    ]
    .iter()
    .any(|site| host.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// WordPress names the author's portrait as media content.
fn is_portrait_service(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.ends_with("gravatar.com"))
}
