//! TLS towards the mail server: whom we believe, and when we need not.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// Returns a connector that believes the system's CAs and those in the PEM file `extra_ca`.
pub fn verifying(extra_ca: Option<&Path>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    // One CA file that cannot be read must not stop mail that another CA vouches for; with none left, the handshake says so.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = extra_ca {
        let pem = std::fs::read(path)
            .with_context(|| format!("reading the CA certificates in {}", path.display()))?;
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate
                .with_context(|| format!("{} holds something that is not PEM", path.display()))?;
            roots.add(certificate).with_context(|| {
                format!("{} holds a certificate that cannot be read", path.display())
            })?;
            found += 1;
        }
        ensure!(
            found > 0,
            "{} holds no certificate: it must hold PEM blocks that begin with BEGIN CERTIFICATE",
            path.display()
        );
    }
    Ok(connector(|provider| {
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth())
    }))
}

/// Returns a connector for opportunistic TLS (RFC 7435), which is better than plain text and no
/// more. A relay's self-signed certificate is no reason to send no mail.
pub fn unverifying() -> TlsConnector {
    connector(|provider| {
        Ok(ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth())
    })
}

fn connector(
    config: impl FnOnce(Arc<CryptoProvider>) -> Result<ClientConfig, Error>,
) -> TlsConnector {
    let config = config(Arc::new(aws_lc_rs::default_provider()))
        .expect("aws-lc-rs has the default protocol versions");
    TlsConnector::from(Arc::new(config))
}

/// Checks that the server holds the key of the certificate it shows, not who it is.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
