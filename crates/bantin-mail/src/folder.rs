//! Mail as files: each message an `.eml` named after its Message-ID, so that the same message written again replaces
//! itself and a double cannot be seen.

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{OutgoingMail, SendOutcome};

/// Writes the letter whole or not at all: to a file of another name, synced, then renamed.
pub async fn deliver(folder: &Path, letter: &OutgoingMail) -> SendOutcome {
    let name = file_name(&letter.message_id);
    match write(folder, &name, &letter.bytes).await {
        Ok(()) => SendOutcome::Accepted(format!("written to {name}")),
        Err(error) => SendOutcome::OurFault(format!(
            "writing mail to the folder {}: {error}",
            folder.display()
        )),
    }
}

/// Returns where the mail with this Message-ID lies in a folder.
pub fn eml_path(folder: &Path, message_id: &str) -> PathBuf {
    folder.join(file_name(message_id))
}

async fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder).await?;
    // Two tries at once must not write into one file; the dot keeps it from being taken for a mail.
    let unfinished: PathBuf = folder.join(format!(".{}.tmp", Uuid::new_v4().simple()));
    let written = write_synced(&unfinished, bytes).await;
    let renamed = match written {
        Ok(()) => fs::rename(&unfinished, folder.join(name)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = renamed {
        // The first error is the one to report; a file that could not be removed is never read.
        let _ = fs::remove_file(&unfinished).await;
        return Err(error);
    }
    fs::File::open(folder).await?.sync_all().await
}

async fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create_new(path).await?;
    file.write_all(bytes).await?;
    file.flush().await?;
    file.sync_all().await
}

/// Returns the Message-ID where it makes a harmless file name; otherwise its harmless letters and a
/// digest that tells it from others.
fn file_name(message_id: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "@._+-".contains(c);
    let name: String = message_id.chars().filter(|&c| harmless(c)).take(120).collect();
    let name = name.trim_start_matches('.');
    if !name.is_empty() && name == message_id {
        return format!("{name}.eml");
    }
    let digest: String =
        Sha256::digest(message_id).iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("mail-{name}-{digest}.eml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_stays_in_its_folder_and_tells_messages_apart() {
        assert_eq!(file_name("1.2@example.vn"), "1.2@example.vn.eml");
        for id in ["../../etc/passwd@x", "a/b@x", "", ".", "..", "a\0b@x", &"x".repeat(1000)] {
            let name = file_name(id);
            assert!(
                !name.contains(['/', '\0']) && !name.starts_with('.') && name.len() < 150,
                "{name}"
            );
        }
        assert_ne!(file_name("a/b@x"), file_name("ab@x"));
        assert_ne!(file_name(&"x".repeat(1000)), file_name(&"x".repeat(1001)));
    }
}
