//! Where mails come from: a pipe of the mail server, or a Maildir. Both read no more of a mail than is judged.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use bantin_model::limits::MAIL_BYTES;

/// A mail of a Maildir that has not been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaildirMail(PathBuf);

impl MaildirMail {
    pub fn open(&self) -> io::Result<fs::File> {
        fs::File::open(&self.0)
    }
}

/// Reads one mail from a pipe or a file, as much of it as is judged. Further bytes are read and
/// dropped: a pipe that is closed early makes the mail server bounce the bounce.
pub fn read_mail(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut mail = Vec::new();
    from.by_ref().take(MAIL_BYTES as u64).read_to_end(&mut mail)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(mail)
}

/// Returns the mails in `new` of a Maildir, in the order of their names, which begin with the time
/// of arrival.
pub fn maildir(folder: &Path) -> Result<Vec<MaildirMail>> {
    let new = folder.join("new");
    let mut mails = Vec::new();
    for entry in fs::read_dir(&new).with_context(|| format!("reading {}", new.display()))? {
        let entry = entry.with_context(|| format!("reading {}", new.display()))?;
        // A link could lead anywhere, and a name with a dot in front is not a mail's.
        let is_mail = entry.file_type().is_ok_and(|kind| kind.is_file())
            && !entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_mail {
            mails.push(MaildirMail(entry.path()));
        }
    }
    mails.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(mails)
}

/// Moves a mail to `cur` as seen, once what it says has been recorded: a crash before that reads it again.
pub fn set_aside(folder: &Path, mail: &MaildirMail) -> Result<()> {
    let cur = folder.join("cur");
    fs::create_dir_all(&cur).with_context(|| format!("making {}", cur.display()))?;
    let mut name = mail.0.file_name().unwrap_or_default().to_owned();
    name.push(":2,S");
    fs::rename(&mail.0, cur.join(name)).with_context(|| format!("moving {}", mail.0.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maildir_gives_each_new_mail_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        fs::create_dir(path.join("new")).expect("new");
        for (name, text) in [("2.b", "second"), ("1.a", "first"), (".x", "no mail")] {
            fs::write(path.join("new").join(name), text).expect("written");
        }
        let mails = maildir(path).expect("a Maildir");
        let texts: Vec<Vec<u8>> = mails
            .iter()
            .map(|mail| read_mail(mail.open().expect("opens")).expect("reads"))
            .collect();
        assert_eq!(texts, [b"first".to_vec(), b"second".to_vec()]);
        set_aside(path, &mails[0]).expect("moved");
        assert_eq!(maildir(path).expect("a Maildir"), mails[1..]);
        assert!(path.join("cur/1.a:2,S").exists());
        assert!(maildir(&path.join("none")).is_err());
    }

    #[test]
    fn a_pipe_is_read_to_its_end_and_kept_up_to_the_limit() {
        let mut pipe = io::repeat(b'x').take(MAIL_BYTES as u64 + 5_000_000);
        assert_eq!(read_mail(&mut pipe).expect("reads").len(), MAIL_BYTES);
        assert_eq!(pipe.limit(), 0);
    }
}
