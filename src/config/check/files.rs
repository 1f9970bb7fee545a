//! Files that the config names: certificates, passwords, and where bantin itself may write.

use std::path::Path;
use std::path::PathBuf;

use secrecy::SecretString;

use super::Check;
use crate::config::mistakes::shown;
use crate::config::raw::{Spot, Table};

/// Bytes of a password file.
const SECRET_BYTES: u64 = 4_096;

impl Check<'_> {
    /// The PEM file that a key names.
    pub(super) fn extra_ca(&mut self, table: &Table<'_>) -> Option<PathBuf> {
        let written = table.text(&mut self.found, "extra_ca")?;
        let path = self.folder.join(&written.value);
        let what = match std::fs::read(&path) {
            Err(error) => format!("{} cannot be read: {error}", path.display()),
            Ok(bytes) if !holds_certificate(&bytes) => {
                format!("{} holds no certificate in PEM form", path.display())
            }
            Ok(_) => return Some(path),
        };
        let help = "name a file with \"-----BEGIN CERTIFICATE-----\" in it, absolute or relative to this file's folder; \
                    `openssl x509 -inform der -in FILE` makes one of a DER file";
        written.note(&mut self.found, what, help);
        None
    }

    /// The secret in the file that `password_file` names.
    pub(super) fn secret(&mut self, table: &Table<'_>) -> Option<Spot<SecretString>> {
        let written = table.text(&mut self.found, "password_file")?;
        let path = match written.value.strip_prefix("credential:") {
            Some(name) => self.credential(&written, name)?,
            None => self.folder.join(&written.value),
        };
        match read_secret(&path) {
            Ok(value) => Some(Spot { value, at: written.at, key: written.key }),
            Err(why) => {
                written.note(
                    &mut self.found,
                    format!("{} {why}", path.display()),
                    "write the password as the only line of a file that bantin may read, and name it: an absolute path, \
                     one relative to this file's folder, or \"credential:NAME\"",
                );
                None
            }
        }
    }

    pub(super) fn credential(&mut self, written: &Spot<String>, name: &str) -> Option<PathBuf> {
        if name.is_empty() || name == "." || name == ".." || name.contains('/') {
            let what = format!("{} is not the name of a credential", shown(&written.value));
            let help =
                "write the name given to LoadCredential= in the unit: \"credential:smtp-password\"";
            written.note(&mut self.found, what, help);
            return None;
        }
        let folders = &self.surroundings.credentials;
        let Some(first) = folders.first() else {
            written.note(
                &mut self.found,
                "systemd hands no credentials to this process ($CREDENTIALS_DIRECTORY is not set)",
                format!("add LoadCredential={name}:/etc/bantin/{name} to the unit, or name a file by its path"),
            );
            return None;
        };
        // One that is nowhere is reported at the first place.
        let there = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
        Some(there.unwrap_or_else(|| first.join(name)))
    }

    /// Where bantin writes: in the folder that systemd gives it, or in the current one.
    pub(super) fn state_path(&self, path: &str) -> PathBuf {
        match &self.surroundings.state {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }
}

pub(super) fn holds_certificate(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN)
}

/// The one line of a file; the error says why there is none, and never what was read.
pub(super) fn read_secret(path: &Path) -> Result<SecretString, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let facts = std::fs::metadata(path).map_err(cannot)?;
    if !facts.is_file() {
        return Err("is not a file".to_owned());
    }
    if facts.len() > SECRET_BYTES {
        return Err(format!("is longer than {SECRET_BYTES} bytes: that is no password"));
    }
    let bytes = std::fs::read(path).map_err(cannot)?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err("is empty".to_owned());
    }
    if line.contains(['\n', '\r', '\0']) {
        return Err("holds more than one line".to_owned());
    }
    Ok(line.into())
}
