//! Mail, from items to what a server sees: composed, rendered, built, sent, and judged.

use std::time::Duration;

use bantin_mail::dkim::{Domain, Selector, Signer, SigningKey};
use bantin_mail::{
    DigestSettings, MailSettings, Mailer, OutgoingMail, RateLimits, RenderedMail, SendOutcome,
    SmtpSettings, TlsPolicy, Transport,
};
use bantin_model::OutgoingDelivery;
use bantin_model::digest::{DigestInputs, compose};
use bantin_model::digest::{DigestLinks, LINK_MARK, MARK_STEM, PAGE_MARK};
use bantin_model::{
    CleanHtml, Delivery, DeliveryId, DeliveryState, Digest, DigestId, DigestKind, Item, ItemId,
    Lang, Published, SourceId, Standing, Subscriber, SubscriberId, SubscriberState,
};
use chrono::{DateTime, Utc};
use expect_test::{expect, expect_file};
use futures_util::future::join_all;
use proptest::prelude::*;
use secrecy::SecretString;
use url::Url;
use uuid::Uuid;

use crate::smtp::{Act, At, Cert, Manner, Sink, Tls};

const LINK: &str = "https://tin.example.gov.vn/unsubscribe/k1.7.9.AbCdEfGh-_0123456789abcdef";

fn links(own: &str) -> DigestLinks {
    DigestLinks {
        own: own.to_owned(),
        preferences: "https://tin.example.gov.vn/preferences/AQc-PreFeReNcEs_0123456789".into(),
        page: "https://tin.example.gov.vn/digests/AQM-PaGe_0123456789abcdef".into(),
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn now() -> DateTime<Utc> {
    time("2020-05-22T02:30:00Z")
}

fn public_url() -> Url {
    Url::parse("https://tin.example.gov.vn/").expect("a URL")
}

/// An item of the source `so-tttt`, published at 08:00 plus `seq` minutes.
fn item(seq: i64, title: &str) -> Item {
    let at = time("2020-05-22T01:00:00Z") + chrono::TimeDelta::minutes(seq);
    Item {
        id: ItemId(Uuid::from_u128(seq as u128)),
        seq,
        source: SourceId::parse("so-tttt").expect("a name"),
        url: format!("https://portal.example.gov.vn/tin/{seq}"),
        title: title.to_owned(),
        published: Published::At(at),
        updated: None,
        byline: None,
        section: None,
        lead: None,
        content_html: CleanHtml::default(),
        content_text: String::new(),
        images: Vec::new(),
        attachments: Vec::new(),
        refs: Vec::new(),
        lang: None,
        standing: Standing::Open,
        first_seen: at,
        changed_at: at,
        sort_at: at,
        revision: 0,
        reader: 0,
        feed_updated: None,
    }
}

fn composed(
    items: &[Item],
    title: &str,
    lang: Lang,
    broken: &[&str],
) -> bantin_model::digest::ComposedDigest {
    let broken: Vec<String> = broken.iter().map(|name| name.to_string()).collect();
    let source_name = |id: &SourceId| match id.as_str() {
        "so-tttt" => "Sở Thông tin và Truyền thông".to_owned(),
        other => format!("Nguồn {other}"),
    };
    compose(
        items,
        &DigestInputs {
            title,
            lang,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
            now: now(),
            source_name: &source_name,
            public_url: &public_url(),
            broken: &broken,
            revised: &[],
            older: 0,
            images: false,
        },
    )
}

fn settings(transport: Transport) -> MailSettings {
    MailSettings {
        transport,
        from: "Bản tin <bantin@example.gov.vn>".into(),
        reply_to: None,
        admin: Some("quantri@example.gov.vn".into()),
        dkim: Vec::new(),
        public_url: public_url(),
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        rates: RateLimits::default(),
        bounces: None,
        digest: DigestSettings::default(),
    }
}

fn smtp_settings(sink: &Sink) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".into(),
        port: sink.port(),
        tls: TlsPolicy::None,
        credentials: None,
        extra_ca: None,
        connections: 2,
        timeout: Duration::from_secs(5),
        hello: Some("bantin.example.gov.vn".into()),
    }
}

fn mailer(smtp: SmtpSettings) -> Mailer {
    Mailer::new(settings(Transport::Smtp(smtp))).expect("settings that fit")
}

/// A mailer that sends nothing.
fn paper() -> Mailer {
    Mailer::new(settings(Transport::Folder("/nowhere".into()))).expect("settings that fit")
}

fn outgoing(rendered: &RenderedMail, kind: DigestKind) -> OutgoingDelivery {
    OutgoingDelivery {
        delivery: Delivery {
            id: DeliveryId(9),
            digest: DigestId(3),
            subscriber: SubscriberId(7),
            subscription: None,
            state: DeliveryState::Sending,
            attempts: 1,
            next_at: now(),
            message_id: "0123456789abcdef@example.gov.vn".into(),
            created_at: now(),
            reply: None,
        },
        digest: Digest {
            id: DigestId(3),
            kind,
            lang: Lang::Vi,
            subject: rendered.subject.clone(),
            text: rendered.text.clone(),
            html: rendered.html.clone(),
            list: "tin-hoat-dong".into(),
            composed_at: now(),
            items: vec![],
        },
        subscriber: Subscriber {
            id: SubscriberId(7),
            address: "canbo@so.example.gov.vn".into(),
            name: Some("Nguyễn Văn Ánh".into()),
            lang: Lang::Vi,
            state: SubscriberState::Active,
            created_at: now(),
            confirmed_at: Some(now()),
            group: None,
            paused_until: None,
            link_number: 1,
        },
    }
}

fn rendered(subject: &str, text: &str) -> RenderedMail {
    RenderedMail { subject: subject.into(), text: text.into(), html: format!("<p>{text}</p>") }
}

fn letter_to(to: &str) -> OutgoingMail {
    let mut outgoing = outgoing(&rendered("Tin", "Nội dung"), DigestKind::Items);
    outgoing.subscriber.address = to.to_owned();
    paper().letter(&outgoing, &links(LINK), None).expect("a mail")
}

/// A day's digest with everything in it that a digest can hold.
fn full_day() -> Vec<Item> {
    let mut items = vec![
        item(1, "Hội nghị trực tuyến về chuyển đổi số và bảo đảm an toàn thông tin mạng năm 2020"),
        item(2, "Thông báo tuyển dụng"),
        item(3, "Bộ trưởng làm việc với tỉnh <script>alert(1)</script> & \"đoàn\""),
        item(4, "Lịch tiếp công dân"),
    ];
    items[0].section = Some("Tin hoạt động".into());
    items[0].lead = Some(format!(
        "Sáng 22/5, {}",
        "Sở Thông tin và Truyền thông tổ chức hội nghị. ".repeat(10)
    ));
    items[1].published =
        Published::On(chrono::NaiveDate::from_ymd_opt(2020, 5, 21).expect("a day"));
    items[1].content_text =
        "Thông báo tuyển dụng\n\nSở cần tuyển 2 viên chức.\nHồ sơ nộp trước 30/6.".into();
    items[2].section = Some("Tin hoạt động".into());
    items[2].url = "javascript:alert(1)".into();
    items[3].source = SourceId::parse("ubnd").expect("a name");
    items[3].published = Published::Unknown;
    items
}

#[test]
fn p7_a_digest_is_rendered_as_text_and_html() {
    let mailer = paper();
    let composed = composed(&full_day(), "Tin hoạt động", Lang::Vi, &["Báo tỉnh"]);
    let rendered = mailer.render(&composed).expect("templates that fit");
    expect_file!["../mails/digest.txt"].assert_eq(&rendered.text);
    expect_file!["../mails/digest.html"].assert_eq(&rendered.html);
    let letter =
        mailer.letter(&outgoing(&rendered, DigestKind::Items), &links(LINK), None).expect("a mail");
    let mail = String::from_utf8(letter.bytes.to_vec()).expect("ASCII");
    expect_file!["../mails/digest.eml"].assert_eq(&mail.replace("\r\n", "\n"));
    check_form(&letter);
}

#[test]
fn a_confirmation_is_rendered_and_offers_no_way_to_leave() {
    let mailer = paper();
    for (lang, text, html) in [
        (
            Lang::Vi,
            expect_file!["../mails/confirmation.vi.txt"],
            expect_file!["../mails/confirmation.vi.html"],
        ),
        (
            Lang::En,
            expect_file!["../mails/confirmation.en.txt"],
            expect_file!["../mails/confirmation.en.html"],
        ),
    ] {
        let rendered = mailer.render_confirmation(lang).expect("templates that fit");
        text.assert_eq(&rendered.text);
        html.assert_eq(&rendered.html);
        let letter = mailer
            .letter(
                &outgoing(&rendered, DigestKind::Confirmation),
                &links("https://tin.example.gov.vn/confirm/x?a=1&b=2"),
                None,
            )
            .expect("a mail");
        check_form(&letter);
        let mail = String::from_utf8_lossy(&letter.bytes).to_ascii_lowercase();
        assert!(!mail.contains("list-") && !mail.contains("precedence"), "{mail}");
        assert!(mail.contains("auto-submitted: auto-generated\r\n"), "{mail}");
    }
}

/// What RFC 5321, 5322 and 2045 ask of every mail.
#[track_caller]
fn check_form(letter: &OutgoingMail) {
    let mail = std::str::from_utf8(&letter.bytes).expect("ASCII");
    assert!(mail.is_ascii());
    assert!(mail.ends_with("\r\n"));
    let without_ends = mail.replace("\r\n", "");
    assert!(!without_ends.contains(['\r', '\n']), "a bare CR or LF");
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
    for line in head.split("\r\n") {
        assert!(
            line.len() <= 78
                || line.starts_with("List-Unsubscribe:")
                || line.starts_with(" <mailto:"),
            "{line}"
        );
    }
    assert!(body.split("\r\n").all(|line| line.len() <= 998));
    for name in ["Date", "Message-ID", "From", "To", "Subject", "MIME-Version", "Content-Type"] {
        let of_name = |line: &&str| {
            line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase()))
        };
        assert_eq!(head.split("\r\n").filter(of_name).count(), 1, "{name}\n{head}");
    }
    assert!(!mail.contains(MARK_STEM));
}

#[test]
fn the_subject_says_what_is_inside() {
    let subject = |n: i64, title: &str, lang| {
        let items: Vec<Item> = (0..n).map(|n| item(n, "Hội nghị\tCCHC\u{202e}")).collect();
        composed(&items, title, lang, &[]).subject
    };
    let long = "Tin hoạt động của các sở, ban, ngành ".repeat(20);
    let all = [
        subject(0, "Tin hoạt động", Lang::Vi),
        subject(1, "Tin hoạt động", Lang::Vi),
        subject(3, "Tin hoạt động", Lang::Vi),
        subject(3, "", Lang::Vi),
        subject(0, "News", Lang::En),
        subject(2, "News", Lang::En),
        subject(2, &long, Lang::Vi),
    ];
    expect![[r#"
        Tin hoạt động: không có tin mới – 22/05/2020
        Hội nghị CCHC
        Tin hoạt động: 3 tin mới – 22/05/2020
        3 tin mới – 22/05/2020
        News: nothing new – 22 May 2020
        News: 2 new items – 22 May 2020
        Tin hoạt động của các sở, ban, ngành Tin hoạt động của các sở, ban, ngành Tin hoạt động của các sở, ban, ngành Tin hoạt động…: 2 tin mới – 22/05/2020"#]]
    .assert_eq(&all.join("\n"));
    assert!(subject(1, &long, Lang::Vi).chars().count() <= 150);
}

#[test]
fn a_digest_is_grouped_newest_first_and_says_dates_as_people_do() {
    let mut items = full_day();
    items.extend([item(5, ""), item(6, "Không mục")]);
    items[4].section = Some(" ".into());
    let composed = composed(&items, "Tin", Lang::En, &[]);
    let mut seen = String::new();
    for group in &composed.groups {
        seen += &format!("{}\n", group.source);
        for section in &group.sections {
            seen += &format!("  {:?}\n", section.name);
            for entry in &section.entries {
                seen += &format!("    {} | {:?} | {}\n", entry.title, entry.date, entry.url);
            }
        }
    }
    expect![[r#"
        Sở Thông tin và Truyền thông
          None
            Không mục | Some("Friday, 22 May 2020, 08:06") | https://portal.example.gov.vn/tin/6
            (no title) | Some("Friday, 22 May 2020, 08:05") | https://portal.example.gov.vn/tin/5
            Thông báo tuyển dụng | Some("Thursday, 21 May 2020") | https://portal.example.gov.vn/tin/2
          Some("Tin hoạt động")
            Bộ trưởng làm việc với tỉnh <script>alert(1)</script> & "đoàn" | Some("Friday, 22 May 2020, 08:03") | https://tin.example.gov.vn/items/00000000-0000-0000-0000-000000000003
            Hội nghị trực tuyến về chuyển đổi số và bảo đảm an toàn thông tin mạng năm 2020 | Some("Friday, 22 May 2020, 08:01") | https://portal.example.gov.vn/tin/1
        Nguồn ubnd
          None
            Lịch tiếp công dân | None | https://portal.example.gov.vn/tin/4
    "#]]
    .assert_eq(&seen);
}

#[test]
fn p11_a_digest_lists_a_hundred_items_and_counts_the_rest() {
    let items: Vec<Item> = (0..137).map(|n| item(n, &format!("Tin {n}"))).collect();
    let composed = composed(&items, "Tin", Lang::Vi, &[]);
    let listed: Vec<_> =
        composed.groups.iter().flat_map(|g| &g.sections).flat_map(|s| &s.entries).collect();
    assert_eq!(listed.len(), 100);
    assert_eq!((listed[0].title.as_str(), listed[99].title.as_str()), ("Tin 136", "Tin 37"));
    assert_eq!(composed.more.as_deref(), Some("và 37 tin khác"));
    assert_eq!(composed.count, "137 tin mới");
    let text = paper().render(&composed).expect("templates that fit").text;
    assert!(text.contains(&format!("và 37 tin khác:\n{PAGE_MARK}\n")));
}

#[test]
fn a_lead_ends_at_a_word_and_never_repeats_the_title() {
    let lead = |lead: Option<&str>, text: &str| {
        let mut item = item(1, "Hội nghị");
        item.lead = lead.map(str::to_owned);
        item.content_text = text.to_owned();
        composed(&[item], "Tin", Lang::Vi, &[]).groups[0].sections[0].entries[0].lead.clone()
    };
    assert_eq!(lead(None, ""), None);
    assert_eq!(lead(Some("Hội nghị"), "Hội nghị\n\n Sáng nay \n…").as_deref(), Some("Sáng nay"));
    assert_eq!(lead(Some(" một\n hai "), "").as_deref(), Some("một hai"));
    let long = lead(Some(&"thông tin, ".repeat(100)), "").expect("a lead");
    assert!(long.ends_with("thông tin…") && (280..=300).contains(&long.chars().count()), "{long}");
    let unbroken = lead(Some(&"ă".repeat(1000)), "").expect("a lead");
    assert_eq!(unbroken.chars().count(), 300);
}

#[test]
fn a_portal_cannot_lay_hands_on_a_subscribers_own_link() {
    let halves = LINK_MARK.split_at(5);
    let mut bad = item(1, &format!("{}{LINK_MARK}{}", halves.0, halves.1));
    bad.url = format!("https://evil.example/?take={LINK_MARK}#{LINK_MARK}");
    bad.lead = Some(format!("x \u{200b}{}\u{200b}{} y", halves.0, halves.1));
    bad.section = Some(LINK_MARK.into());
    let mailer = paper();
    let rendered = mailer
        .render(&composed(&[bad.clone(), bad], LINK_MARK, Lang::Vi, &[LINK_MARK]))
        .expect("templates");
    assert_eq!(rendered.text.matches(LINK_MARK).count(), 1);
    assert_eq!(rendered.html.matches(LINK_MARK).count(), 1);
}

#[test]
fn p8_foreign_text_is_escaped_in_html() {
    let mut bad = item(1, "<img src=x onerror=alert(1)>'\"&");
    bad.lead = Some("</p><script>x</script>".into());
    bad.url = "https://portal.example.gov.vn/?a=\"><script>&b='".into();
    bad.section = Some("<b>".into());
    let rendered = paper().render(&composed(&[bad], "<i>", Lang::Vi, &["<u>"])).expect("templates");
    for tag in ["<img", "<script", "<b>", "<i>", "<u>", "\"><s"] {
        assert!(!rendered.html.contains(tag), "{tag} in {}", rendered.html);
    }
}

#[test]
fn p7_the_header_lets_a_reader_leave_in_one_click() {
    let mut settings = settings(Transport::Folder("/nowhere".into()));
    let head = |settings: &MailSettings| {
        let mailer = Mailer::new(settings.clone()).expect("settings that fit");
        let letter = mailer
            .letter(&outgoing(&rendered("Tin", "x"), DigestKind::Items), &links(LINK), None)
            .expect("a mail");
        check_form(&letter);
        String::from_utf8_lossy(&letter.bytes)
            .split("\r\n\r\n")
            .next()
            .expect("a head")
            .replace("\r\n", "\n")
    };
    expect![[r#"
        Date: Fri, 22 May 2020 02:30:00 +0000
        Message-ID: <0123456789abcdef@example.gov.vn>
        From: =?utf-8?B?QuG6o24gdGlu?= <bantin@example.gov.vn>
        To: =?utf-8?B?Tmd1eeG7hW4gVsSDbiDDgW5o?= <canbo@so.example.gov.vn>
        Subject: Tin
        Content-Language: vi
        Auto-Submitted: auto-generated
        List-Id: <tin-hoat-dong.bantin.tin.example.gov.vn>
        List-Unsubscribe: <https://tin.example.gov.vn/unsubscribe/k1.7.9.AbCdEfGh-_0123456789abcdef>,
         <mailto:quantri@example.gov.vn?subject=unsubscribe%20k1.7.9.AbCdEfGh-_0123456789abcdef>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        Precedence: bulk
        MIME-Version: 1.0
        Content-Type: multipart/alternative; boundary="=_e4943a6af6ada6badde29313""#]]
    .assert_eq(&head(&settings));
    settings.admin = None;
    assert!(!head(&settings).contains("mailto:"));
    settings.reply_to = Some("Văn phòng <vp@ví-dụ.vn>".into());
    settings.public_url = Url::parse("http://192.0.2.7:8080/tin/").expect("a URL");
    let head = head(&settings);
    assert!(head.contains("<mailto:vp@xn--v-d-rma6749a.vn?subject="), "{head}");
    assert!(
        head.contains("\nReply-To: ")
            && head.contains("\nList-Id: <tin-hoat-dong.bantin.example.gov.vn>\n"),
        "{head}"
    );
}

#[test]
fn a_link_that_no_header_can_carry_is_an_error() {
    for link in [
        "https://x.vn/a\r\nBcc: y@z.vn",
        "https://x.vn/<a>",
        "https://x.vn/ă",
        &format!("https://x.vn/{}", "a".repeat(1000)),
    ] {
        let error = paper()
            .letter(&outgoing(&rendered("Tin", "x"), DigestKind::Items), &links(link), None)
            .expect_err(link);
        assert!(format!("{error:#}").contains("the address to leave a list at"), "{error:#}");
    }
}

/// Whatever has a meaning in a mail, and line ends above all.
const HOSTILE: &str = "[\\r\\n\\x00\\t .:a-cBă😀=?_<>@\",;()\\\\-]{0,200}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn p3_the_same_delivery_gives_the_same_bytes(
        subject in HOSTILE, text in HOSTILE, html in HOSTILE, name in proptest::option::of(HOSTILE),
    ) {
        let mut one = outgoing(&RenderedMail { subject, text, html }, DigestKind::Items);
        one.subscriber.name = name;
        let mut again = one.clone();
        again.delivery.attempts = 40;
        again.delivery.state = DeliveryState::Waiting;
        again.delivery.next_at = now() + chrono::TimeDelta::days(3);
        let first = paper().letter(&one, &links(LINK), None).expect("a mail");
        let second = paper().letter(&again, &links(LINK), None).expect("a mail");
        prop_assert_eq!(&first.bytes, &second.bytes);
        check_form(&first);
        let mut other = one.clone();
        other.delivery.message_id = "x@example.gov.vn".into();
        prop_assert_ne!(&paper().letter(&other, &links(LINK), None).expect("a mail").bytes, &first.bytes);
    }
}

#[test]
fn p12_a_letter_printed_for_debugging_shows_no_address() {
    let letter = letter_to("canbo@so.example.gov.vn");
    let printed = format!("{letter:?}");
    assert!(!printed.contains("canbo") && !printed.contains("so.example"), "{printed}");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let not_pem = folder.path().join("ca.pem");
    std::fs::write(&not_pem, "hello").expect("a file");
    let smtp = |extra_ca| {
        Transport::Smtp(SmtpSettings {
            host: "mail.example.gov.vn".into(),
            port: 25,
            tls: TlsPolicy::StartTls,
            credentials: None,
            extra_ca,
            connections: 1,
            timeout: Duration::from_secs(1),
            hello: None,
        })
    };
    for (change, says) in [
        (
            &(|s: &mut MailSettings| s.from = "Bản tin".into()) as &dyn Fn(&mut MailSettings),
            "mail.from",
        ),
        (&|s| s.from = "ă@x.vn".into(), "mail.from"),
        (&|s| s.reply_to = Some("x".into()), "mail.reply_to"),
        (&|s| s.admin = Some("".into()), "mail.admin"),
        (&|s| s.transport = smtp(Some(not_pem.clone())), "ca.pem holds no certificate"),
        (
            &|s| s.transport = smtp(Some(folder.path().join("gone.pem"))),
            "reading the CA certificates in",
        ),
    ] {
        let mut settings = settings(Transport::Folder("/nowhere".into()));
        change(&mut settings);
        let error = Mailer::new(settings).err().expect(says);
        assert!(format!("{error:#}").contains(says), "{error:#}");
    }
}

// Sending

fn kind(sent: &SendOutcome) -> &'static str {
    match sent {
        SendOutcome::Accepted(_) => "accepted",
        SendOutcome::Refused(_) => "refused",
        SendOutcome::TryLater(_) | SendOutcome::Away(_) => "later",
        SendOutcome::SenderRefused(_) => "sender refused",
        SendOutcome::OurFault(_) => "our fault",
    }
}

fn words(sent: &SendOutcome) -> &str {
    match sent {
        SendOutcome::Accepted(words)
        | SendOutcome::Refused(words)
        | SendOutcome::TryLater(words)
        | SendOutcome::Away(words)
        | SendOutcome::SenderRefused(words)
        | SendOutcome::OurFault(words) => words,
    }
}

#[tokio::test]
async fn p7_what_the_server_stores_is_what_was_built() {
    for offers in [&["PIPELINING", "SIZE 1000000"][..], &[]] {
        let sink = Sink::with(Manner::offering(offers)).await;
        let mailer = mailer(smtp_settings(&sink));
        let mut outgoing =
            outgoing(&rendered("Tin", ".\r\n..\n.một dòng\n.\n\n."), DigestKind::Items);
        outgoing.digest.text = ".\n..\n.dots\n.\n\n.".into();
        let letter = mailer.letter(&outgoing, &links(LINK), None).expect("a mail");
        assert!(
            letter.bytes.windows(3).any(|w| w == b"\n.\r"),
            "the body must hold a line of one dot"
        );
        assert_eq!(
            mailer.send(&letter).await,
            SendOutcome::Accepted("250 2.0.0 ok: queued".into())
        );
        let mail = &sink.mails()[0];
        assert_eq!(mail.bytes, letter.bytes.to_vec());
        assert_eq!(
            (mail.from.as_str(), mail.to.as_str()),
            ("bantin@example.gov.vn", "canbo@so.example.gov.vn")
        );
        assert_eq!(
            mail.mail_line.contains(&format!("SIZE={}", letter.bytes.len())),
            !offers.is_empty()
        );
    }
}

/// One mail to a server that answers so; the outcome, and whether any message got through.
async fn check(at: At, act: impl Into<Act>, outcome: &str) -> SendOutcome {
    let act = act.into();
    let mut last = None;
    for offers in [&["PIPELINING"][..], &[]] {
        let sink = Sink::with(Manner::offering(offers)).await;
        sink.on(at, act.clone());
        let mut smtp = smtp_settings(&sink);
        smtp.timeout = Duration::from_millis(800);
        let mailer = mailer(smtp);
        let sent = mailer.send(&letter_to("canbo@so.example.gov.vn")).await;
        assert_eq!(kind(&sent), outcome, "{at:?} {act:?} with {offers:?}: {}", words(&sent));
        assert!(!words(&sent).contains("canbo"), "{}", words(&sent));
        // The connection is in order, or a new one is made: the next mail goes through either way.
        sink.relent();
        let next = mailer.send(&letter_to("khac@so.example.gov.vn")).await;
        assert_eq!(
            kind(&next),
            "accepted",
            "after {at:?} {act:?} with {offers:?}: {}",
            words(&next)
        );
        let mails = sink.accepted();
        assert_eq!(mails.last().map(|mail| mail.to.as_str()), Some("khac@so.example.gov.vn"));
        last = Some(sent);
    }
    last.expect("two rounds")
}

#[tokio::test]
async fn the_phase_and_the_code_of_an_answer_decide_what_becomes_of_a_mail() {
    use At::*;
    let cases = [
        (Greeting, "554 5.7.1 no", "our fault"),
        (Greeting, "421 4.7.0 later", "later"),
        (Ehlo, "550 5.7.1 bad helo", "our fault"),
        (Ehlo, "451 4.3.0 later", "later"),
        (Mail, "550 5.7.1 <bantin@example.gov.vn> no", "our fault"),
        (Mail, "552 5.3.4 too big", "our fault"),
        (Mail, "451 4.3.0 later", "later"),
        (
            Rcpt,
            "550 5.1.1 <canbo@so.example.gov.vn>: Recipient address rejected: User unknown",
            "refused",
        ),
        (Rcpt, "550-5.1.1 no such\r\n550 5.1.1 user canbo@so.example.gov.vn", "refused"),
        (Rcpt, "550 5.2.1 disabled", "refused"),
        (Rcpt, "556 5.1.10 null MX", "refused"),
        (Rcpt, "450 4.7.1 greylisted", "later"),
        (Rcpt, "552 5.2.2 full", "later"),
        (Rcpt, "421 4.3.2 closing", "later"),
        (Rcpt, "550 5.7.1 blocklisted", "sender refused"),
        (Rcpt, "550 5.7.23 SPF", "sender refused"),
        (Data, "451 4.3.0 later", "later"),
        (Data, "554 5.7.1 policy", "sender refused"),
        (Body, "554 5.7.1 policy", "sender refused"),
        (Body, "552 5.3.4 too big", "sender refused"),
        (Body, "451 4.3.0 later", "later"),
        (Body, "550 5.1.1 unknown", "refused"),
        (Body, "421 4.3.0 closing", "later"),
    ];
    join_all(cases.map(|(at, answer, outcome)| check(at, answer, outcome))).await;
}

#[tokio::test]
async fn p4_a_server_that_falls_silent_or_hangs_up_delays_mail() {
    use At::*;
    let acts = [
        Act::Close,
        Act::Hang,
        "\u{1}\u{2}hello".into(),
        "99 x".into(),
        Act::SayThenClose(b"421 4.3.2 closing".to_vec()),
        Act::SayThenClose(b"250-unfinished".to_vec()),
    ];
    let places = [Greeting, Ehlo, Mail, Rcpt, Data, Body];
    let all = places
        .into_iter()
        .flat_map(|at| acts.iter().map(move |act| check(at, act.clone(), "later")));
    join_all(all).await;
    check(Body, Act::AcceptThenClose, "later").await;
    check(Greeting, Act::Say(vec![b'x'; 100_000]), "later").await;
    check(Ehlo, Act::Say("250-x\r\n".repeat(1000).into_bytes()), "later").await;
}

#[tokio::test]
async fn p4_nobody_listening_delays_mail() {
    let sink = Sink::start().await;
    let smtp = smtp_settings(&sink);
    drop(sink);
    // The listener closes with the task that holds it.
    tokio::time::timeout(Duration::from_secs(5), async {
        while tokio::net::TcpStream::connect(("127.0.0.1", smtp.port)).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("closed");
    let sent = mailer(smtp.clone()).send(&letter_to("a@x.vn")).await;
    assert_eq!(kind(&sent), "later", "{}", words(&sent));
    let sent = mailer(SmtpSettings { host: "no-such-host.invalid".into(), ..smtp })
        .send(&letter_to("a@x.vn"))
        .await;
    assert_eq!(kind(&sent), "later", "{}", words(&sent));
}

#[tokio::test]
async fn a_reply_that_is_not_utf8_is_still_a_reply() {
    let mut latin1 = b"550 5.1.1 utilisateur inconnu: bo\xeete d\xe9sactiv\xe9e".to_vec();
    latin1.push(b'!');
    let sent = check(At::Rcpt, Act::Say(latin1), "refused").await;
    assert_eq!(
        sent,
        SendOutcome::Refused(
            "RCPT TO: 550 5.1.1 utilisateur inconnu: bo\u{fffd}te d\u{fffd}sactiv\u{fffd}e!".into()
        )
    );
}

#[tokio::test]
async fn one_refused_receiver_costs_only_itself() {
    let sink = Sink::start().await;
    sink.on_command(At::Rcpt, "gone@", "550 5.1.1 unknown");
    let mailer = mailer(smtp_settings(&sink));
    for (to, outcome) in [("a@x.vn", "accepted"), ("gone@x.vn", "refused"), ("b@x.vn", "accepted")]
    {
        assert_eq!(kind(&mailer.send(&letter_to(to)).await), outcome);
    }
    assert_eq!(sink.connections(), 1);
    assert_eq!(sink.accepted().len(), 2);
}

/// RFC 2920 §3.1
#[tokio::test]
async fn a_server_that_wants_the_message_although_it_refused_the_receiver_gets_an_empty_one() {
    let sink = Sink::start().await;
    sink.on_first(At::Rcpt, 1, "550 5.1.1 unknown");
    sink.on_first(At::Data, 1, "354 go on");
    let mailer = mailer(smtp_settings(&sink));
    assert_eq!(kind(&mailer.send(&letter_to("gone@x.vn")).await), "refused");
    assert_eq!(kind(&mailer.send(&letter_to("a@x.vn")).await), "accepted");
    assert_eq!((sink.connections(), sink.count(".")), (1, 1));
    let to: Vec<String> = sink.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["a@x.vn"]);
}

#[tokio::test]
async fn p3_an_answer_that_got_lost_is_not_followed_by_a_second_copy() {
    let sink = Sink::start().await;
    let mailer = mailer(smtp_settings(&sink));
    assert_eq!(kind(&mailer.send(&letter_to("a@x.vn")).await), "accepted");
    sink.on_first(At::Body, 1, Act::AcceptThenClose);
    assert_eq!(kind(&mailer.send(&letter_to("b@x.vn")).await), "later");
    let to: Vec<String> = sink.accepted().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["a@x.vn", "b@x.vn"]);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_costs_nothing() {
    for act in [Act::Close, Act::SayThenClose(b"421 4.4.2 idle too long".to_vec())] {
        let sink = Sink::start().await;
        let mailer = mailer(smtp_settings(&sink));
        sink.on_first(At::Idle, 1, act);
        assert_eq!(kind(&mailer.send(&letter_to("a@x.vn")).await), "accepted");
        sink.wait_until("the server to close", |sink| sink.open_connections() == 0).await;
        assert_eq!(kind(&mailer.send(&letter_to("b@x.vn")).await), "accepted");
        assert_eq!((sink.connections(), sink.accepted().len()), (2, 2));
    }
}

#[tokio::test]
async fn p11_a_connection_carries_a_hundred_messages_and_says_goodbye() {
    let sink = Sink::start().await;
    let mailer = mailer(SmtpSettings { connections: 1, ..smtp_settings(&sink) });
    for n in 0..205 {
        assert_eq!(kind(&mailer.send(&letter_to(&format!("a{n}@x.vn"))).await), "accepted");
    }
    mailer.close().await;
    sink.wait_until("three goodbyes", |sink| sink.count("QUIT") == 3).await;
    assert_eq!((sink.connections(), sink.most_open() <= 2), (3, true));
    let on = |n| sink.mails().iter().filter(|mail| mail.connection == n).count();
    assert_eq!([on(0), on(1), on(2)], [100, 100, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_open_than_the_settings_allow() {
    let sink = Sink::start().await;
    let mailer = mailer(SmtpSettings { connections: 3, ..smtp_settings(&sink) });
    let sending = (0..60).map(|n| {
        let mailer = mailer.clone();
        tokio::spawn(async move { mailer.send(&letter_to(&format!("a{n}@x.vn"))).await })
    });
    for sent in sending.collect::<Vec<_>>() {
        assert_eq!(kind(&sent.await.expect("no panic")), "accepted");
    }
    assert_eq!(sink.accepted().len(), 60);
    assert!(sink.most_open() <= 3, "{}", sink.most_open());
    assert_eq!(mailer.width(), 3);
}

#[tokio::test]
async fn a_send_that_is_given_up_halfway_leaves_no_half_used_connection() {
    let sink = Sink::start().await;
    let mailer = mailer(SmtpSettings { connections: 1, ..smtp_settings(&sink) });
    sink.on_first(At::Body, 1, Act::Hang);
    let first = mailer.clone();
    let task = tokio::spawn(async move { first.send(&letter_to("a@x.vn")).await });
    sink.wait_until("the message", |sink| sink.mails().len() == 1).await;
    task.abort();
    assert_eq!(kind(&mailer.send(&letter_to("b@x.vn")).await), "accepted");
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn p12_a_login_is_used_and_never_told() {
    for mechanisms in ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"] {
        let sink = Sink::with(Manner::default().login("bantin", "bí mật", mechanisms)).await;
        let with = |password: &str| {
            let credentials = Some(("bantin".to_owned(), SecretString::from(password.to_owned())));
            mailer(SmtpSettings { credentials, ..smtp_settings(&sink) })
        };
        assert_eq!(kind(&with("bí mật").send(&letter_to("a@x.vn")).await), "accepted");
        assert_eq!(sink.mails()[0].login, Some(("bantin".into(), "bí mật".into())));
        let sent = with("sai-mat-khau").send(&letter_to("a@x.vn")).await;
        assert_eq!(sent, SendOutcome::OurFault("AUTH: 535 5.7.8 wrong".into()));
        sink.on_first(
            At::Auth,
            1,
            "501 5.5.2 cannot decode AGJhbnRpbgBzYWktbWF0LWtoYXU= (sai-mat-khau)",
        );
        let sent = with("sai-mat-khau").send(&letter_to("a@x.vn")).await;
        assert_eq!(sent, SendOutcome::OurFault("AUTH: 501 5.5.2 cannot decode … (…)".into()));
        sink.on_first(At::Auth, 1, "454 4.7.0 directory down");
        assert_eq!(kind(&with("bí mật").send(&letter_to("a@x.vn")).await), "later");
        assert_eq!(kind(&with("bí mật").send(&letter_to("a@x.vn")).await), "accepted");
    }
    let sink = Sink::start().await;
    let credentials = Some(("bantin".to_owned(), SecretString::from("x")));
    let sent = mailer(SmtpSettings { credentials, ..smtp_settings(&sink) })
        .send(&letter_to("a@x.vn"))
        .await;
    assert_eq!(kind(&sent), "our fault");
    let sink = Sink::with(Manner::default()).await;
    let sent = mailer(smtp_settings(&sink)).send(&letter_to("a@x.vn")).await;
    assert_eq!(kind(&sent), "accepted");
    let sink = Sink::with(Manner::default().login("bantin", "x", "PLAIN")).await;
    let sent = mailer(smtp_settings(&sink)).send(&letter_to("a@x.vn")).await;
    assert_eq!(sent, SendOutcome::OurFault("MAIL FROM: 530 5.7.0 authentication required".into()));
}

#[tokio::test]
async fn tls_is_used_and_checked_as_the_policy_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let right = Cert::for_names(&["127.0.0.1"]);
    let wrong = Cert::for_names(&["other.example"]);
    let other_folder = tempfile::tempdir().expect("a folder");
    let right_ca = Some(right.save(folder.path()));
    let wrong_ca = Some(wrong.save(other_folder.path()));
    use TlsPolicy::{Implicit, Opportunistic, StartTls};
    for (tls, policy, extra_ca, outcome, encrypted) in [
        (Tls::Start(right.clone()), StartTls, &right_ca, "accepted", true),
        (Tls::Start(right.clone()), StartTls, &None, "our fault", false),
        (Tls::Start(wrong.clone()), StartTls, &wrong_ca, "our fault", false),
        (Tls::None, StartTls, &right_ca, "our fault", false),
        (Tls::Start(right.clone()), Opportunistic, &None, "accepted", true),
        (Tls::Start(wrong.clone()), Opportunistic, &None, "accepted", true),
        (Tls::None, Opportunistic, &None, "accepted", false),
        (Tls::Start(right.clone()), TlsPolicy::None, &None, "accepted", false),
        (Tls::Implicit(right.clone()), Implicit, &right_ca, "accepted", true),
        (Tls::Implicit(right.clone()), Implicit, &None, "our fault", false),
        (Tls::Implicit(wrong.clone()), Implicit, &wrong_ca, "our fault", false),
        // Not TLS at all.
        (Tls::None, Implicit, &right_ca, "our fault", false),
    ] {
        let sink = Sink::with(Manner::default().tls(tls)).await;
        let mailer = mailer(SmtpSettings {
            tls: policy,
            extra_ca: extra_ca.clone(),
            ..smtp_settings(&sink)
        });
        let sent = mailer.send(&letter_to("a@x.vn")).await;
        assert_eq!(kind(&sent), outcome, "{policy:?}: {}", words(&sent));
        assert_eq!(sink.mails().first().is_some_and(|mail| mail.tls), encrypted, "{policy:?}");
        assert_eq!(sink.mails().len(), usize::from(outcome == "accepted"));
    }
}

#[tokio::test]
async fn what_came_before_the_handshake_is_not_taken_for_the_server() {
    let sink = Sink::with(Manner::default().tls(Tls::Start(Cert::for_names(&["127.0.0.1"])))).await;
    sink.on(At::StartTls, "220 2.0.0 go ahead\r\n250-forged\r\n250 AUTH PLAIN");
    let sent = mailer(SmtpSettings { tls: TlsPolicy::StartTls, ..smtp_settings(&sink) })
        .send(&letter_to("a@x.vn"))
        .await;
    assert_eq!(
        sent,
        SendOutcome::OurFault(
            "STARTTLS: TLS failed: the server sent data before the handshake".into()
        )
    );
}

#[tokio::test]
async fn tls_that_is_only_welcome_does_not_stop_mail() {
    let cert = Cert::for_names(&["127.0.0.1"]);
    for act in [Act::from("454 4.7.0 not now"), Act::from("220 go\r\nnonsense")] {
        let sink = Sink::with(Manner::default().tls(Tls::Start(cert.clone()))).await;
        sink.on(At::StartTls, act.clone());
        let with = |tls| mailer(SmtpSettings { tls, ..smtp_settings(&sink) });
        let sent = with(TlsPolicy::Opportunistic).send(&letter_to("a@x.vn")).await;
        assert_eq!(kind(&sent), "accepted", "{act:?}: {}", words(&sent));
        let strict = with(TlsPolicy::StartTls).send(&letter_to("a@x.vn")).await;
        assert_ne!(kind(&strict), "accepted", "{act:?}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ehlo_is_greeted_the_old_way() {
    let sink = Sink::start().await;
    sink.on(At::Ehlo, "502 5.5.1 what?");
    assert_eq!(kind(&mailer(smtp_settings(&sink)).send(&letter_to("a@x.vn")).await), "accepted");
    assert_eq!(
        &sink.lines()[..3],
        [
            "EHLO bantin.example.gov.vn",
            "HELO bantin.example.gov.vn",
            "MAIL FROM:<bantin@example.gov.vn>"
        ]
    );
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_server_that_takes_it() {
    let sink = Sink::start().await;
    let sent = mailer(smtp_settings(&sink)).send(&letter_to("nguyễn@x.vn")).await;
    assert_eq!(kind(&sent), "refused");
    assert!(words(&sent).contains("SMTPUTF8") && sink.mails().is_empty());
    let sink = Sink::with(Manner::offering(&["SMTPUTF8", "8BITMIME"])).await;
    let sent = mailer(smtp_settings(&sink)).send(&letter_to("nguyễn@x.vn")).await;
    assert_eq!(kind(&sent), "accepted", "{}", words(&sent));
    let mail = &sink.mails()[0];
    assert_eq!(
        (mail.to.as_str(), mail.mail_line.as_str()),
        ("nguyễn@x.vn", "MAIL FROM:<bantin@example.gov.vn> BODY=8BITMIME SMTPUTF8")
    );
}

#[tokio::test]
async fn no_address_can_smuggle_a_command() {
    let sink = Sink::start().await;
    let mailer = mailer(smtp_settings(&sink));
    for to in ["a@x.vn>\r\nRCPT TO:<b@x.vn", "a@x.vn> SIZE=1", "a b@x.vn", "a@x.vn\n"] {
        let letter = OutgoingMail { to: to.to_owned(), ..letter_to("a@x.vn") };
        assert_eq!(kind(&mailer.send(&letter).await), "refused", "{to:?}");
    }
    assert_eq!(sink.count("RCPT"), 0);
}

#[tokio::test]
async fn an_idle_connection_is_closed_with_a_goodbye() {
    let sink = Sink::start().await;
    let mailer = mailer(smtp_settings(&sink));
    assert_eq!(kind(&mailer.send(&letter_to("a@x.vn")).await), "accepted");
    assert_eq!(sink.count("QUIT"), 0);
    // Lets the task that watches idle connections start its clock.
    tokio::task::yield_now().await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    sink.wait_until("a goodbye", |sink| sink.count("QUIT") == 1 && sink.open_connections() == 0)
        .await;
    assert_eq!(kind(&mailer.send(&letter_to("b@x.vn")).await), "accepted");
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn a_mail_written_to_a_folder_twice_is_there_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/mails");
    let mailer = Mailer::new(settings(Transport::Folder(path.clone()))).expect("settings that fit");
    let letter = letter_to("a@x.vn");
    let sent = [mailer.send(&letter).await, mailer.send(&letter).await];
    assert_eq!(
        sent[0],
        SendOutcome::Accepted("written to 0123456789abcdef@example.gov.vn.eml".into())
    );
    assert_eq!(sent[0], sent[1]);
    let files: Vec<_> =
        std::fs::read_dir(&path).expect("made").map(|file| file.expect("a file").path()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::read(&files[0]).expect("a file"), letter.bytes.to_vec());
    // A file where the folder should be: nothing can be written, for any recipient.
    let blocked =
        Mailer::new(settings(Transport::Folder(files[0].clone()))).expect("settings that fit");
    assert_eq!(kind(&blocked.send(&letter).await), "our fault");
}

/// A mailer that signs with both kinds of key.
fn signing(smtp: SmtpSettings) -> Mailer {
    let signer = |selector: &str, file: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/keys");
        let pem = std::fs::read(folder.join(file)).expect("a key file");
        Signer::new(
            Domain::parse("example.gov.vn").expect("a domain"),
            Selector::parse(selector).expect("a selector"),
            SigningKey::from_pem(&pem).expect("a key"),
        )
    };
    Mailer::new(MailSettings {
        dkim: vec![signer("rsa", "rsa-2048.pem"), signer("ed", "ed25519.pem")],
        ..settings(Transport::Smtp(smtp))
    })
    .expect("settings that fit")
}

/// `bantin_mail::dkim` has the tests of the signatures themselves.
#[tokio::test]
async fn a_signed_mail_is_the_mail_below_its_signatures_and_arrives_as_it_was_signed() {
    let sink = Sink::start().await;
    let signing = signing(smtp_settings(&sink));
    let outgoing = outgoing(&rendered("Tin mới", "Nội dung\n.\n\n\n"), DigestKind::Items);
    let letter = signing.letter(&outgoing, &links(LINK), None).expect("a mail");
    check_form(&letter);
    let plain = paper().letter(&outgoing, &links(LINK), None).expect("a mail").bytes;
    let signed = String::from_utf8(letter.bytes.to_vec()).expect("ASCII");
    let (signatures, rest) = signed.split_at(signed.len() - plain.len());
    assert_eq!(rest.as_bytes(), &*plain);
    assert!(signatures.starts_with("DKIM-Signature: v=1; a=rsa-sha256; "), "{signatures}");
    assert_eq!(signatures.matches("\r\nDKIM-Signature: v=1; a=ed25519-sha256; ").count(), 1);
    // The time in them is the mail's, not that of the second try.
    let date = outgoing.delivery.created_at.timestamp();
    assert_eq!(signatures.matches(&format!("t={date};")).count(), 2, "{signatures}");
    assert_eq!(signing.letter(&outgoing, &links(LINK), None).expect("a mail").bytes, letter.bytes);
    assert_eq!(kind(&signing.send(&letter).await), "accepted");
    assert_eq!(sink.mails()[0].bytes, letter.bytes.to_vec());
}

#[tokio::test]
async fn a_test_mail_is_a_mail_without_a_list() {
    let sink = Sink::start().await;
    let mailer = mailer(smtp_settings(&sink));
    let letter = mailer.test_letter("Quản trị <QuanTri@EXAMPLE.vn>", now()).expect("a mail");
    check_form(&letter);
    assert_eq!(letter.to, "QuanTri@example.vn");
    assert_eq!(kind(&mailer.send(&letter).await), "accepted");
    let mail = &sink.mails()[0];
    assert_eq!(mail.message_id(), letter.message_id);
    assert!(letter.message_id.ends_with("@example.gov.vn"));
    assert_eq!(
        (mail.header("List-Id"), mail.header("Date").as_deref()),
        (None, Some("Fri, 22 May 2020 02:30:00 +0000"))
    );
    let error = mailer.test_letter("bimat", now()).expect_err("no address");
    assert!(!format!("{error:#}").contains("bimat"));
}

/// How many messages a second are built and sent, to `smtp-sink` at the address in BANTIN_TEST_SMTP or to our own sink:
/// `cargo test --test integration mailing::messages_a_second -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn messages_a_second() {
    const MESSAGES: usize = 1000;
    let sink = Sink::start().await;
    let address = std::env::var("BANTIN_TEST_SMTP").unwrap_or_else(|_| sink.addr.to_string());
    let (host, port) = address.rsplit_once(':').expect("HOST:PORT");
    let smtp = SmtpSettings {
        host: host.to_owned(),
        port: port.parse().expect("a port"),
        ..smtp_settings(&sink)
    };

    let items: Vec<Item> = (0..15)
        .map(|n| {
            let mut item =
                item(n, "Hội nghị trực tuyến về chuyển đổi số và bảo đảm an toàn thông tin");
            item.lead = Some("Sở Thông tin và Truyền thông tổ chức hội nghị. ".repeat(3));
            item
        })
        .collect();
    let rendered = paper().render(&composed(&items, "Tin", Lang::Vi, &[])).expect("templates");
    let outgoing = outgoing(&rendered, DigestKind::Items);
    let start = std::time::Instant::now();
    let letters: Vec<OutgoingMail> =
        (0..100).map(|_| paper().letter(&outgoing, &links(LINK), None).expect("a mail")).collect();
    let rate = 100.0 / start.elapsed().as_secs_f64();
    println!("{} bytes a message, {rate:.0} built a second", letters[0].bytes.len());

    for connections in [1, 4, 10] {
        let mailer = mailer(SmtpSettings { connections, ..smtp.clone() });
        let start = std::time::Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let (mailer, letter) = (mailer.clone(), letters[0].clone());
                tokio::spawn(async move {
                    for _ in 0..MESSAGES / connections {
                        assert_eq!(kind(&mailer.send(&letter).await), "accepted");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        let rate = (MESSAGES / connections * connections) as f64 / start.elapsed().as_secs_f64();
        println!("{connections} connections: {rate:.0} messages/s");
        mailer.close().await;
    }
}
