//! An account: somebody who may use the admin pages.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountId(pub i64);

/// What somebody logs in with: small letters of any language, digits, `.`, `-`, `_` and `@`, at most 64 of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountName(String);

impl AccountName {
    /// Upper and lower case are the same name, and so are the ways to write an accent.
    pub fn parse(text: &str) -> Result<Self, String> {
        let name: String = text.trim().to_lowercase().nfc().collect();
        let fits = (1..=64).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
        if fits {
            Ok(AccountName(name))
        } else {
            Err("the name of an account has 1 to 64 letters, digits, dots, hyphens and underscores"
                .to_owned())
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_either_case_and_holds_nothing_odd() {
        let name = |text: &str| AccountName::parse(text).map(|name| name.to_string());
        assert_eq!(name(" Lan.Anh "), Ok("lan.anh".to_owned()));
        assert_eq!(name("hòa"), name("ho\u{300}a"));
        for wrong in ["", "a b", "a\nb", "<b>", "a/b", &"x".repeat(65)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
