//! The HTTP clients: two for all sources (one that reaches only outside addresses, one that reaches what the config
//! names), and two of their own for each source with an `extra_ca` file. Verification of certificates is never off.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use reqwest::{Client, redirect};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::address_guard::{AddressReach, GuardedResolver};
use super::name_cache::NameCache;
use super::{Limits, trust};

/// Portals close idle connections after 5 to 75 seconds; a Crawl-delay is at most 30.
pub(super) const IDLE: Duration = Duration::from_secs(45);

pub(super) struct Clients {
    outside: Client,
    anywhere: Client,
    own: tokio::sync::Mutex<HashMap<(AddressReach, PathBuf), TrustedClient>>,
    limits: Limits,
    names: NameCache,
}

/// A client with more certificates, as its file was when we read it.
struct TrustedClient {
    modified: SystemTime,
    client: Client,
}

impl Clients {
    pub(super) fn new(limits: Limits, names: NameCache) -> Result<Self> {
        let shared =
            |reach| client(reach, &limits, &names, &[]).context("setting up what fetches pages");
        Ok(Clients {
            outside: shared(AddressReach::Outside)?,
            anywhere: shared(AddressReach::Anywhere)?,
            own: Default::default(),
            limits,
            names,
        })
    }

    /// The client for a request. A changed `extra_ca` file is read again.
    pub(super) async fn get(&self, reach: AddressReach, extra_ca: Option<&Path>) -> Result<Client> {
        let Some(path) = extra_ca else {
            return Ok(match reach {
                AddressReach::Outside => self.outside.clone(),
                AddressReach::Anywhere => self.anywhere.clone(),
            });
        };
        let metadata = tokio::fs::metadata(path).await.context("cannot be read")?;
        let modified = metadata.modified().context("has no time of modification")?;
        let mut own = self.own.lock().await;
        let key = (reach, path.to_owned());
        if let Some(kept) = own.get(&key).filter(|kept| kept.modified == modified) {
            return Ok(kept.client.clone());
        }
        let text = tokio::fs::read(path).await.context("cannot be read")?;
        let client = client(reach, &self.limits, &self.names, &certificates(&text)?)
            .context("holds something that is no certificate")?;
        own.insert(key, TrustedClient { modified, client: client.clone() });
        Ok(client)
    }
}

/// Reads PEM with any number of certificates, or one in DER, as authorities hand out both.
fn certificates(file: &[u8]) -> Result<Vec<CertificateDer<'_>>> {
    const MARK: &[u8] = b"-----BEGIN ";
    let certificates = if file.windows(MARK.len()).any(|window| window == MARK) {
        CertificateDer::pem_slice_iter(file).collect::<Result<Vec<_>, _>>()
    } else if file.first() == Some(&0x30) {
        // A DER certificate is an ASN.1 SEQUENCE.
        Ok(vec![CertificateDer::from(file)])
    } else {
        Ok(vec![])
    }
    .context("is not a PEM file of certificates")?;
    if certificates.is_empty() {
        bail!("has no certificate in it (PEM, \"-----BEGIN CERTIFICATE-----\")");
    }
    Ok(certificates)
}

fn client(
    reach: AddressReach,
    limits: &Limits,
    names: &NameCache,
    extra: &[CertificateDer<'_>],
) -> Result<Client> {
    let client = Client::builder()
        .dns_resolver(GuardedResolver { reach, names: names.clone() })
        // A proxy would look names up in our place, past the resolver.
        .no_proxy()
        // Redirects are followed by hand, or the hops would pass by the guard, robots.txt and the host's turn.
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(limits.connect)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(IDLE)
        .tls_backend_preconfigured(trust::config(extra)?)
        // The client's decoder takes zlib's format only; `body` reads what servers really send.
        .deflate(false)
        // Old portals print such headers, and every browser reads them.
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        .build()?;
    Ok(client)
}
