//! Which document an address names: in its path, in a parameter, inside a viewer's address, in the call of a script.

use url::Url;

use super::super::page::{self, Target};
use super::super::text::clean;

/// Letters of a script that are looked at; what is longer is no call.
const LONGEST_SCRIPT: usize = 2_000;

/// The file that an address names, in its path or in a parameter (`Download.ashx?file=KH.pdf`), and its media type.
pub fn document(url: &Url) -> Option<(String, &'static str)> {
    in_path(url).or_else(|| {
        url.query_pairs().find_map(|(_, value)| named(value.rsplit(['/', '\\']).next()?))
    })
}

/// Returns the file name in a path. Liferay adds an identifier after it, NukeViet an empty segment.
fn in_path(url: &Url) -> Option<(String, &'static str)> {
    for segment in url.path_segments()?.rev().take(4) {
        let file = percent_decoded(segment);
        // "File:Plan.pdf" is a wiki's page about the file.
        let is_page = file.split_once(':').is_some_and(|(space, _)| {
            !space.is_empty() && space.chars().all(|c| c.is_alphabetic() || c == '_')
        });
        if let Some(named) = named(&file).filter(|_| !is_page) {
            return Some(named);
        }
        if !may_follow_a_file(segment) {
            return None;
        }
    }
    None
}

/// Whether a segment only says which version of the file before it is meant.
fn may_follow_a_file(segment: &str) -> bool {
    let is_identifier = segment.len() >= 8
        && segment.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        && segment.bytes().any(|b| b.is_ascii_digit());
    let is_number = segment.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_identifier || is_number || matches!(segment, "download" | "view" | "preview" | "file")
}

/// A file's name with the media type of its ending; None for other words.
pub fn named(file: &str) -> Option<(String, &'static str)> {
    let (stem, ending) = file.trim().rsplit_once('.')?;
    if stem.is_empty() || ending.len() > 5 {
        return None;
    }
    let media_type = media_type(&ending.to_ascii_lowercase())?;
    Some((clean(file), media_type))
}

fn percent_decoded(segment: &str) -> String {
    // A query of one name and no value decodes the way a path does, but for the plus.
    let escaped = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn media_type(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "pdf" => "application/pdf",
        "doc" | "dot" => "application/msword",
        "docx" | "docm" | "dotx" => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        "xls" => "application/vnd.ms-excel",
        "xlsx" | "xlsm" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" | "pps" => "application/vnd.ms-powerpoint",
        "pptx" | "ppsx" => {
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odp" => "application/vnd.oasis.opendocument.presentation",
        "rtf" => "application/rtf",
        "epub" => "application/epub+zip",
        "zip" => "application/zip",
        "rar" => "application/vnd.rar",
        "7z" => "application/x-7z-compressed",
        "gz" | "tgz" => "application/gzip",
        _ => return None,
    })
}

/// The document that a viewer shows (Google's, Microsoft's, PDF.js); other addresses as they are.
pub fn unwrapped(url: Url) -> Url {
    let path = url.path().to_ascii_lowercase();
    let is_viewer = match url.host_str() {
        Some("docs.google.com" | "drive.google.com") => {
            path.ends_with("/viewer") || path.ends_with("/gview") || path.ends_with("/viewerng")
        }
        Some("view.officeapps.live.com") => true,
        _ => path.contains("viewer"),
    };
    if !is_viewer {
        return url;
    }
    let shown = url.query_pairs().find_map(|(name, value)| {
        let is_shown = matches!(
            &*name.to_ascii_lowercase(),
            "url" | "src" | "file" | "pdf" | "doc" | "path" | "document"
        );
        let target = page::target(&value, &url);
        match target {
            Target::Address(target) if is_shown => Some(target),
            _ => None,
        }
    });
    shown.unwrap_or(url)
}

/// Whether an address hands out a file without naming it: Liferay's `get_file`, DotNetNuke's `fileticket`, the download
/// components of Joomla.
pub fn is_handler(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if last == "get_file" {
        return true;
    }
    url.query_pairs().any(|(name, value)| match &*name.to_ascii_lowercase() {
        "fileticket" => !value.is_empty(),
        "task" => {
            let value = value.to_ascii_lowercase();
            value.ends_with("download") || value.ends_with("doc_download")
        }
        "download" => {
            value.starts_with(|c: char| c.is_ascii_digit()) && url.as_str().contains("com_")
        }
        _ => false,
    })
}

/// Whether an address is a file that somebody shares from a cloud's drive: Google, OneDrive, SharePoint. Folders, forms and
/// the drive itself are no files.
pub fn is_shared(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let path = url.path();
    let has = |names: &[&str]| url.query_pairs().any(|(name, _)| names.contains(&&*name));
    match host {
        "drive.google.com" => {
            path.starts_with("/file/d/")
                || matches!(path, "/open" | "/uc" | "/u/0/uc" | "/u/0/open") && has(&["id"])
        }
        "docs.google.com" => is_google_document(url) || path == "/uc" && has(&["id"]),
        // The letter says what is shared; "f" is a folder.
        "1drv.ms" => path.len() > 3 && !path.starts_with("/f/"),
        "onedrive.live.com" => has(&["resid", "id", "authkey", "redeem"]),
        _ => {
            host.ends_with(".sharepoint.com")
                && ["/:b:/", "/:w:/", "/:x:/", "/:p:/"].iter().any(|kind| path.starts_with(kind))
        }
    }
}

/// A text, a table or slides of Google's.
pub fn is_google_document(url: &Url) -> bool {
    const KINDS: &[&str] = &["/document/", "/spreadsheets/", "/presentation/"];
    url.host_str() == Some("docs.google.com")
        && KINDS.iter().any(|kind| url.path().starts_with(kind))
        && url.path().contains("/d/")
}

/// Whether an address looks like one that sends a file, so that words are needed to know it.
pub fn may_send_a_file(url: &Url) -> bool {
    let lower = url.as_str().to_ascii_lowercase();
    const PARTS: &[&str] =
        &["download", "attach", "dinhkem", "dinh-kem", "getfile", ".ashx", "taive", "tai-ve"];
    PARTS.iter().any(|part| lower.contains(part))
}

/// What a script's call says of a file: `downloadfile('KH 12.doc', '/upload/kh12.doc')`, `window.open('/f/kh.pdf')`.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub url: Url,
    /// The file's name.
    pub file: String,
}

/// The document that a script opens; None where its address is not in the call.
pub fn called(script: &str, base: &Url) -> Option<Call> {
    if script.len() > LONGEST_SCRIPT || !script.contains(['\'', '"']) {
        return None;
    }
    let literals = literals(script);
    let file = literals.iter().find_map(|text| named(last_part(text))).map(|(file, _)| file)?;
    let is_address =
        |text: &&String| text.contains('/') && !text.contains(['<', '>']) && text.len() > 1;
    let lower = script.to_ascii_lowercase();
    let navigates = ["window.open", "location"].iter().any(|word| lower.contains(word));
    let named_address = |text: &&String| named(last_part(text)).is_some();
    let address = literals
        .iter()
        .filter(is_address)
        .find(named_address)
        .or_else(|| literals.iter().find(is_address))
        .or_else(|| literals.iter().filter(|_| navigates).find(named_address))?;
    let whole = match address.ends_with('/') {
        true => format!("{address}{file}"),
        false => address.clone(),
    };
    match page::target(&whole, base) {
        Target::Address(url) => Some(Call { url, file }),
        Target::Script | Target::Nowhere => None,
    }
}

fn last_part(text: &str) -> &str {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let of_path = path.rsplit(['/', '\\']).next().unwrap_or_default();
    if of_path.contains('.') {
        of_path
    } else {
        text.rsplit(['/', '\\', '=']).next().unwrap_or_default()
    }
}

/// The texts in quotes, a few of them.
fn literals(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = script;
    while let Some(start) = rest.find(['\'', '"']).filter(|_| found.len() < 12) {
        let quote = &rest[start..=start];
        let inside = &rest[start + 1..];
        let Some(end) = inside.find(quote) else { break };
        found.push(inside[..end].to_owned());
        rest = &inside[end + 1..];
    }
    found
}
