//! `export`: the pages and feeds as files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;

use super::{CommandFailure, CommandResult, open_store, print};
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::site_of;
use crate::export::Exporter;
use crate::web::Web;
use bantin_model::tokens::LinkTokens;

/// How often --watch looks whether anything changed.
const LOOK: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub(super) struct ExportArgs {
    /// The folder: empty, or exported into before. Without it, that of [export] in the config
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Go on, and bring the folder up to date whenever something changes
    #[arg(long)]
    watch: bool,
}

pub(super) async fn export(args: ExportArgs, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let Some(folder) = args.folder.or_else(|| config.export.clone()) else {
        return Err(CommandFailure::Usage(anyhow!(
            "name a folder: bantin export DIR, or dir = \"/PATH\" in [export]"
        )));
    };
    let store = open_store(&config).await?;
    store.sync_feeds(&config.feeds).await?;
    let tokens = LinkTokens::new(store.secret().await?);
    let web = Web::new(store.clone(), Clock::system(), tokens, site_of(&config));
    let exporter = Exporter::new(web, store.clone(), folder);
    let done = write(&exporter, args.watch, &store).await;
    store.close().await;
    done
}

async fn write(exporter: &Exporter, watch: bool, store: &bantin_store::Store) -> CommandResult {
    let mut seen = None;
    loop {
        let version = store.version().await?;
        if seen != Some(version) {
            let did = exporter.export().await?;
            seen = Some(version);
            print(format!(
                "{} files, {} of them written, {} removed.\n",
                did.files, did.written, did.removed
            ))?;
        }
        if !watch {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
        }
    }
}
