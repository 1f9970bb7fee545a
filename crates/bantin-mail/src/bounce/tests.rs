//! Mails modelled on what servers send, each beside what is read from it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use expect_test::expect_file;
use proptest::prelude::*;

use chrono::DateTime;

use bantin_model::DeliveryId;
use bantin_model::limits::MAIL_BYTES;

use super::*;
use bantin_model::tokens::LinkTokens;

const DOMAIN: &str = "example.gov.vn";

fn paths() -> ReturnPaths {
    ReturnPaths::new(LinkTokens::new([7; 32]), "bantin@example.gov.vn").expect("fits")
}

fn shown(bounce: &Bounce) -> String {
    let code = bounce.code.map(|code| format!(" {code}")).unwrap_or_default();
    let about = match &bounce.about {
        Some(BounceSubject::Delivery(id)) => format!("delivery {id}"),
        Some(BounceSubject::Message(id)) => format!("message {}", &id[..8]),
        None => "nothing".to_owned(),
    };
    let of = match &bounce.recipient {
        Some(recipient) if recipient.is("Lan.Nguyen@so.example.vn") => " of the subscriber",
        Some(_) => " of somebody else",
        None => "",
    };
    let leaves = match bounce.kind {
        BounceKind::Leave(id) => format!(" {id}"),
        _ => String::new(),
    };
    format!("{}{leaves}{code}, about {about}{of}: {}", bounce.kind.as_str(), bounce.reason)
}

fn all_shown(mail: &[u8]) -> String {
    let bounces = read(mail, None, DOMAIN, &paths());
    bounces.iter().map(shown).collect::<Vec<_>>().join("\n  ")
}

/// The mails by name.
fn mails() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mails/bounces");
    let mut mails: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a mail is text"))
        })
        .collect();
    mails.sort();
    mails
}

#[test]
fn servers_answers_are_read_as_what_they_say() {
    let read: Vec<String> = mails()
        .iter()
        .map(|(name, mail)| format!("{name}\n  {}\n", all_shown(mail.as_bytes())))
        .collect();
    assert!(read.len() >= 35, "{} mails", read.len());
    expect_file!["../../tests/mails/bounces/expected.txt"].assert_eq(&read.concat());
}

#[test]
fn line_ends_make_no_difference() {
    for (name, mail) in mails() {
        assert_eq!(
            all_shown(mail.replace('\n', "\r\n").as_bytes()),
            all_shown(mail.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn p12_no_reason_holds_an_address_or_the_name_in_it() {
    for (name, mail) in mails() {
        for bounce in read(mail.as_bytes(), None, DOMAIN, &paths()) {
            let reason = bounce.reason.to_lowercase();
            assert!(!reason.contains('@') && !reason.contains("lan.nguyen"), "{name}: {reason}");
            assert!(!format!("{bounce:?}").contains("lan.nguyen"), "{name}");
        }
    }
}

#[test]
fn nothing_is_about_a_delivery_without_a_proof() {
    let strangers =
        ReturnPaths::new(LinkTokens::new([8; 32]), "bantin@example.gov.vn").expect("fits");
    for (name, mail) in mails() {
        for bounce in read(mail.as_bytes(), None, "so.example.vn", &strangers) {
            assert_eq!(bounce.about, None, "{name}");
            assert!(!matches!(bounce.kind, BounceKind::Leave(_)), "{name}");
        }
    }
}

#[test]
fn the_address_that_a_mail_came_to_says_its_delivery() {
    let to = paths().of(DeliveryId(9));
    let about = |to| read(b"Subject: x\n\nx", to, DOMAIN, &paths())[0].about.clone();
    assert_eq!(about(Some(to.as_str())), Some(BounceSubject::Delivery(DeliveryId(9))));
    assert_eq!(about(None), None);
}

#[test]
fn a_bounce_of_another_address_than_the_subscribers_is_marked_so() {
    let elsewhere = |name: &str| {
        let mails = mails();
        let (_, mail) = mails.iter().find(|mail| mail.0 == name).expect("a mail of this name");
        let bounces = read(mail.as_bytes(), None, DOMAIN, &paths());
        bounces[0].event("lan.nguyen@so.example.vn", DateTime::UNIX_EPOCH).elsewhere
    };
    assert!(elsewhere("postfix-forwarded"));
    assert!(!elsewhere("postfix-user-unknown"));
    assert!(!elsewhere("complaint-redacted"));
}

#[test]
fn hostile_mails_take_no_longer_than_their_size_asks_for() {
    let many = |line: &str| line.repeat(MAIL_BYTES / line.len());
    let report = "From: MAILER-DAEMON@x.vn\nContent-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n";
    let html = "From: MAILER-DAEMON@x.vn\nContent-Type: text/html\n\n";
    for mail in [
        many("Content-Type: message/rfc822\n\n"),
        many("Content-Type: multipart/mixed; boundary=a\n\n--a\n"),
        format!(
            "Content-Type: multipart/mixed; boundary=a\n\n{}",
            many("--a\nContent-Type: multipart/mixed; boundary=b\n\n")
        ),
        many("X: y\n"),
        format!("X: y\n{}", many(" z\n")),
        format!("From: MAILER-DAEMON@x.vn\n\n{}", many("550 5.1 \n\n")),
        format!("From: MAILER-DAEMON@x.vn\n\n{}", many("a@b.c<")),
        format!("From: MAILER-DAEMON@x.vn\n\n{}", many("\"")),
        format!("From: MAILER-DAEMON@x.vn\n\n{}", many("+b-abc-abcdefgh@")),
        format!("{report}{}", many("Status: 5.1.1\n\n")),
        format!("{report}Status: 5.1.1\n{}", many("Diagnostic-Code: smtp; 550 x\n")),
        format!("{html}{}", many("<")),
        format!("{html}{}", many("&amp;")),
        format!("Subject: {}\n\n", many("=?utf-8?q?=41?= ")),
        format!("To: {}\n\n", many("+l-abc-abcdefgh@")),
        format!("Content-Type: text/plain; {}\n\n", many("a=\"b\";")),
    ] {
        let begun = Instant::now();
        let found = read(mail.as_bytes(), None, DOMAIN, &paths());
        let took = begun.elapsed();
        assert!(!found.is_empty());
        assert!(took < Duration::from_secs(20), "{took:?} for {:?}", &mail[..200.min(mail.len())]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(!read(&bytes, None, DOMAIN, &paths()).is_empty());
    }

    #[test]
    fn a_mail_with_pieces_lost_or_changed_is_read_all_the_same(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "\\PC{0,6}|\n|--|\r"), 1..8),
    ) {
        let mails = mails();
        let mut mail = which.get(&mails).1.clone().into_bytes();
        for (at, length, instead) in cuts {
            let at = at.index(mail.len());
            mail.splice(at..(at + length).min(mail.len()), instead.into_bytes());
            mail.push(b'x');
        }
        for bounce in read(&mail, Some("x@y.vn"), DOMAIN, &paths()) {
            prop_assert!(bounce.reason.chars().count() <= bantin_model::limits::REPLY_CHARS);
        }
    }
}
