//! Verifies the certificates of servers by the system's CAs and a source's `extra_ca`. It differs
//! from rustls's own verifier in one point: a certificate of an unknown issuer is refused with the
//! issuer's name, for the admin.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

/// Returns a TLS configuration that trusts the system's CAs and `extra`. Without any CA no
/// certificate is trusted, and plain HTTP still works.
pub(super) fn config(extra: &[CertificateDer<'_>]) -> Result<ClientConfig> {
    let mut roots = system_roots().clone();
    for certificate in extra {
        roots.add(certificate.clone().into_owned()).context("cannot be read as a certificate")?;
    }
    let verifier = IssuerVerifier::of(roots)?;
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .context("aws-lc-rs has the default protocol versions")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Read once: a machine has some 150 of them.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        // One that cannot be read must not cost us the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

/// A certificate of an unknown issuer.
#[derive(Debug)]
pub(super) struct UnknownIssuer {
    /// "R3, Let's Encrypt, US"; empty when the certificate cannot be read that far.
    pub issuer: String,
    /// The certificate says that it signed itself.
    pub self_signed: bool,
    /// No certificate of any issuer is installed.
    pub nobody_is_known: bool,
}

impl fmt::Display for UnknownIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the issuer \"{}\" is unknown", self.issuer)
    }
}

impl StdError for UnknownIssuer {}

/// Decides as rustls does, and names the issuer that it does not know.
#[derive(Debug)]
struct IssuerVerifier {
    /// None where there is no CA, which rustls's verifier is not made for.
    inner: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl IssuerVerifier {
    fn of(roots: RootCertStore) -> Result<Self> {
        let provider = aws_lc_rs::default_provider();
        let algorithms = provider.signature_verification_algorithms;
        if roots.is_empty() {
            return Ok(IssuerVerifier { inner: None, algorithms });
        }
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(provider));
        let inner = builder.build().context("the CA certificates cannot be used")?;
        Ok(IssuerVerifier { inner: Some(inner), algorithms })
    }
}

impl ServerCertVerifier for IssuerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.inner {
            Some(inner) => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        match verified {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                // The last that was sent is the one whose issuer is missing.
                let last = intermediates.last().unwrap_or(end_entity);
                let names = names_of(last);
                let unknown = UnknownIssuer {
                    issuer: names.map(|(issuer, _)| readable(issuer)).unwrap_or_default(),
                    self_signed: names.is_some_and(|(issuer, subject)| issuer == subject),
                    nobody_is_known: self.inner.is_none(),
                };
                let other = CertificateError::Other(OtherError(Arc::new(unknown)));
                Err(Error::InvalidCertificate(other))
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Issuer and subject of a certificate, as DER (RFC 5280 §4.1). Only to be shown: nothing is decided by it.
fn names_of<'a>(certificate: &'a CertificateDer<'_>) -> Option<(&'a [u8], &'a [u8])> {
    let (_, certificate, _) = element(certificate.as_ref())?;
    let (_, mut rest, _) = element(certificate)?;
    // The version, which old certificates lack; then serial number and algorithm.
    if let (0xa0, _, after) = element(rest)? {
        rest = after;
    }
    for _ in 0..2 {
        rest = element(rest)?.2;
    }
    let (_, issuer, rest) = element(rest)?;
    let (_, _validity, rest) = element(rest)?;
    let (_, subject, _) = element(rest)?;
    Some((issuer, subject))
}

/// The common name, organisation and country of a name, or whatever texts it has.
fn readable(mut name: &[u8]) -> String {
    const PARTS: [u8; 4] = [3, 10, 11, 6];
    let mut known: Vec<(usize, String)> = Vec::new();
    while let Some((_, mut set, rest)) = element(name) {
        name = rest;
        while let Some((_, pair, more)) = element(set) {
            set = more;
            let Some((_, kind, value)) = element(pair) else { continue };
            let Some((_, text, _)) = element(value) else { continue };
            // id-at is 2.5.4: two bytes, and the attribute's own.
            let part = match kind {
                [0x55, 0x04, part] => PARTS.iter().position(|known| known == part),
                _ => None,
            };
            let text = String::from_utf8_lossy(text);
            let text: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
            if let Some(part) = part {
                known.push((part, text));
            }
        }
    }
    known.sort_by_key(|(part, _)| *part);
    known.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

/// The first element of some DER: its tag, its content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first & 0x7f);
    if first >= 0x80 {
        if length > 4 {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(length)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[test]
    fn where_no_ca_is_installed_nobody_is_believed_and_the_reason_is_told() {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["a.vn".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let verifier = IssuerVerifier::of(RootCertStore::empty()).expect("it needs none");
        let name = ServerName::try_from("a.vn").expect("a name");
        let refused =
            verifier.verify_server_cert(certificate.der(), &[], &name, &[], UnixTime::now());
        let Err(Error::InvalidCertificate(CertificateError::Other(OtherError(why)))) = refused
        else {
            panic!("{refused:?}");
        };
        let unknown: &UnknownIssuer = why.downcast_ref().expect("our own reason");
        assert!(unknown.nobody_is_known);
    }

    #[test]
    fn an_issuer_is_named_by_what_people_know_it_by() {
        let check = |parts: &[(DnType, &str)], expected: &str| {
            let mut params = CertificateParams::new(vec!["a.vn".to_owned()]).expect("a name");
            params.distinguished_name = rcgen::DistinguishedName::new();
            for (kind, text) in parts {
                params.distinguished_name.push(kind.clone(), *text);
            }
            let key = KeyPair::generate().expect("a key");
            let certificate = params.self_signed(&key).expect("a certificate");
            let names = names_of(certificate.der()).expect("it has names");
            assert_eq!((readable(names.0).as_str(), names.0 == names.1), (expected, true));
        };
        check(
            &[
                (DnType::CountryName, "VN"),
                (DnType::OrganizationName, "Ban Cơ yếu Chính phủ"),
                (DnType::CommonName, "CA phục vụ các cơ quan"),
            ],
            "CA phục vụ các cơ quan, Ban Cơ yếu Chính phủ, VN",
        );
        check(&[(DnType::CommonName, "a\u{1b}[1m")], "a[1m");
        check(&[], "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = names_of(&CertificateDer::from(bytes.clone()));
            let _ = readable(&bytes);
        }
    }
}
