//! Export: the pages and feeds as files, for nginx or any static host. A file is written under
//! another name and renamed, so that a reader never gets half of one; its compressed forms are
//! stored beside it. Only what changed is written again. What no longer exists is removed, but
//! never a file that is not ours.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::web::Web;
use bantin_model::feed::{DocumentAddress, FeedFormat};
use bantin_store::{ItemPlace, Store};

/// Items asked of the store at once.
const PAGE: u32 = 200;
/// What we wrote, so that it is known what to remove.
const LIST: &str = ".bantin-export.json";
/// The endings of packed forms.
const PACKED: [&str; 3] = ["gz", "br", "zst"];

/// What one export did, in files without their packed forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportSummary {
    pub files: usize,
    pub written: usize,
    pub removed: usize,
}

/// Lists the files in the folder that we wrote.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct ExportManifest {
    files: BTreeMap<String, ExportedFile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ExportedFile {
    /// Of its bytes.
    hash: String,
    /// What it was made of, where that is cheaper to look at than the page is to make.
    made_of: Option<String>,
}

pub struct Exporter {
    web: Web,
    store: Store,
    folder: PathBuf,
}

/// A path of ours, the file that it becomes, and what it is made of.
struct ExportTarget {
    path: String,
    file: String,
    made_of: Option<String>,
}

impl ExportTarget {
    fn same(path: String) -> Self {
        ExportTarget { file: path.trim_start_matches('/').to_owned(), path, made_of: None }
    }
}

impl Exporter {
    pub fn new(web: Web, store: Store, folder: PathBuf) -> Self {
        Exporter { web, store, folder }
    }

    /// Brings the folder up to date.
    pub async fn export(&self) -> Result<ExportSummary> {
        self.web.refresh().await?;
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("making {}", self.folder.display()))?;
        let before = self.read_list()?;
        let mut now = ExportManifest::default();
        let mut did = ExportSummary::default();
        // Pages come first, so that the links of a feed work as soon as it is there.
        let mut place: Option<ItemPlace> = None;
        loop {
            let page = self.store.newest_items(None, place, PAGE).await?;
            let Some(last) = page.last() else { break };
            place = Some((last.sort_at, last.seq));
            for item in &page {
                let made_of = format!(
                    "{} {} {} {}",
                    self.mark(),
                    item.changed_at.timestamp_millis(),
                    item.revision,
                    item.reader
                );
                let wanted = ExportTarget {
                    path: format!("/items/{}", item.id),
                    file: format!("items/{}.html", item.id),
                    made_of: Some(made_of),
                };
                self.write_if_changed(wanted, &before, &mut now, &mut did).await?;
            }
        }
        for wanted in self.documents().await? {
            self.write_if_changed(wanted, &before, &mut now, &mut did).await?;
        }
        did.files = now.files.len();
        for file in before.files.keys().filter(|file| !now.files.contains_key(*file)) {
            self.remove(file)?;
            did.removed += 1;
        }
        if now != before {
            let list = serde_json::to_vec(&now).expect("names and numbers are always JSON");
            write_whole(&self.folder.join(LIST), &list)?;
        }
        Ok(did)
    }

    /// Returns everything but items' pages. Documents that link to others come after them.
    async fn documents(&self) -> Result<Vec<ExportTarget>> {
        let mut wanted = Vec::new();
        let mut all_formats = |address: &DocumentAddress| {
            wanted.extend(
                FeedFormat::ALL
                    .map(|format| ExportTarget::same(format!("/{}", address.path(format)))),
            );
        };
        let feeds = self.store.feeds().await?;
        for feed in feeds.iter().filter(|feed| !feed.private) {
            for archive in self.store.archives(&feed.name).await? {
                all_formats(&DocumentAddress::of_archive(&feed.name, &archive.part));
            }
        }
        for state in self.store.sources().await? {
            let id = &state.source.id;
            for archive in self.store.archives(id).await? {
                all_formats(&DocumentAddress::of_archive(id, &archive.part));
            }
            all_formats(&DocumentAddress::of_source(id));
        }
        for feed in feeds.iter().filter(|feed| !feed.private) {
            all_formats(&DocumentAddress::of_feed(&feed.name));
        }
        for path in ["/feeds.opml", "/robots.txt", "/favicon.svg"] {
            wanted.push(ExportTarget::same(path.to_owned()));
        }
        wanted.push(ExportTarget { path: "/".into(), file: "index.html".into(), made_of: None });
        Ok(wanted)
    }

    /// What every page is made of besides its item.
    fn mark(&self) -> String {
        let site = self.web.site();
        let all = format!(
            "{} {} {} {}",
            env!("CARGO_PKG_VERSION"),
            site.title,
            site.public_url,
            site.lang.tag()
        );
        hash(all.as_bytes())[..12].to_owned()
    }

    async fn write_if_changed(
        &self,
        wanted: ExportTarget,
        before: &ExportManifest,
        now: &mut ExportManifest,
        did: &mut ExportSummary,
    ) -> Result<()> {
        let ExportTarget { path, file, made_of } = wanted;
        let target = self.folder.join(&file);
        let old = before.files.get(&file).filter(|_| target.is_file());
        if let Some(old) = old.filter(|old| made_of.is_some() && old.made_of == made_of) {
            now.files.insert(file, old.clone());
            return Ok(());
        }
        let Some(bytes) = self.web.page_bytes(&path).await? else {
            // Withdrawn, or a feed taken out of the config, in the moment before.
            return Ok(());
        };
        let written = ExportedFile { hash: hash(&bytes), made_of };
        if old.is_none_or(|old| old.hash != written.hash) {
            let packed = self.web.packed(bytes).await?;
            for (ending, bytes) in packed.iter().rev() {
                let name =
                    if ending.is_empty() { file.clone() } else { format!("{file}.{ending}") };
                write_whole(&self.folder.join(name), bytes)?;
            }
            did.written += 1;
        }
        now.files.insert(file, written);
        Ok(())
    }

    fn read_list(&self) -> Result<ExportManifest> {
        let path = self.folder.join(LIST);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                anyhow!(
                    "{} is no list of ours: {error}; remove it to write everything again",
                    path.display()
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // A wrong folder in the config must not cost its index.html.
                let is_empty = std::fs::read_dir(&self.folder)
                    .with_context(|| format!("looking into {}", self.folder.display()))?
                    .next()
                    .is_none();
                match is_empty {
                    true => Ok(ExportManifest::default()),
                    false => Err(anyhow!(
                        "{} is neither empty nor a folder that bantin exported into before",
                        self.folder.display()
                    )),
                }
            }
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }

    fn remove(&self, file: &str) -> Result<()> {
        // A list that was tampered with leads nowhere else.
        let is_ours = Path::new(file)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_ours {
            return Ok(());
        }
        let target = self.folder.join(file);
        for ending in PACKED {
            remove_if_there(&self.folder.join(format!("{file}.{ending}")))?;
        }
        remove_if_there(&target)?;
        // Folders that became empty; one that did not stays.
        let mut folder = target.parent();
        while let Some(empty) = folder.filter(|folder| *folder != self.folder) {
            if std::fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
        Ok(())
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes under another name first, so that a reader never gets half of the file.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let what = || format!("writing {}", path.display());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(what)?;
    let part = folder.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&part).with_context(what)?;
    file.write_all(bytes).with_context(what)?;
    drop(file);
    std::fs::rename(&part, path).with_context(what)
}
