//! The config file: every mistake is reported with its place, and the shipped file is right.
//!
//! Each `tests/config/KIND.toml` has a mistake of one kind; `KIND.expected` is what the admin reads
//! about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bantin::config::{Config, ConfigEnvironment, Listen, SHIPPED, known_keys};
use bantin_mail::{SmtpSettings, TlsPolicy, Transport};
use bantin_model::{Lang, Pace};
use expect_test::{expect, expect_file};
use secrecy::ExposeSecret;

/// The secret in the password files, and in each text where a password was written by mistake.
const SECRET: &str = "con-mèo";

fn surroundings() -> ConfigEnvironment {
    ConfigEnvironment { credentials: vec![PathBuf::from("tests/config/credentials")], state: None }
}

fn read(text: &str) -> Result<Config, String> {
    Config::from_text_in(text, Path::new("tests/config/t.toml"), &surroundings())
        .map_err(|mistakes| mistakes.to_string())
}

#[track_caller]
fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Everything a config says, secrets included.
fn told(config: &Config) -> String {
    let password = match &config.mail.transport {
        Transport::Smtp(SmtpSettings { credentials: Some((_, password)), .. }) => {
            password.expose_secret()
        }
        _ => "",
    };
    format!("{config:#?}\n{}\n{password}", config.store_url.expose_secret())
}

#[track_caller]
fn smtp(text: &str) -> SmtpSettings {
    match good(text).mail.transport {
        Transport::Smtp(smtp) => smtp,
        Transport::Folder(path) => panic!("a folder, {}", path.display()),
    }
}

/// P12 as well: in no way of printing mistakes does a password appear that somebody wrote into the file.
#[test]
fn each_kind_of_mistake_is_told_with_its_place_and_its_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut kinds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|extension| extension == "expected") {
            assert!(path.with_extension("toml").exists(), "{name} has no config file beside it");
        }
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        kinds += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let mistakes =
            Config::from_text_in(&text, &Path::new("tests/config").join(&name), &surroundings())
                .expect_err(&name);
        for mistake in &mistakes.list {
            assert!(mistake.line.is_some() && !mistake.help.is_empty(), "{name}: {mistake:?}");
        }
        let told = format!("{mistakes}\n");
        for shown in [&told, &format!("{mistakes:?}"), &mistakes.text] {
            assert!(
                !shown.contains("1969") && !shown.contains(SECRET),
                "{name} tells a secret: {shown}"
            );
        }
        expect_file![path.with_extension("expected")].assert_eq(&told);
    }
    assert!(kinds > 20);
}

/// The shipped file with every `#key = value` line made live: the defaults that it tells.
fn with_told_defaults() -> String {
    let lines = SHIPPED.lines().map(|line| match line.strip_prefix('#') {
        Some(default) if default.starts_with(|c: char| c.is_ascii_lowercase()) => default,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_shipped_file_starts_as_it_is() {
    let config = good(SHIPPED);
    assert_eq!(config.server.listen, [Listen::Tcp("127.0.0.1:8080".parse().unwrap())]);
    assert_eq!(config.server.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.store_url.expose_secret(), "sqlite:bantin.db");
    assert_eq!(config.sources.len(), 1);
    assert_eq!(config.sources[0].url.as_str(), "https://www.quangtri.gov.vn/");
    assert!(
        matches!(&config.sources[0].pace, Pace::Cron(line) if line.as_str() == "*/15 6-20 * * Mon-Fri")
    );
    assert_eq!(config.feeds.len(), 2);
}

#[test]
fn every_default_that_the_shipped_file_tells_is_the_real_one() {
    assert_eq!(told(&good(&with_told_defaults())), told(&good(SHIPPED)));
    let told_keys = with_told_defaults()
        .lines()
        .filter(|line| !SHIPPED.contains(&format!("\n{line}\n")))
        .count();
    assert!(told_keys >= 15, "only {told_keys} defaults were tried");
}

#[test]
fn every_key_stands_in_the_shipped_file_under_its_table() {
    let mut table = "";
    let mut written = Vec::new();
    for line in SHIPPED.lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_start_matches('[').trim_end_matches(']');
        }
        let key = line.strip_prefix('#').unwrap_or(line);
        if let Some((key, _)) = key.split_once(" = ") {
            written.push(format!("{table}.{}", key.trim()));
        }
    }
    for key in known_keys() {
        // Those are tables, with headers of their own.
        if !["mail.dkim", "source.listing", "source.article"].contains(&key.as_str()) {
            assert!(written.contains(&key), "{key} is not in config.toml");
        }
    }
}

/// Each `#   key = value` line of the shipped file, put in place of what the file sets.
#[test]
fn every_example_in_the_shipped_file_is_a_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("ca.pem");
    std::fs::write(&pem, "-----BEGIN CERTIFICATE-----\n").unwrap();
    std::fs::write(folder.path().join("smtp-password"), SECRET).unwrap();
    std::fs::write(folder.path().join("store-password"), SECRET).unwrap();
    for (key, credential) in [("rsa-2048.pem", "dkim-rsa"), ("ed25519.pem", "dkim-ed25519")] {
        let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/keys").join(key);
        std::fs::copy(key, folder.path().join(credential)).unwrap();
    }
    let lines = SHIPPED.lines().map(|line| match line.strip_prefix("#   ") {
        Some(example) if example.contains(" = ") && !example.starts_with("key = ") => example,
        _ if line.starts_with("#url = \"sqlite") => "url = \"postgres://bantin@db/bantin\"",
        _ if line.starts_with("#tls") => "tls = \"required\"",
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text
        .replace("bantin@localhost", "bantin@example.gov.vn")
        .replace("/etc/bantin/ca.pem", pem.to_str().unwrap())
        .replace("/etc/bantin/portal-ca.pem", pem.to_str().unwrap())
        .replace("\"holidays.txt\"", "\"tests/config/holidays-good.txt\"");
    let surroundings =
        ConfigEnvironment { credentials: vec![folder.path().to_owned()], state: None };
    let config = Config::from_text_in(&text, Path::new("config.toml"), &surroundings)
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert_eq!(config.mail.dkim.len(), 2);
    assert!(config.mail.admin.is_some() && config.sources[0].recipe.article.byline.is_some());
    assert!(config.store_url.expose_secret().contains("con-m%C3%A8o"));
}

#[test]
fn the_check_prints_the_records_that_dns_needs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/keys");
    let checked = |signing: &str| {
        let text = format!("mail.from = \"bantin@tin.example.gov.vn\"\n[mail.dkim]\n{signing}");
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bantin"));
        let output = command.args(["check", "--config"]).arg(&file).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!checked("").contains("DNS"));
    let told = checked(&format!(
        "domain = \"example.gov.vn\"\nselector = \"bantin\"\nkey_file = {:?}\n\
         second_selector = \"ed\"\nsecond_key_file = {:?}\n",
        keys.join("rsa-2048.pem"),
        keys.join("ed25519.pem"),
    ));
    let is_dns = |line: &&str| line.contains("DNS") || line.contains(" IN TXT ");
    let lines: Vec<&str> = told.lines().filter(is_dns).collect();
    assert!(lines[0].contains("DNS needs these records"), "{told}");
    // A string in DNS has 255 octets at most; joined, they are the value.
    let strings: Vec<&str> = lines[1].split('"').skip(1).step_by(2).collect();
    assert!(strings.len() == 2 && strings.iter().all(|part| part.len() <= 255), "{told}");
    let public = std::fs::read_to_string(keys.join("public.pem")).unwrap();
    let public: String = public.lines().filter(|line| !line.starts_with('-')).collect();
    assert_eq!(strings.concat(), format!("v=DKIM1; k=rsa; p={public}"));
    assert!(lines[1].starts_with("bantin._domainkey.example.gov.vn. IN TXT ( \""), "{told}");
    assert!(
        lines[2].starts_with("ed._domainkey.example.gov.vn. IN TXT ( \"v=DKIM1; k=ed25519; p=")
    );
    assert_eq!(lines.len(), 3, "{told}");
}

#[test]
fn an_empty_file_means_all_defaults() {
    expect![[r#"
        Config {
            server: Server {
                listen: [
                    Tcp(
                        127.0.0.1:8080,
                    ),
                ],
                public_url: Url {
                    scheme: "http",
                    cannot_be_a_base: false,
                    username: "",
                    password: None,
                    host: Some(
                        Ipv4(
                            127.0.0.1,
                        ),
                    ),
                    port: Some(
                        8080,
                    ),
                    path: "/",
                    query: None,
                    fragment: None,
                },
                title: "Bản tin",
                lang: Vi,
                zone: Asia/Ho_Chi_Minh,
                proxies: Proxies {
                    networks: [
                        127.0.0.0/8,
                        ::1/128,
                    ],
                    unix: true,
                },
                pictures: true,
            },
            store_url: SecretBox<str>([REDACTED]),
            mail: MailSettings {
                transport: Smtp(
                    SmtpSettings {
                        host: "127.0.0.1",
                        port: 25,
                        tls: None,
                        credentials: None,
                        extra_ca: None,
                        connections: 1,
                        timeout: 300s,
                        hello: None,
                    },
                ),
                from: "Bản tin <bantin@localhost>",
                reply_to: None,
                admin: None,
                dkim: [],
                public_url: Url {
                    scheme: "http",
                    cannot_be_a_base: false,
                    username: "",
                    password: None,
                    host: Some(
                        Ipv4(
                            127.0.0.1,
                        ),
                    ),
                    port: Some(
                        8080,
                    ),
                    path: "/",
                    query: None,
                    fragment: None,
                },
                lang: Vi,
                zone: Asia/Ho_Chi_Minh,
                rates: RateLimits {
                    per_minute: None,
                    per_minute_per_domain: None,
                },
                bounces: None,
                digest: DigestSettings {
                    images: false,
                    revised: true,
                    days: 14,
                    footer: None,
                    templates: None,
                },
            },
            keep_mails_days: 400,
            fetch: FetchSettings {
                user_agent: "bantin/0.1.0",
                spacing: 1s,
                robots: true,
                inside_of_admin: [],
            },
            subscribing: Subscribing {
                open: true,
                keep_audit_days: 730,
            },
            hub: HubConfig {
                open: true,
                inside: [],
            },
            metrics_open: false,
            admin: AdminConfig {
                open: true,
            },
            calendars: Calendars {
                home: CalendarName(
                    "vn",
                ),
                lists: {
                    CalendarName(
                        "vn",
                    ): Calendar {
                        days: {
                            2025-01-01: Off {
                                name: "Tết Dương lịch",
                                expected: false,
                            },
                            2025-01-27: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2025-01-28: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2025-01-29: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2025-01-30: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2025-01-31: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2025-04-07: Off {
                                name: "Giỗ Tổ Hùng Vương",
                                expected: false,
                            },
                            2025-04-26: Worked,
                            2025-04-30: Off {
                                name: "Ngày Chiến thắng",
                                expected: false,
                            },
                            2025-05-01: Off {
                                name: "Ngày Quốc tế lao động",
                                expected: false,
                            },
                            2025-05-02: Off {
                                name: "Ngày Chiến thắng",
                                expected: false,
                            },
                            2025-09-01: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2025-09-02: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2026-01-01: Off {
                                name: "Tết Dương lịch",
                                expected: false,
                            },
                            2026-01-02: Off {
                                name: "Tết Dương lịch",
                                expected: false,
                            },
                            2026-01-10: Worked,
                            2026-02-16: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2026-02-17: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2026-02-18: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2026-02-19: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2026-02-20: Off {
                                name: "Tết Nguyên đán",
                                expected: false,
                            },
                            2026-04-26: Off {
                                name: "Giỗ Tổ Hùng Vương",
                                expected: false,
                            },
                            2026-04-27: Off {
                                name: "Giỗ Tổ Hùng Vương",
                                expected: false,
                            },
                            2026-04-30: Off {
                                name: "Ngày Chiến thắng",
                                expected: false,
                            },
                            2026-05-01: Off {
                                name: "Ngày Quốc tế lao động",
                                expected: false,
                            },
                            2026-08-22: Worked,
                            2026-08-31: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2026-09-01: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2026-09-02: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2026-11-24: Off {
                                name: "Ngày Văn hóa Việt Nam",
                                expected: false,
                            },
                            2027-01-01: Off {
                                name: "Tết Dương lịch",
                                expected: false,
                            },
                            2027-02-04: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-05: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-06: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-07: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-08: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-09: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-02-10: Off {
                                name: "Tết Nguyên đán",
                                expected: true,
                            },
                            2027-04-16: Off {
                                name: "Giỗ Tổ Hùng Vương",
                                expected: false,
                            },
                            2027-04-30: Off {
                                name: "Ngày Chiến thắng",
                                expected: false,
                            },
                            2027-05-01: Off {
                                name: "Ngày Quốc tế lao động",
                                expected: false,
                            },
                            2027-05-03: Off {
                                name: "Ngày Quốc tế lao động",
                                expected: false,
                            },
                            2027-09-02: Off {
                                name: "Quốc khánh",
                                expected: false,
                            },
                            2027-09-03: Off {
                                name: "Quốc khánh",
                                expected: true,
                            },
                            2027-11-24: Off {
                                name: "Ngày Văn hóa Việt Nam",
                                expected: false,
                            },
                        },
                        years: {
                            2025,
                            2026,
                            2027,
                        },
                    },
                },
            },
            export: None,
            sources: [],
            feeds: [],
        }
        sqlite:bantin.db
    "#]]
    .assert_eq(&told(&good("")));
}

#[test]
fn a_source_needs_an_id_and_an_address() {
    let config =
        good("[[source]]\nid = \"so-tttt\"\nurl = \"https://a.vn/tin\"\nlisting.item = \"li\"");
    expect![[r#"
        [
            Source {
                id: SourceId(
                    "so-tttt",
                ),
                name: "so-tttt",
                url: Url {
                    scheme: "https",
                    cannot_be_a_base: false,
                    username: "",
                    password: None,
                    host: Some(
                        Domain(
                            "a.vn",
                        ),
                    ),
                    port: None,
                    path: "/tin",
                    query: None,
                    fragment: None,
                },
                pace: Adaptive,
                zone: Asia/Ho_Chi_Minh,
                recipe: Recipe {
                    kind: Auto,
                    listing: ListingRecipe {
                        item: Some(
                            "li",
                        ),
                        link: None,
                        title: None,
                        date: None,
                        date_format: None,
                        lead: None,
                        image: None,
                        next: None,
                    },
                    article: ArticleRecipe {
                        title: None,
                        lead: None,
                        body: None,
                        date: None,
                        date_format: None,
                        byline: None,
                        section: None,
                        drop: [],
                    },
                    repair: Propose,
                },
                extra_ca: None,
                inside: [],
                max_new: 50,
                managed_by: File,
            },
        ]"#]]
    .assert_eq(&format!("{:#?}", config.sources));
}

#[test]
fn a_password_comes_from_a_file_or_a_systemd_credential_without_its_newline() {
    let credentials = |name: &str| {
        let smtp = smtp(&format!("[mail]\nusername = \"bantin\"\npassword_file = \"{name}\""));
        smtp.credentials.map(|(name, password)| (name, password.expose_secret().to_owned()))
    };
    let expected = Some(("bantin".to_owned(), "con-mèo-1969".to_owned()));
    assert_eq!(credentials("secret.txt"), expected);
    assert_eq!(credentials("credential:smtp-password"), expected);
    assert_eq!(credentials("../../tests/config/secret.txt"), expected);
}

#[test]
fn a_credential_without_systemd_is_a_mistake() {
    let text = "[mail]\nusername = \"bantin\"\npassword_file = \"credential:smtp\"";
    let mistakes =
        Config::from_text_in(text, Path::new("config.toml"), &ConfigEnvironment::default())
            .unwrap_err();
    expect![[r#"
        config.toml:3:17: mail.password_file: systemd hands no credentials to this process ($CREDENTIALS_DIRECTORY is not set)
            3 | password_file = "credential:smtp"
              |                 ^
        help: add LoadCredential=smtp:/etc/bantin/smtp to the unit, or name a file by its path

        1 mistake in config.toml"#]].assert_eq(&mistakes.to_string());
}

#[test]
fn the_password_of_the_store_is_put_into_its_address() {
    let url = |line: &str| {
        let config = good(&format!("[store]\nurl = \"{line}\"\npassword_file = \"secret.txt\""));
        config.store_url.expose_secret().to_owned()
    };
    assert_eq!(
        url("postgres://bantin@db:5433/bantin"),
        "postgres://bantin:con-m%C3%A8o-1969@db:5433/bantin"
    );
    assert_eq!(
        url("postgresql:///bantin?host=/run/postgresql"),
        "postgresql:///bantin?host=/run/postgresql&password=con-m%C3%A8o-1969"
    );
}

#[test]
fn p12_a_config_never_prints_its_passwords() {
    let text = "[store]\nurl = \"postgres://bantin@db/bantin\"\npassword_file = \"secret.txt\"\n\
                [mail]\nusername = \"bantin\"\npassword_file = \"secret.txt\"";
    let printed = format!("{:?}", good(text));
    assert!(!printed.contains("1969"), "{printed}");
}

#[test]
fn what_bantin_writes_lies_in_the_state_directory_of_its_unit() {
    let state = Some(PathBuf::from("/var/lib/bantin"));
    let surroundings = ConfigEnvironment { credentials: Vec::new(), state };
    let read = |text: &str| {
        Config::from_text_in(text, Path::new("/etc/bantin/config.toml"), &surroundings).unwrap()
    };
    let store = |text: &str| read(text).store_url.expose_secret().to_owned();
    assert_eq!(store(""), "sqlite:/var/lib/bantin/bantin.db");
    assert_eq!(store("store.url = \"sqlite:tin/b.db\""), "sqlite:/var/lib/bantin/tin/b.db");
    assert_eq!(store("store.url = \"sqlite:///srv/b.db\""), "sqlite:/srv/b.db");
    assert_eq!(store("store.url = \"sqlite::memory:\""), "sqlite::memory:");
    let Transport::Folder(path) = read("mail.transport = \"folder:thu\"").mail.transport else {
        panic!("not a folder");
    };
    assert_eq!(path, Path::new("/var/lib/bantin/thu"));
}

#[test]
fn the_installed_file_means_the_folders_of_the_unit_in_every_shell() {
    let check = |path: &str,
                 environment: &[(&str, &str)],
                 state: Option<&str>,
                 credentials: &[&str]| {
        let surroundings = ConfigEnvironment::of(Path::new(path), |name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        });
        assert_eq!(surroundings.state.as_deref(), state.map(Path::new), "{path} {environment:?}");
        let folders: Vec<_> =
            surroundings.credentials.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(folders, credentials, "{path} {environment:?}");
    };
    let installed = "/etc/bantin/config.toml";
    let unit = [("STATE_DIRECTORY", "/srv/a:/srv/b"), ("CREDENTIALS_DIRECTORY", "/run/c")];
    let of_unit = ["/run/credentials/bantin.service", "/etc/credstore"];
    check(installed, &unit, Some("/srv/a"), &["/run/c"]);
    check(installed, &[], Some("/var/lib/bantin"), &of_unit);
    check(installed, &[("STATE_DIRECTORY", "")], Some("/var/lib/bantin"), &of_unit);
    check("config.toml", &unit, Some("/srv/a"), &["/run/c"]);
    check("config.toml", &[], None, &[]);
    check("/srv/etc/bantin/config.toml", &[], None, &[]);
}

#[test]
fn a_credential_is_looked_for_in_each_folder_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (running, stored) = (folder.path().join("running"), folder.path().join("stored"));
    std::fs::create_dir(&running).unwrap();
    std::fs::create_dir(&stored).unwrap();
    let surroundings =
        ConfigEnvironment { credentials: vec![running.clone(), stored.clone()], state: None };
    let password = || {
        let text = "[mail]\nusername = \"b\"\npassword_file = \"credential:smtp\"";
        let read = Config::from_text_in(text, Path::new("config.toml"), &surroundings);
        match read.map_err(|mistakes| mistakes.to_string())?.mail.transport {
            Transport::Smtp(smtp) => Ok(smtp.credentials.unwrap().1.expose_secret().to_owned()),
            Transport::Folder(path) => panic!("a folder, {}", path.display()),
        }
    };
    let missing: Result<String, String> = password();
    assert!(missing.unwrap_err().contains(running.join("smtp").to_str().unwrap()));
    std::fs::write(stored.join("smtp"), "for the next start").unwrap();
    assert_eq!(password().unwrap(), "for the next start");
    std::fs::write(running.join("smtp"), "in force").unwrap();
    assert_eq!(password().unwrap(), "in force");
}

#[test]
fn a_password_only_ever_goes_under_tls_or_to_this_machine() {
    let tls = |transport: &str, rest: &str| {
        let smtp = smtp(&format!("[mail]\ntransport = \"{transport}\"\n{rest}"));
        (smtp.host, smtp.port, smtp.tls)
    };
    let is = |host: &str, port, tls| (host.to_owned(), port, tls);
    let password = "username = \"bantin\"\npassword_file = \"secret.txt\"";
    for local in ["127.0.0.1", "127.8.8.8", "localhost"] {
        assert_eq!(tls(&format!("smtp://{local}"), password), is(local, 25, TlsPolicy::None));
    }
    assert_eq!(tls("smtp://[::1]:2525", password), is("::1", 2525, TlsPolicy::None));
    for remote in ["mail.example.gov.vn", "10.0.0.1", "localhost.example.gov.vn"] {
        assert_eq!(tls(&format!("smtp://{remote}"), password), is(remote, 25, TlsPolicy::StartTls));
        assert_eq!(
            tls(&format!("smtps://{remote}"), password),
            is(remote, 465, TlsPolicy::Implicit)
        );
    }
    assert_eq!(tls("smtp://10.0.0.1:587/", "tls = \"none\""), is("10.0.0.1", 587, TlsPolicy::None));
    assert_eq!(tls("smtps://a.vn:80", "tls = \"required\""), is("a.vn", 80, TlsPolicy::Implicit));
}

#[test]
fn a_public_address_may_have_a_path_and_ends_in_a_slash() {
    let url =
        |text: &str| good(&format!("server.public_url = \"{text}\"")).server.public_url.to_string();
    assert_eq!(url("https://tin.example.gov.vn"), "https://tin.example.gov.vn/");
    assert_eq!(url("https://example.gov.vn/tin"), "https://example.gov.vn/tin/");
}

#[test]
fn the_sender_and_the_contact_follow_from_the_public_address() {
    let config = good(
        "[server]\npublic_url = \"https://tin.example.gov.vn\"\ntitle = \"Bản tin Sở X.\"\n\
         [mail]\nadmin = \"Quản trị <quantri@example.gov.vn>\"",
    );
    assert_eq!(config.mail.from, "\"Bản tin Sở X.\" <bantin@tin.example.gov.vn>");
    assert_eq!(
        config.fetch.user_agent,
        concat!(
            "bantin/",
            env!("CARGO_PKG_VERSION"),
            " (+https://tin.example.gov.vn/; quantri@example.gov.vn)"
        )
    );
}

#[test]
fn several_addresses_to_listen_at() {
    let listen =
        good("server.listen = [\"0.0.0.0:80\", \"[::]:80\", \"unix:/run/b.sock\"]").server.listen;
    let tcp = |address: &str| Listen::Tcp(address.parse().unwrap());
    assert_eq!(listen, [tcp("0.0.0.0:80"), tcp("[::]:80"), Listen::Unix("/run/b.sock".into())]);
}

#[test]
fn other_values_than_the_defaults_arrive() {
    let config = good(
        "[server]\nlanguage = \"en\"\n[mail]\ntimeout = \"90s\"\nconnections = 5\nhello = \"a.vn\"\n\
         [fetch]\nspacing = \"250ms\"\nrobots = false\ncontact = \"+https://a.vn/\"\n\
         [[feed]]\nname = \"a\"\nquery = \"ho\u{323}p\"\nitems = 10\ndays = 0\n[[feed]]\nname = \"b\"\nlanguage = \"vi\"",
    );
    assert_eq!(config.fetch.spacing, Duration::from_millis(250));
    assert!(!config.fetch.robots && config.fetch.user_agent.ends_with(" (+https://a.vn/)"));
    assert_eq!(config.feeds.iter().map(|feed| feed.lang).collect::<Vec<_>>(), [Lang::En, Lang::Vi]);
    assert_eq!((config.feeds[0].items, config.feeds[0].days), (10, 0));
    assert_eq!(config.feeds[0].query, "họp");
    let Transport::Smtp(smtp) = config.mail.transport else { panic!("not SMTP") };
    assert_eq!(
        (smtp.timeout, smtp.connections, smtp.hello.as_deref()),
        (Duration::from_secs(90), 5, Some("a.vn"))
    );
}

#[test]
fn what_a_reload_cannot_change_is_named() {
    let old = good("");
    assert!(old.needs_restart(&good("mail.connections = 3\nserver.title = \"Tin\"")).is_empty());
    assert_eq!(
        old.needs_restart(&good("server.listen = \"127.0.0.1:81\"\nstore.url = \"sqlite:c.db\"")),
        ["server.listen", "store.url"]
    );
}

#[test]
fn a_file_that_is_missing_or_no_text_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let told = |path: &Path| {
        let told = Config::load(path).unwrap_err().to_string();
        told.replace(folder.path().to_str().unwrap(), "DIR")
    };
    expect![[r#"
        DIR/config.toml: there is no such file
        help: `bantin init` writes a config file to start from; --config FILE names another one

        1 mistake in DIR/config.toml"#]]
    .assert_eq(&told(&folder.path().join("config.toml")));
    expect![[r#"
        DIR: this file cannot be read: Is a directory (os error 21)
        help: name a config file with --config FILE

        1 mistake in DIR"#]]
    .assert_eq(&told(folder.path()));
    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"[server]\ntitle = \"B\xe1n tin\"\n").unwrap();
    expect![[r#"
        DIR/latin.toml:2:11: this file is not UTF-8 text
        help: save it as UTF-8 in your editor (not UTF-16, TCVN3 or VNI)

        1 mistake in DIR/latin.toml"#]]
    .assert_eq(&told(&latin));
    std::fs::write(&latin, b"# B\xe1n tin\n").unwrap();
    expect![[r#"
        DIR/latin.toml:1:4: this file is not UTF-8 text
        help: save it as UTF-8 in your editor (not UTF-16, TCVN3 or VNI)

        1 mistake in DIR/latin.toml"#]]
    .assert_eq(&told(&latin));
    let good = folder.path().join("good.toml");
    std::fs::write(&good, SHIPPED).unwrap();
    assert_eq!(Config::load(&good).unwrap().sources.len(), 1);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// The shipped file with a piece of it replaced is either good, or its mistakes are reported
    /// with places that exist.
    #[test]
    fn no_damage_to_a_file_makes_reading_it_panic(
        from in 0usize..9_000,
        length in 0usize..40,
        piece in "[\\[\\]{}=\"'#.,\\\\\n\r\ta-zộ0-9 *:/@-]{0,12}",
        defaults in proptest::bool::ANY,
    ) {
        let text = if defaults { with_told_defaults() } else { SHIPPED.to_owned() };
        let mut chars: Vec<char> = text.chars().collect();
        let from = from.min(chars.len());
        let to = (from + length).min(chars.len());
        chars.splice(from..to, piece.chars());
        let damaged: String = chars.into_iter().collect();
        if let Err(mistakes) = Config::from_text_in(&damaged, Path::new("c.toml"), &surroundings()) {
            let lines: Vec<&str> = damaged.split('\n').collect();
            for mistake in &mistakes.list {
                let (line, column) = (mistake.line.unwrap(), mistake.column.unwrap());
                proptest::prop_assert!(column <= lines[line - 1].chars().count() + 1, "{mistakes}");
            }
            proptest::prop_assert!(!mistakes.to_string().is_empty());
        }
    }
}

#[test]
fn a_list_of_holidays_corrects_the_shipped_one() {
    let config = good("[calendar]\nholidays = \"holidays-good.txt\"\n");
    let calendar = config.calendars.get(config.calendars.home()).expect("Vietnam is home");
    let day = |text: &str| text.parse().expect("a day");
    assert!(calendar.is_working_day(day("2026-11-28")) && calendar.is_holiday(day("2026-11-23")));
    assert!(calendar.is_holiday(day("2026-09-02")), "what the list does not name stays");
    let german = good("[calendar]\ncountry = \"de\"\nholidays = \"holidays-good.txt\"\n").calendars;
    assert_eq!(german.home().as_str(), "de");
    let list = german.get(german.home()).expect("it has a list");
    assert!(list.is_holiday(day("2026-11-23")) && !list.is_holiday(day("2026-09-02")));
}

#[test]
fn sources_and_mail_have_the_zone_of_the_site_where_they_name_none() {
    let source = |id: &str, more: &str| {
        format!("[[source]]\nid = \"{id}\"\nurl = \"https://{id}.example.gov.vn/tin\"\n{more}\n")
    };
    let text = format!(
        "[server]\nzone = \"Asia/Tokyo\"\n{}{}",
        source("mot", ""),
        source("hai", "zone = \"Europe/Paris\"")
    );
    let config = good(&text);
    let zones: Vec<&str> = config.sources.iter().map(|source| source.zone.name()).collect();
    assert_eq!(zones, ["Asia/Tokyo", "Europe/Paris"]);
    assert_eq!((config.server.zone.name(), config.mail.zone.name()), ("Asia/Tokyo", "Asia/Tokyo"));
    assert_eq!(good("").server.zone.name(), "Asia/Ho_Chi_Minh");
}
