//! Private keys that sign: read from PEM as OpenSSL writes it. No error repeats a byte of what was read (P12).

use anyhow::{Result, anyhow};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// Bits of an RSA key: fewer are not safe, and no receiver need accept more (RFC 8301 §3.2).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Why a file holds no key to sign with. The error text follows the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyMistake {
    #[error("holds no private key in PEM form")]
    NotPem,
    #[error("holds a key that a passphrase protects, and nobody is there to type it")]
    Encrypted,
    #[error("holds a public key or a certificate, and only the private key can sign")]
    Public,
    #[error("holds a private key that is neither RSA nor Ed25519")]
    OtherKind,
    #[error("holds an RSA key of less than 2048 bits, which receivers do not trust")]
    TooShort,
    #[error("holds an RSA key of more than 4096 bits, which not every receiver can check")]
    TooLong,
    #[error("holds a private key that is damaged")]
    Damaged,
}

impl KeyMistake {
    /// Returns a sentence that says what to put there instead.
    pub fn help(self) -> &'static str {
        match self {
            KeyMistake::NotPem => {
                "name a file with \"-----BEGIN PRIVATE KEY-----\" in it; `openssl genrsa -out FILE 2048` makes one, \
                 `openssl pkey -inform der -in OLD -out FILE` makes one of a DER file"
            }
            KeyMistake::Encrypted => {
                "take the passphrase off with `openssl pkey -in OLD -out FILE`, and let only bantin read FILE"
            }
            KeyMistake::Public => {
                "name the file with \"-----BEGIN PRIVATE KEY-----\" in it, which was made together with this one"
            }
            KeyMistake::OtherKind => {
                "make a key with `openssl genrsa -out FILE 2048` or `openssl genpkey -algorithm ed25519 -out FILE`"
            }
            KeyMistake::TooShort | KeyMistake::TooLong => {
                "make one of 2048 bits with `openssl genrsa -out FILE 2048`, and publish it under a selector of its own"
            }
            KeyMistake::Damaged => {
                "copy the file again, or make a new key with `openssl genrsa -out FILE 2048`"
            }
        }
    }
}

/// A key that can sign.
pub struct SigningKey {
    pair: SigningKeyPair,
    /// As the DNS record gives it: SubjectPublicKeyInfo for RSA, the bare 32 octets for Ed25519 (RFC 8463 §4).
    public: Vec<u8>,
}

enum SigningKeyPair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads PKCS#8 (`BEGIN PRIVATE KEY`) or, for RSA, PKCS#1 (`BEGIN RSA PRIVATE KEY`).
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyMistake> {
        let pair = match PrivateKeyDer::from_pem_slice(pem) {
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der())
                .map(SigningKeyPair::Rsa)
                .map_err(|why| rsa_mistake(why.description_()))?,
            Ok(PrivateKeyDer::Pkcs8(der)) => pkcs8(der.secret_pkcs8_der())?,
            Ok(_) => return Err(KeyMistake::OtherKind),
            Err(_) => return Err(unread(pem)),
        };
        let public = match &pair {
            SigningKeyPair::Rsa(key) => {
                if key.public_modulus_len() * 8 > *RSA_BITS.end() {
                    return Err(KeyMistake::TooLong);
                }
                key.public_key().as_der().map_err(|_| KeyMistake::Damaged)?.as_ref().to_vec()
            }
            SigningKeyPair::Ed25519(key) => key.public_key().as_ref().to_vec(),
        };
        Ok(SigningKey { pair, public })
    }

    /// `a=`.
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            SigningKeyPair::Rsa(_) => "rsa-sha256",
            SigningKeyPair::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// `k=` of the DNS record.
    pub(super) fn kind(&self) -> &'static str {
        match self.pair {
            SigningKeyPair::Rsa(_) => "rsa",
            SigningKeyPair::Ed25519(_) => "ed25519",
        }
    }

    pub(super) fn public(&self) -> &[u8] {
        &self.public
    }

    /// Signs the data: RSASSA-PKCS1-v1_5 over SHA-256, or Ed25519 over the SHA-256 of the data (RFC
    /// 8463 §3). The result depends on key and data alone.
    pub(super) fn sign(&self, data: &[u8]) -> Result<Vec<u8>> {
        match &self.pair {
            SigningKeyPair::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                    .map_err(|_| anyhow!("the RSA key cannot sign: is it damaged?"))?;
                Ok(signature)
            }
            SigningKeyPair::Ed25519(key) => {
                let signature = key
                    .try_sign(&Sha256::digest(data))
                    .map_err(|_| anyhow!("the Ed25519 key cannot sign: is it damaged?"))?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

fn pkcs8(der: &[u8]) -> Result<SigningKeyPair, KeyMistake> {
    if let Ok(key) = Ed25519KeyPair::from_pkcs8(der) {
        return Ok(SigningKeyPair::Ed25519(key));
    }
    RsaKeyPair::from_pkcs8(der)
        .map(SigningKeyPair::Rsa)
        .map_err(|why| rsa_mistake(why.description_()))
}

/// aws-lc-rs gives its reasons as words only; a test holds them.
fn rsa_mistake(why: &str) -> KeyMistake {
    match why {
        "TooSmall" => KeyMistake::TooShort,
        "TooLarge" => KeyMistake::TooLong,
        "WrongAlgorithm" => KeyMistake::OtherKind,
        _ => KeyMistake::Damaged,
    }
}

/// Returns what a file is in which no private key was found.
fn unread(pem: &[u8]) -> KeyMistake {
    let text = String::from_utf8_lossy(pem);
    let begins = |label: &str| text.contains(&format!("-----BEGIN {label}-----"));
    // The older form says it in a header of its own (RFC 1421 §4.6.1.1).
    if begins("ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
        KeyMistake::Encrypted
    } else if ["PRIVATE KEY", "RSA PRIVATE KEY"].into_iter().any(begins) {
        KeyMistake::Damaged
    } else if text.contains(" PRIVATE KEY-----") {
        KeyMistake::OtherKind
    } else if ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"].into_iter().any(begins) {
        KeyMistake::Public
    } else {
        KeyMistake::NotPem
    }
}
