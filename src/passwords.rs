//! Passwords of accounts: made into an argon2id hash and compared with one. Nothing here stores or logs anything, and a
//! hash takes a good part of a tenth of a second and 19 MiB, so callers run it on a thread of its own, a few at once.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};

use bantin_model::limits::{PASSWORD_BYTES, PASSWORD_CHARS};

/// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, parallelism 1.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these numbers are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a new password, as a PHC string with a salt of its own.
pub fn hashed(password: &SecretString) -> String {
    let hash = hasher().hash_password(password.expose_secret().as_bytes());
    hash.expect("a password within the limits and a random salt have a hash").to_string()
}

/// Hash of a random password. An unknown name is compared with it, so that the answer takes as
/// long.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let unknown = uuid::Uuid::new_v4().to_string();
    hashed(&unknown.into())
});

/// Returns whether this is the password of the hash. `None`, for an unknown name, takes the same
/// time and is never right.
pub fn is_right(password: &SecretString, hash: Option<&str>) -> bool {
    // Made at the first call of any kind, so that the first unknown name does not take longer.
    let nobody = LazyLock::force(&NOBODY);
    let text = hash.unwrap_or(nobody);
    // A hash that cannot be read is compared all the same, in vain.
    let parsed = PasswordHash::new(text).or_else(|_| PasswordHash::new(nobody));
    let Ok(parsed) = parsed else { return false };
    let given = password.expose_secret().as_bytes();
    let same = given.len() <= PASSWORD_BYTES && hasher().verify_password(given, &parsed).is_ok();
    same && hash.is_some_and(|hash| hash == text)
}

/// Why a new password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error(
        "a password has at least {PASSWORD_CHARS} characters; a few words in a row are easy to remember"
    )]
    Short,
    #[error("a password has at most {PASSWORD_BYTES} bytes")]
    Long,
    #[error("this is one of the passwords that are tried first")]
    Common,
}

/// Whether a new password will do: long, and not one character over and over, nor the account's name.
pub fn check_new(password: &SecretString, name: &str) -> Result<(), PasswordError> {
    let text = password.expose_secret();
    if text.chars().count() < PASSWORD_CHARS {
        return Err(PasswordError::Short);
    }
    if text.len() > PASSWORD_BYTES {
        return Err(PasswordError::Long);
    }
    let lower = text.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    let rest = lower.replace(name, "").replace("bantin", "").replace("password", "");
    let rest = rest.replace("matkhau", "").replace("1234567890", "").replace("qwertyuiop", "");
    if different.len() < 5 || rest.chars().count() < 6 {
        return Err(PasswordError::Common);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let password = "một câu dài dễ nhớ".to_owned().into();
        let hash = hashed(&password);
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hashed(&password), "each has a salt of its own");
        assert!(is_right(&password, Some(&hash)));
        assert!(!is_right(&"một câu dài dễ nhơ".to_owned().into(), Some(&hash)));
        assert!(!is_right(&password, None));
        assert!(!is_right(&password, Some("not a hash")));
        assert!(!is_right(&"x".repeat(PASSWORD_BYTES + 1).into(), Some(&hash)));
    }

    #[test]
    fn a_new_password_is_long_and_not_the_first_that_is_tried() {
        let check = |text: &str| check_new(&text.to_owned().into(), "lan");
        assert_eq!(check("ngắn quá"), Err(PasswordError::Short));
        assert_eq!(check(&"ab".repeat(10)), Err(PasswordError::Common));
        assert_eq!(check("password1234567890"), Err(PasswordError::Common));
        assert_eq!(check("lanlanlanlanbantin"), Err(PasswordError::Common));
        assert_eq!(check(&"đủ dài ".repeat(200)), Err(PasswordError::Long));
        assert_eq!(check("ba con trâu qua sông"), Ok(()));
    }
}
