//! Mails signed with the keys of a config file, for a receiver that is not ours to check: `.ci/dkim` gives them to dkimpy.
//!
//! `cargo run --example signed_mails -- CONFIG FOLDER` reads `[mail]` and `[mail.dkim]` of the config, writes mails into the
//! folder as the folder transport does, and the DNS records to `records.txt` beside them: a name and a value a line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use bantin::config::Config;
use bantin_mail::{MailSettings, Mailer, RenderedMail, SendOutcome, Transport};
use bantin_model::OutgoingDelivery;
use bantin_model::digest::{DigestLinks, LINK_MARK};
use bantin_model::{
    Delivery, DeliveryId, DeliveryState, Digest, DigestId, DigestKind, Lang, Subscriber,
    SubscriberId, SubscriberState,
};
use chrono::{DateTime, TimeDelta, Utc};

const LINK: &str = "https://tin.example.gov.vn/unsubscribe/k1.7.9.AbCdEfGh-_0123456789abcdef";

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(config), Some(folder)) = (args.next(), args.next()) else {
        bail!("write the config file, and the folder for the mails");
    };
    let config = Config::load(&config)?;
    let mailer = Mailer::new(MailSettings {
        transport: Transport::Folder(folder.clone()),
        ..config.mail.clone()
    })?;
    let at: DateTime<Utc> = "2020-05-22T02:30:00Z".parse().context("a time")?;
    let links =
        DigestLinks { own: LINK.to_owned(), preferences: LINK.to_owned(), page: LINK.to_owned() };
    let mut count = 0;
    for rendered in all_kinds() {
        for kind in [DigestKind::Items, DigestKind::Confirmation] {
            count += 1;
            let at = at + TimeDelta::minutes(count);
            let letter = mailer.letter(&outgoing(&rendered, kind, count, at), &links, None)?;
            let again = mailer.letter(&outgoing(&rendered, kind, count, at), &links, None)?;
            if letter.bytes != again.bytes {
                bail!("mail {count} is not the same when it is built again");
            }
            expect_accepted(mailer.send(&letter).await)?;
        }
        // Plain text in one part, as what concerns the admin is sent.
        let to = "Trần, Thị B <b@example.gov.vn>";
        let notice = mailer.notice(to, Lang::Vi, &rendered.subject, &rendered.text, at)?;
        expect_accepted(mailer.send(&notice).await)?;
    }
    expect_accepted(mailer.send(&mailer.test_letter("b@example.gov.vn", at)?).await)?;
    let records: String = config
        .mail
        .dkim
        .iter()
        .map(|signer| signer.dns_record())
        .map(|(name, value)| format!("{name} {value}\n"))
        .collect();
    std::fs::write(folder.join("records.txt"), records).context("writing the DNS records")?;
    Ok(())
}

fn expect_accepted(sent: SendOutcome) -> Result<()> {
    match sent {
        SendOutcome::Accepted(_) => Ok(()),
        other => bail!("a mail was not written: {other:?}"),
    }
}

/// What a signature has to cope with: encoded words, folded fields, blanks, dots, tabs, empty lines, nothing at all.
fn all_kinds() -> Vec<RenderedMail> {
    let long = "Hội nghị trực tuyến về chuyển đổi số và bảo đảm an toàn thông tin mạng năm 2020. ";
    let texts = [
        ("Tin hoạt động".to_owned(), format!("{}\n", long.repeat(40))),
        ("Empty".to_owned(), String::new()),
        (long.repeat(2), "\n\n\n".to_owned()),
        ("dots".to_owned(), ".\n..\n.x\nx.\n...y\n".to_owned()),
        ("a  b".to_owned(), "\tthụt vào\t \n  hai  chỗ   trống  \n \n\t\n".to_owned()),
        ("trailing".to_owned(), format!("x\n{}", "\n".repeat(30))),
        ("ascii".to_owned(), format!("{}\nFrom me  to you \n", "long ".repeat(300))),
        ("one word".to_owned(), "ă".repeat(5_000)),
        ("no line end".to_owned(), "hết".to_owned()),
        (format!("\"{}\", (x); <y>: @", "z".repeat(60)), "=?utf-8?Q?x?= = == =20\n".to_owned()),
    ];
    texts
        .into_iter()
        .map(|(subject, text)| RenderedMail {
            subject,
            html: format!("<p lang=\"vi\">{text}</p>\n<a href=\"{LINK_MARK}\">x</a>\n\n"),
            text,
        })
        .collect()
}

fn outgoing(
    rendered: &RenderedMail,
    kind: DigestKind,
    n: i64,
    at: DateTime<Utc>,
) -> OutgoingDelivery {
    OutgoingDelivery {
        delivery: Delivery {
            id: DeliveryId(n),
            digest: DigestId(n),
            subscriber: SubscriberId(n),
            subscription: None,
            state: DeliveryState::Sending,
            attempts: 1,
            next_at: at,
            message_id: format!("{n}@example.gov.vn"),
            created_at: at,
            reply: None,
        },
        digest: Digest {
            id: DigestId(n),
            kind,
            lang: Lang::Vi,
            subject: rendered.subject.clone(),
            text: rendered.text.clone(),
            html: rendered.html.clone(),
            list: "tin-hoat-dong".into(),
            composed_at: at,
            items: vec![],
        },
        subscriber: Subscriber {
            id: SubscriberId(n),
            address: "canbo@so.example.gov.vn".into(),
            name: Some("Nguyễn, Văn \"Ánh\"".into()),
            lang: Lang::Vi,
            state: SubscriberState::Active,
            created_at: at,
            confirmed_at: Some(at),
            group: None,
            paused_until: None,
            link_number: 1,
        },
    }
}
