//! Signed mails are checked by a receiver written here from RFC 6376 §6 alone, over text where the signer works on bytes,
//! and that receiver by the example of RFC 8463.

use aws_lc_rs::signature::{
    ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey,
};
use proptest::prelude::*;

use super::*;
use crate::address::Mailbox;
use crate::dkim::KeyMistake;
use crate::message::{ListHeaders, MessageParts, build};
use bantin_model::Lang;

/// RFC 8463 appendix A.3, with the lines of appendix A.1.
const RFC_8463: &str = "\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r
 subject : date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r
 d=football.example.com; i=@football.example.com;\r
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r
 date : message-id : from : subject : date;\r
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r
From: Joe SixPack <joe@football.example.com>\r
To: Suzie Q <suzie@shopping.example.net>\r
Subject: Is dinner ready?\r
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r
Message-ID: <20030712040037.46341.5F8J@football.example.com>\r
\r
Hi.\r
\r
We lost the game.  Are you hungry yet?\r
\r
Joe.\r
\r
";

/// The private key of RFC 8463 appendix A.2, which is that of RFC 8032 §7.1, as PKCS#8.
const RFC_8463_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

fn rfc_8463_records() -> Records {
    let rsa = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb\
               2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2\
               EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
    let ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    [("brisbane", ed25519), ("test", rsa)]
        .map(|(selector, value)| {
            (format!("{selector}._domainkey.football.example.com"), value.to_owned())
        })
        .into()
}

/// A key file as OpenSSL writes it, made for these tests and used nowhere.
macro_rules! key_file {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../tests/config/keys/", $name)).as_slice()
    };
}

type Records = Vec<(String, String)>;

/// One line of text without runs of blanks.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::new();
    for word in text.split([' ', '\t']) {
        if !squeezed.ends_with(' ') || !word.is_empty() {
            squeezed.push_str(word);
        }
        if !squeezed.ends_with(' ') {
            squeezed.push(' ');
        }
    }
    squeezed.trim_end().to_owned()
}

/// What a receiver finds of each signature, from the top: nothing wrong, or what.
fn check(mail: &str, records: &Records) -> Vec<Result<(), &'static str>> {
    let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
    let head = format!("{head}\r\n").replace("\r\n ", " ").replace("\r\n\t", "\t");
    let fields: Vec<(String, String)> = head
        .split_terminator("\r\n")
        .map(|line| line.split_once(':').expect("a field"))
        .map(|(name, value)| (name.trim().to_lowercase(), squeezed(value).trim().to_owned()))
        .collect();
    let mut lines: Vec<String> = body.split("\r\n").map(squeezed).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let body: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    fields
        .iter()
        .filter(|(name, _)| name == "dkim-signature")
        .map(|(_, value)| check_signature(value, &fields, &body, records))
        .collect()
}

fn check_signature(
    signature: &str,
    fields: &[(String, String)],
    body: &str,
    records: &Records,
) -> Result<(), &'static str> {
    let tags = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
        pairs.map(|(name, value)| (name.trim().to_owned(), value.replace(' ', ""))).collect()
    };
    let tag = |tags: &[(String, String)], wanted: &str| {
        tags.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).expect("a tag")
    };
    let all = tags(signature);
    assert_eq!((tag(&all, "v").as_str(), tag(&all, "c").as_str()), ("1", "relaxed/relaxed"));
    if STANDARD.encode(Sha256::digest(body)) != tag(&all, "bh") {
        return Err("body");
    }
    let mut unread: Vec<&(String, String)> = fields.iter().collect();
    let mut data = String::new();
    for name in tag(&all, "h").to_lowercase().split(':') {
        if let Some(at) = unread.iter().rposition(|field| field.0 == name) {
            let (name, value) = unread.remove(at);
            data.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    let begin =
        signature.rfind("b=").expect("a signature has b=, and ours and the RFC's have it last");
    data.push_str(&format!("dkim-signature:{}", &signature[..begin + 2]));

    let name = format!("{}._domainkey.{}", tag(&all, "s"), tag(&all, "d"));
    let record = records.iter().find(|record| record.0 == name).ok_or("no key")?;
    let record = tags(&record.1);
    assert_eq!(tag(&record, "v"), "DKIM1");
    let public = STANDARD.decode(tag(&record, "p")).expect("base64");
    let bytes = STANDARD.decode(tag(&all, "b")).map_err(|_| "not base64")?;
    let sound = match (tag(&all, "a").as_str(), tag(&record, "k").as_str()) {
        ("rsa-sha256", "rsa") => {
            UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, public)
                .verify(data.as_bytes(), &bytes)
        }
        ("ed25519-sha256", "ed25519") => {
            UnparsedPublicKey::new(&ED25519, public).verify(&Sha256::digest(data), &bytes)
        }
        other => panic!("{other:?}"),
    };
    sound.map_err(|_| "signature")
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn signer(selector: &str, pem: &[u8]) -> Signer {
    Signer::new(
        Domain::parse("example.gov.vn").expect("a domain"),
        Selector::parse(selector).expect("a selector"),
        SigningKey::from_pem(pem).expect("a key"),
    )
}

/// One signer of each kind.
fn signers() -> Vec<Signer> {
    vec![signer("rsa", key_file!("rsa-2048.pem")), signer("ed", RFC_8463_KEY.as_bytes())]
}

fn records(signers: &[Signer]) -> Records {
    signers.iter().map(Signer::dns_record).collect()
}

fn time() -> DateTime<Utc> {
    "2020-05-22T02:30:00Z".parse().expect("a time")
}

fn mailbox(name: &str) -> Mailbox {
    Mailbox { name: Some(name.to_owned()), address: "a@example.gov.vn".to_owned() }
}

/// A mail as bantin builds it.
fn mail(subject: &str, text: &str, html: Option<&str>, as_list: bool) -> String {
    let from = mailbox("Sở TT, \"tin\"");
    let list = as_list.then(|| ListHeaders {
        id: "tin.bantin.example.gov.vn".to_owned(),
        leave: "https://tin.example.gov.vn/unsubscribe/k1.7.9.AbCdEfGh-_0123456789abcdef",
        leave_by_mail: Some("mailto:a@example.gov.vn?subject=unsubscribe%20k1".to_owned()),
    });
    let parts = MessageParts {
        message_id: "1@example.gov.vn",
        date: time(),
        from: &from,
        to: &mailbox("Nguyen, Van A"),
        reply_to: as_list.then_some(&from),
        subject,
        lang: Lang::Vi,
        list,
        text,
        html,
    };
    String::from_utf8(build(&parts).expect("a mail")).expect("ASCII")
}

fn signed(mail: &str, signers: &[Signer]) -> String {
    let fields = signatures(signers, mail.as_bytes(), time()).expect("signatures");
    String::from_utf8(fields).expect("ASCII") + mail
}

/// Mails that differ in what signing has to cope with.
fn mails() -> Vec<String> {
    let long = "Hội nghị trực tuyến về chuyển đổi số và bảo đảm an toàn thông tin mạng. ".repeat(3);
    let hard =
        format!(".\n..x\n\tthụt vào\t \n  hai  chỗ  trống  \n{}\n\n\n \n\t\n", "dài".repeat(700));
    vec![
        mail("Tin", "", None, false),
        mail(&long, &hard, None, false),
        mail("Tin", "\n\n\n", None, true),
        mail(&long, &hard, Some("<p>Tin\u{a0}mới</p>\n\n.\n\n"), true),
        mail("a  b\tc", "x", Some(""), true),
    ]
}

#[test]
fn the_example_of_rfc_8463_is_sound_in_both_its_signatures() {
    assert_eq!(check(RFC_8463, &rfc_8463_records()), [Ok(()), Ok(())]);
    let changed = RFC_8463.replace("dinner", "Dinner");
    assert_eq!(check(&changed, &rfc_8463_records()), [Err("signature"), Err("signature")]);
    let changed = RFC_8463.replace("hungry", "Hungry");
    assert_eq!(check(&changed, &rfc_8463_records()), [Err("body"), Err("body")]);
}

#[test]
fn the_ed25519_signature_of_rfc_8463_is_made_again_with_its_key() {
    let (first, rest) = RFC_8463.split_once("DKIM-Signature: v=1; a=rsa").expect("two signatures");
    let (_, mail) = rest.split_once("From: ").expect("From stands below the signatures");
    let mail = format!("From: {mail}");
    let (own, signature) = first.split_once(" b=").expect("a signature");
    let names = ["from", "to", "subject", "date", "message-id", "from", "subject", "date"];
    let (fields, body) = split(mail.as_bytes());
    let data = signed_data(&fields, &names, format!("{own} b=").as_bytes());
    let key = SigningKey::from_pem(RFC_8463_KEY.as_bytes()).expect("a key");
    let made = STANDARD.encode(key.sign(&data).expect("a signature"));
    assert_eq!(made, signature.replace("\r\n", "").replace(' ', ""));
    let hash = STANDARD.encode(Sha256::digest(relaxed_body(body)));
    assert_eq!(hash, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
}

/// RFC 6376 §3.4.5, example 1.
#[test]
fn the_relaxed_form_is_that_of_rfc_6376() {
    let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
    let (fields, body) = split(mail);
    let relaxed: Vec<Vec<u8>> = fields.iter().map(relaxed_field).collect();
    assert_eq!(relaxed, [b"a:X".to_vec(), b"b:Y Z".to_vec()]);
    assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
    for empty in ["", "\r\n", " \t\r\n\r\n", " "] {
        assert_eq!(relaxed_body(empty.as_bytes()), b"", "{empty:?}");
    }
    assert_eq!(relaxed_body(b"no line end"), b"no line end\r\n");
}

#[test]
fn what_bantin_sends_is_sound_under_both_kinds_of_key() {
    let signers = signers();
    for mail in mails() {
        let signed = signed(&mail, &signers);
        assert_eq!(check(&signed, &records(&signers)), [Ok(()), Ok(())], "{signed}");
    }
}

#[test]
fn a_server_may_fold_a_field_again_or_strip_blanks_from_line_ends() {
    let signers = signers();
    let signed = signed(&mails()[3], &signers);
    let folded = signed
        .replace("Auto-Submitted: auto-", "auto-submitted:\r\n\t  auto-")
        .replace("Subject: ", "SUBJECT:")
        .replace("--\r\n", "-- \t\r\n")
        + "\r\n\r\n";
    assert_ne!(folded, signed);
    assert_eq!(check(&folded, &records(&signers)), [Ok(()), Ok(())], "{folded}");
}

#[test]
fn a_change_in_any_signed_field_or_in_the_body_is_seen() {
    let signers = signers();
    let signed = signed(&mails()[3], &signers);
    let (head, body) = signed.split_once("\r\n\r\n").expect("a head and a body");
    let mut seen = Vec::new();
    let mut at = 0;
    for line in head.split_inclusive("\r\n") {
        let from = at;
        at += line.len();
        if line.starts_with([' ', '\t']) || line.starts_with("DKIM-") {
            continue;
        }
        let (name, value) = line.split_once(": ").expect("a field");
        // Change one bit of the first letter or digit after the name.
        let offset = value.find(|c: char| c.is_ascii_alphanumeric()).expect("a value");
        let place = from + name.len() + 2 + offset;
        let mut changed = signed.clone().into_bytes();
        changed[place] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        let found = check(&changed, &records(&signers));
        if name == "Precedence" {
            assert_eq!(found, [Ok(()), Ok(())]);
        } else {
            assert_eq!(found, [Err("signature"), Err("signature")], "{name}");
        }
        seen.push(name);
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
    let start = signed.len() - body.len();
    let letters = (0..body.len()).filter(|n| body.as_bytes()[*n].is_ascii_alphanumeric());
    for place in letters.step_by(7) {
        let mut changed = signed.clone().into_bytes();
        changed[start + place] ^= 1;
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_eq!(check(&changed, &records(&signers)), [Err("body"), Err("body")], "{place}");
    }
}

#[test]
fn a_second_field_of_those_that_a_mail_has_once_breaks_the_signature() {
    let signers = signers();
    for mail in mails() {
        let signed = signed(&mail, &signers);
        for name in ONCE {
            let (head, body) = signed.split_once("\r\n\r\n").expect("a head and a body");
            for changed in
                [format!("{name}: x\r\n{signed}"), format!("{head}\r\n{name}: x\r\n\r\n{body}")]
            {
                let found = check(&changed, &records(&signers));
                assert_eq!(found, [Err("signature"), Err("signature")], "{name}");
            }
        }
        // What a list that passes mails on unchanged puts above them.
        let passed_on = format!("List-Id: <other.example>\r\nReceived: x\r\n{signed}");
        assert_eq!(check(&passed_on, &records(&signers)), [Ok(()), Ok(())]);
    }
}

#[test]
fn fields_of_one_name_are_signed_from_the_lowest_up() {
    let signers = signers();
    let mail = "From: a\r\nReply-To: upper\r\nReply-To: lower\r\n\r\nx\r\n";
    let signed = signed(mail, &signers);
    assert_eq!(check(&signed, &records(&signers)), [Ok(()), Ok(())], "{signed}");
    for changed in ["upper", "lower"] {
        let found = check(&signed.replace(changed, "other"), &records(&signers));
        assert_eq!(found, [Err("signature"), Err("signature")], "{changed}");
    }
}

#[test]
fn the_field_is_folded_and_says_when_and_by_whom() {
    let signers = signers();
    let fields = signatures(&signers, mails()[3].as_bytes(), time()).expect("signatures");
    let fields = String::from_utf8(fields).expect("ASCII");
    assert!(fields.split("\r\n").all(|line| line.len() <= COLUMNS), "{fields}");
    assert!(fields.lines().all(|line| line.trim() != ""), "{fields}");
    let field = &fields[fields.find("DKIM-Signature: v=1; a=ed").expect("the second")..];
    let (told, _) = field.split_once("bh=").expect("a body hash");
    expect_test::expect![[r#"
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.gov.vn;
         s=ed; t=1590114600; h=From:From:To:To:Subject:Subject:Date:Date:Message-ID:
         Message-ID:MIME-Version:MIME-Version:Content-Type:Content-Type:
         Content-Language:Auto-Submitted:Reply-To:List-Id:List-Unsubscribe:
         List-Unsubscribe-Post; "#]]
    .assert_eq(&told.replace("\r\n", "\n"));
    let again = signatures(&signers, mails()[3].as_bytes(), time()).expect("signatures");
    assert_eq!(again, fields.as_bytes(), "P3: the same mail, the same bytes");
}

#[test]
fn a_long_domain_stands_on_a_line_of_its_own() {
    let domain = format!("{}.gov.vn", ["a".repeat(60), "b".repeat(60)].join("."));
    let selector = Selector::parse(&"s".repeat(63)).expect("a selector");
    let key = SigningKey::from_pem(RFC_8463_KEY.as_bytes()).expect("a key");
    let signers = [Signer::new(Domain::parse(&domain).expect("a domain"), selector, key)];
    let signed = signed(&mails()[0], &signers);
    assert_eq!(check(&signed, &records(&signers)), [Ok(())]);
    assert!(signed.contains(&format!("\r\n d={domain};\r\n ")), "{signed}");
}

#[test]
fn keys_are_read_in_the_forms_that_openssl_writes() {
    let windows = String::from_utf8_lossy(key_file!("rsa-2048.pem")).replace('\n', "\r\n");
    let [new, old, windows] =
        [key_file!("rsa-2048.pem"), key_file!("rsa-2048-pkcs1.pem"), windows.as_bytes()]
            .map(|pem| signer("s", pem).dns_record());
    assert_eq!((&old, &windows), (&new, &new));
    assert_eq!(new.0, "s._domainkey.example.gov.vn");
    let public = String::from_utf8_lossy(key_file!("public.pem"));
    let public: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(new.1, format!("v=DKIM1; k=rsa; p={public}"));
    let (_, ed25519) = signer("s", RFC_8463_KEY.as_bytes()).dns_record();
    assert_eq!(ed25519, "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert!(SigningKey::from_pem(key_file!("ed25519.pem")).is_ok());
}

#[test]
fn p12_a_key_that_cannot_sign_is_told_apart_and_never_shown() {
    let good = String::from_utf8_lossy(key_file!("rsa-2048.pem"));
    for (pem, expected) in [
        (b"".as_slice(), KeyMistake::NotPem),
        (b"con-m\xc3\xa8o\n", KeyMistake::NotPem),
        (key_file!("rsa-2048.der"), KeyMistake::NotPem),
        (key_file!("public.pem"), KeyMistake::Public),
        (pem("CERTIFICATE", b"x").as_bytes(), KeyMistake::Public),
        (key_file!("encrypted.pem"), KeyMistake::Encrypted),
        (key_file!("encrypted-pkcs1.pem"), KeyMistake::Encrypted),
        (key_file!("p256.pem"), KeyMistake::OtherKind),
        (key_file!("p256-sec1.pem"), KeyMistake::OtherKind),
        (pem("OPENSSH PRIVATE KEY", b"x").as_bytes(), KeyMistake::OtherKind),
        (good.replacen("MII", "AII", 1).as_bytes(), KeyMistake::Damaged),
        (good.replace("-----END PRIVATE KEY-----", "").as_bytes(), KeyMistake::Damaged),
        (pem("PRIVATE KEY", b"").as_bytes(), KeyMistake::Damaged),
        (pem("RSA PRIVATE KEY", b"x").as_bytes(), KeyMistake::Damaged),
        (key_file!("rsa-1024.pem"), KeyMistake::TooShort),
        (key_file!("rsa-4104.pem"), KeyMistake::TooLong),
    ] {
        let found = SigningKey::from_pem(pem).err();
        assert_eq!(found, Some(expected), "{}", String::from_utf8_lossy(pem));
        assert!(!expected.help().is_empty());
    }
    let shown = format!("{:?}", signers());
    assert!(shown.contains("rsa-sha256") && shown.len() < 250, "{shown}");
}

#[test]
fn a_domain_vouches_for_itself_and_for_what_is_above_or_below() {
    let vouches =
        |domain: &str, sender: &str| Domain::parse(domain).expect(domain).vouches_for(sender);
    assert!(vouches("Example.gov.vn", "example.gov.vn"));
    assert!(vouches("example.gov.vn", "tin.example.gov.vn"));
    assert!(vouches("mail.example.gov.vn", "example.gov.vn"));
    assert!(vouches("ví-dụ.vn", "xn--v-d-rma6749a.vn"));
    for (domain, sender) in [
        ("example.gov.vn", "badexample.gov.vn"),
        ("badexample.gov.vn", "example.gov.vn"),
        ("example.com", "example.gov.vn"),
    ] {
        assert!(!vouches(domain, sender), "{domain} {sender}");
    }
    for wrong in ["", "gov", "a@b.vn", "127.0.0.1", "a b.vn", &format!("{}vn", "abc.".repeat(50))] {
        assert!(Domain::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "a_b", "-a", "a.", "a..b", "a b", "ă", &"a".repeat(64), "a;b", "a\r\nb"] {
        assert!(Selector::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Selector::parse("Bantin-2026.a").is_ok());
}

proptest! {
    #[test]
    fn any_mail_is_relaxed_as_a_receiver_does_it(
        subject in "[ \\ta-c=?.:]{0,40}(\r\n[ \\t][ \\ta-c;]{0,20}){0,3}",
        lines in prop::collection::vec("[ \\ta-că.=]{0,12}", 0..12),
    ) {
        let signers = &signers()[1..];
        let mail = format!("From: a\r\nSubject:{subject}\r\n\r\n{}", lines.join("\r\n"));
        let signed = signed(&mail, signers);
        prop_assert_eq!(check(&signed, &records(signers)), [Ok(())], "{}", signed);
    }

    #[test]
    fn no_bytes_make_the_reading_of_mails_or_keys_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = signatures(&signers()[1..], &bytes, time());
        let _ = SigningKey::from_pem(&bytes);
        let framed = pem("PRIVATE KEY", &bytes);
        prop_assert!(SigningKey::from_pem(framed.as_bytes()).is_err());
    }
}
