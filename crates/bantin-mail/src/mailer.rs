//! The handle through which the other crates use mail.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::address::{Mailbox, parse_mailbox};
use super::bounce::ReturnPaths;
use super::mail_texts::MailTexts;
use super::message::{ListHeaders, MessageParts, build};
use super::outcome::{SmtpPhase, presentable};
use super::pool::ConnectionPool;
use super::render::{Templates, escape_html};
use super::{
    MailSettings, OutgoingMail, RenderedMail, SendAttempt, SendOutcome, Transport, dkim, folder,
    notices, smtp,
};
use bantin_model::OutgoingDelivery;
use bantin_model::digest::ComposedDigest;
use bantin_model::digest::{DigestLinks, filled};
use bantin_model::{DigestKind, Lang, Notice};

/// Mails written to a folder at once.
const FOLDER_WIDTH: usize = 4;

/// Sends mails; cheap to clone, clones share the connections.
#[derive(Clone)]
pub struct Mailer(Arc<MailerState>);

struct MailerState {
    settings: MailSettings,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    /// Bare address of the person who reads requests to leave.
    keeper: Option<String>,
    /// What no reply may repeat: forms of the password.
    secrets: Vec<String>,
    pool: Option<ConnectionPool>,
    templates: Templates,
}

impl Mailer {
    /// Checks the addresses, reads the CA certificates and tries the templates; connects to nothing yet.
    pub fn new(settings: MailSettings) -> Result<Self> {
        let from = configured("from", &settings.from)?;
        let reply_to =
            settings.reply_to.as_deref().map(|text| configured("reply_to", text)).transpose()?;
        let admin = settings.admin.as_deref().map(|text| configured("admin", text)).transpose()?;
        let keeper = reply_to.as_ref().or(admin.as_ref()).map(|mailbox| mailbox.address.clone());
        let (pool, secrets) = match &settings.transport {
            Transport::Smtp(smtp) => {
                (Some(ConnectionPool::new(smtp.clone())?), smtp::secret_forms(smtp))
            }
            Transport::Folder(_) => (None, Vec::new()),
        };
        let own = settings.digest.templates.as_deref();
        let templates = Templates::new(own, settings.digest.footer.as_deref())?;
        Ok(Mailer(Arc::new(MailerState {
            settings,
            from,
            reply_to,
            keeper,
            secrets,
            pool,
            templates,
        })))
    }

    pub fn settings(&self) -> &MailSettings {
        &self.0.settings
    }

    /// Returns how many mails may usefully be sent at once.
    pub fn width(&self) -> usize {
        match &self.0.settings.transport {
            Transport::Smtp(smtp) => smtp.connections.max(1),
            Transport::Folder(_) => FOLDER_WIDTH,
        }
    }

    /// Returns a Message-ID for a mail still to be written: random, at the domain of `from`.
    /// Without brackets.
    pub fn new_message_id(&self) -> String {
        format!("{}@{}", Uuid::new_v4().simple(), self.own_domain())
    }

    /// Returns the subject, text and html of a digest, with the marks of `model::digest` in them.
    pub fn render(&self, composed: &ComposedDigest) -> Result<RenderedMail> {
        self.0.templates.digest(composed)
    }

    /// Returns the mail that asks a new subscriber to confirm.
    pub fn render_confirmation(&self, lang: Lang) -> Result<RenderedMail> {
        self.0.templates.confirmation(lang, &self.0.settings.public_url)
    }

    /// Builds the mail of a delivery. The same delivery gives the same bytes, whenever it is built. `links` are the
    /// subscriber's own. Where there are return paths, bounces and requests to leave come to addresses of their own.
    pub fn letter(
        &self,
        outgoing: &OutgoingDelivery,
        links: &DigestLinks,
        paths: Option<&ReturnPaths>,
    ) -> Result<OutgoingMail> {
        let OutgoingDelivery { delivery, digest, subscriber } = outgoing;
        let to = Mailbox { name: subscriber.name.clone(), address: subscriber.address.clone() };
        let text = filled(&digest.text, links);
        let html = filled(&digest.html, &escaped(links));
        let list = match digest.kind {
            DigestKind::Items => Some(ListHeaders {
                id: self.list_id(&digest.list),
                leave: &links.own,
                leave_by_mail: match (paths, delivery.subscription) {
                    (Some(paths), Some(id)) => {
                        Some(format!("mailto:{}?subject=unsubscribe", paths.leave(id)))
                    }
                    _ => self.leave_by_mail(&links.own),
                },
            }),
            // A receiver who has not confirmed has nothing to leave.
            DigestKind::Confirmation => None,
        };
        let letter = self
            .build(&MessageParts {
                message_id: &delivery.message_id,
                date: delivery.created_at,
                from: &self.0.from,
                to: &to,
                reply_to: self.0.reply_to.as_ref(),
                subject: &digest.subject,
                lang: digest.lang,
                list,
                text: &text,
                html: Some(&html),
            })
            .with_context(|| format!("building the mail of delivery {}", delivery.id))?;
        let from = paths.map_or(letter.from, |paths| paths.of(delivery.id));
        Ok(OutgoingMail { from, ..letter })
    }

    /// Returns a short mail of plain text to a person who runs bantin: that a source broke, that
    /// mail is held.
    pub fn notice(
        &self,
        to: &str,
        lang: Lang,
        subject: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<OutgoingMail> {
        let to = parse_mailbox(to)
            .map_err(|why| anyhow!("the address to send to does not fit: {why}"))?;
        self.build(&MessageParts {
            message_id: &self.new_message_id(),
            date: now,
            from: &self.0.from,
            to: &to,
            reply_to: None,
            subject,
            lang,
            list: None,
            text,
            html: None,
        })
    }

    /// One mail to the admin for these notices; `None` where the config names no admin.
    pub fn notices(&self, notices: &[&Notice], now: DateTime<Utc>) -> Result<Option<OutgoingMail>> {
        let MailSettings { admin, lang, zone, .. } = &self.0.settings;
        let Some(admin) = admin else { return Ok(None) };
        let (subject, text) = notices::written(notices, *lang, *zone);
        self.notice(admin, *lang, &subject, &text, now).map(Some)
    }

    /// Returns the mail of `bantin test-mail`: when it arrives, settings and relay work.
    pub fn test_letter(&self, to: &str, now: DateTime<Utc>) -> Result<OutgoingMail> {
        let [vi, en] = [Lang::Vi, Lang::En].map(MailTexts::of);
        let text =
            format!("{}\n\n{}\n\n{}\n", vi.test_body, en.test_body, self.0.settings.public_url);
        self.notice(to, Lang::Vi, &format!("{} / {}", vi.test_subject, en.test_subject), &text, now)
    }

    /// Sends one mail over a free connection, opening one where there is none.
    pub async fn send(&self, letter: &OutgoingMail) -> SendOutcome {
        self.try_to_send(letter).await.sent
    }

    /// Sends a mail. Returns how that ended, and how far it came.
    pub async fn try_to_send(&self, letter: &OutgoingMail) -> SendAttempt {
        let pool = match (&self.0.settings.transport, &self.0.pool) {
            (Transport::Folder(path), _) => {
                let sent = folder::deliver(path, letter).await;
                return SendAttempt { heard: matches!(sent, SendOutcome::Accepted(_)), sent };
            }
            (Transport::Smtp(_), Some(pool)) => pool,
            (Transport::Smtp(_), None) => unreachable!("`new` makes a pool for SMTP"),
        };
        let local = letter.to.rsplit_once('@').map_or(letter.to.as_str(), |(local, _)| local);
        let mut private: Vec<&str> = self.0.secrets.iter().map(String::as_str).collect();
        private.extend([letter.to.as_str(), local]);
        match pool.send(letter).await {
            Ok(reply) => {
                let sent = SendOutcome::Accepted(presentable(&reply.to_string(), &private));
                SendAttempt { sent, heard: true }
            }
            Err(failure) => SendAttempt {
                sent: failure.outcome(&private),
                heard: failure.phase >= SmtpPhase::MailFrom,
            },
        }
    }

    /// Closes idle connections with QUIT.
    pub async fn close(&self) {
        if let Some(pool) = &self.0.pool {
            pool.close().await;
        }
    }

    fn build(&self, parts: &MessageParts<'_>) -> Result<OutgoingMail> {
        let mut bytes = build(parts)?;
        let signers = &self.0.settings.dkim;
        if !signers.is_empty() {
            // The time of the signature is the mail's own, so that a retry is the same mail (P3).
            let mut signed = dkim::signatures(signers, &bytes, parts.date)?;
            signed.append(&mut bytes);
            bytes = signed;
        }
        Ok(OutgoingMail {
            from: self.0.from.address.clone(),
            to: parts.to.address.clone(),
            message_id: parts.message_id.to_owned(),
            bytes: bytes.into(),
        })
    }

    /// RFC 2919: a name of ours under a name that we own.
    fn list_id(&self, list: &str) -> String {
        let list: String =
            list.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
        let host = match self.0.settings.public_url.host() {
            Some(url::Host::Domain(host)) => host,
            // An IP address is not a domain.
            _ => self.own_domain(),
        };
        format!("{}.bantin.{host}", if list.is_empty() { "query" } else { &list })
    }

    /// Returns an address to leave at, for mail programs that cannot reach our pages. It writes to
    /// the admin, with the token that says which subscription is meant. `None` without an admin's
    /// address, since nothing reads the mail sent to `from`.
    fn leave_by_mail(&self, link: &str) -> Option<String> {
        let keeper = self.0.keeper.as_deref().filter(|keeper| keeper.is_ascii())?;
        let token = link.trim_end_matches('/').rsplit('/').next()?;
        let token: String = token
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c))
            .take(200)
            .collect();
        // RFC 6068 §2: all other characters of a local part are escaped.
        let keeper: String = keeper
            .bytes()
            .map(|b| match b {
                b if b.is_ascii_alphanumeric() || b"@.-_+~!$'*".contains(&b) => {
                    char::from(b).to_string()
                }
                b => format!("%{b:02X}"),
            })
            .collect();
        Some(format!("mailto:{keeper}?subject=unsubscribe%20{token}"))
    }

    fn own_domain(&self) -> &str {
        self.0.from.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }
}

/// Escapes the links for use in an attribute.
fn escaped(links: &DigestLinks) -> DigestLinks {
    let [own, preferences, page] =
        [&links.own, &links.preferences, &links.page].map(|link| escape_html(link));
    DigestLinks { own, preferences, page }
}

/// Returns an address of the settings. Its text is the admin's own and stays out of the error all
/// the same.
fn configured(key: &str, text: &str) -> Result<Mailbox> {
    let mailbox =
        parse_mailbox(text).map_err(|why| anyhow!("mail.{key} is not an address: {why}"))?;
    if !mailbox.address.is_ascii() {
        bail!(
            "mail.{key}: only letters of ASCII may stand before the \"@\", since not every server takes others"
        );
    }
    Ok(mailbox)
}
