//! Logs: to journald with fields when systemd collects them, else to standard error as text or JSON. RUST_LOG chooses
//! what is logged; without it everything from `info` up.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// journald under systemd, else text.
    #[default]
    Auto,
    Text,
    Json,
    Journal,
}

/// Starts logging, once a process. `default` is the level without RUST_LOG.
pub fn init(format: LogFormat, default: &str) {
    // sqlx tells every statement at debug and slow ones at warn; neither holds bound values.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{default},sqlx=error")));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = match format {
        LogFormat::Journal => true,
        LogFormat::Auto => stderr_is_the_journal(),
        LogFormat::Text | LogFormat::Json => false,
    };
    if journal && let Ok(layer) = tracing_journald::layer() {
        // Without a prefix the field `source.id` becomes SOURCE_ID, as `journalctl SOURCE_ID=so-tttt` wants it.
        registry.with(layer.with_field_prefix(None).with_syslog_identifier("bantin".into())).init();
        return;
    }
    let to_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => registry.with(to_stderr.json().flatten_event(true)).init(),
        _ => registry
            .with(to_stderr.with_ansi(std::io::stderr().is_terminal()).with_target(false))
            .init(),
    }
}

/// systemd.exec(5): JOURNAL_STREAM names device and inode of the stream to the journal, and a program must compare them
/// with its own standard error, since the variable is inherited by whatever we are started from.
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}
