//! The config file: what is wrong with one is told completely and with its place, and the shipped one is right.
//!
//! Each `tests/config/KIND.toml` has a mistake of one kind; `KIND.expected` is what the admin reads about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bantin::config::{Config, Listen, SHIPPED, Surroundings, known_keys};
use bantin::mail::{SmtpSettings, TlsPolicy, Transport};
use bantin::model::{Lang, Pace};
use expect_test::{expect, expect_file};
use secrecy::ExposeSecret;

/// What stands in the password files, and in each text where a password was written by mistake.
const SECRET: &str = "con-mèo";

fn surroundings() -> Surroundings {
    Surroundings { credentials: Some(PathBuf::from("tests/config/credentials")), state: None }
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
