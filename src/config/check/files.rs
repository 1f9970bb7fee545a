//! Files that the config names: certificates, passwords, private keys, and where bantin itself may write.

use std::path::Path;
use std::path::PathBuf;

use secrecy::SecretString;

use super::ConfigCheck;
use crate::config::mistakes::shown;
use crate::config::raw::{ConfigTable, SpannedValue};
use bantin_mail::dkim::{KeyMistake, SigningKey};

/// Bytes of a password file.
const SECRET_BYTES: u64 = 4_096;
/// Bytes of a file with a private key; one of 4096 bits has 3,300.
const KEY_BYTES: u64 = 65_536;

impl ConfigCheck<'_> {
    /// The PEM file that a key names.
    pub(super) fn extra_ca(&mut self, table: &ConfigTable<'_>) -> Option<PathBuf> {
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
    pub(super) fn secret(&mut self, table: &ConfigTable<'_>) -> Option<SpannedValue<SecretString>> {
        let written = table.text(&mut self.found, "password_file")?;
        let path = self.secret_path(&written)?;
        match read_secret(&path) {
            Ok(value) => Some(SpannedValue { value, at: written.at, key: written.key }),
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

    /// The private key in the file that a key of `[mail.dkim]` names.
    pub(super) fn dkim_key(&mut self, written: &SpannedValue<String>) -> Option<SigningKey> {
        let text = &written.value;
        // The first characters of a key in base64, for somebody may leave the PEM lines around it out.
        if text.contains('\n')
            || ["-----BEGIN", "MII", "MC4C"].iter().any(|key| text.starts_with(key))
        {
            self.found.hide(&written.at);
            written.note(
                &mut self.found,
                "a private key does not stand in this file, which others may read",
                "write it into a file of its own that bantin may read and nobody else, and name that; make a new key, \
                 since this one has been seen",
            );
            return None;
        }
        let path = self.secret_path(written)?;
        let (what, help) = match read_small(&path, KEY_BYTES, "no private key") {
            Err(why) => (why, KeyMistake::NotPem.help()),
            Ok(pem) => match SigningKey::from_pem(&pem) {
                Ok(key) => return Some(key),
                Err(mistake) => (mistake.to_string(), mistake.help()),
            },
        };
        written.note(&mut self.found, format!("{} {what}", path.display()), help);
        None
    }

    /// The path that a key for a secret names: absolute, relative to the config file's folder, or a systemd credential.
    fn secret_path(&mut self, written: &SpannedValue<String>) -> Option<PathBuf> {
        match written.value.strip_prefix("credential:") {
            Some(name) => self.credential(written, name),
            None => Some(self.folder.join(&written.value)),
        }
    }

    pub(super) fn credential(
        &mut self,
        written: &SpannedValue<String>,
        name: &str,
    ) -> Option<PathBuf> {
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
    let bytes = read_small(path, SECRET_BYTES, "no password")?;
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

/// The bytes of a file of at most `limit` bytes; one that is longer is not what was meant.
pub(super) fn read_small(path: &Path, limit: u64, not_meant: &str) -> Result<Vec<u8>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    let facts = std::fs::metadata(path).map_err(cannot)?;
    if !facts.is_file() {
        return Err("is not a file".to_owned());
    }
    if facts.len() > limit {
        return Err(format!("is longer than {limit} bytes: that is {not_meant}"));
    }
    std::fs::read(path).map_err(cannot)
}
