//! The `[server]` table: where bantin listens, and who it is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use url::Url;

use super::ConfigCheck;
use super::values::ValueMistake;
use crate::config::mistakes::shown;
use crate::config::raw::{self, ConfigTable, SpannedValue};
use crate::config::{Listen, Proxies, Server};

/// Where bantin listens when the file does not say.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const PUBLIC_URL: &str = "http://127.0.0.1:8080/";
const TITLE: &str = "Bản tin";

impl ConfigCheck<'_> {
    pub(super) fn server(&mut self, root: &ConfigTable<'_>) -> Server {
        let table = root.table(&mut self.found, "server", &raw::SERVER);
        let public_url = match table.text(&mut self.found, "public_url") {
            Some(written) => self.public_url(&written),
            None => None,
        };
        Server {
            listen: self.listen(&table),
            public_url: public_url
                .unwrap_or_else(|| Url::parse(PUBLIC_URL).expect("the default is an address")),
            title: self.line(&table, "title").unwrap_or_else(|| TITLE.to_owned()),
            lang: self.language(&table).unwrap_or_default(),
            zone: self.zone(&table).unwrap_or(super::ZONE),
            proxies: self.proxies(&table),
            pictures: table.truth(&mut self.found, "pictures").unwrap_or(true),
        }
    }

    fn proxies(&mut self, table: &ConfigTable<'_>) -> Proxies {
        let Some(written) = table.text_or_texts(&mut self.found, "proxies") else {
            return Proxies::default();
        };
        let mut proxies = Proxies { networks: Vec::new(), unix: false };
        for entry in &written.value {
            let text = entry.value.as_str();
            let network = text.parse::<IpNet>().ok();
            match network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
                Some(network) => proxies.networks.push(network),
                None if text == "unix" => proxies.unix = true,
                None => {
                    let what = format!("{} is no address of a web server", shown(text));
                    let help = "write an IP address, a network such as \"10.1.0.0/16\", or \"unix\" for whoever \
                                connects to the socket";
                    entry.note(&mut self.found, what, help);
                }
            }
        }
        proxies
    }

    /// The folder of exported files: an absolute path, as a static host's config names it.
    pub(super) fn export(&mut self, root: &ConfigTable<'_>) -> Option<PathBuf> {
        let table = root.table(&mut self.found, "export", &raw::EXPORT);
        let written = table.text(&mut self.found, "dir")?;
        if !written.value.starts_with('/') {
            let what = format!("{} is no absolute path", shown(&written.value));
            written.note(&mut self.found, what, "write the whole path: \"/srv/bantin\"");
            return None;
        }
        Some(PathBuf::from(written.value))
    }

    pub(super) fn listen(&mut self, table: &ConfigTable<'_>) -> Vec<Listen> {
        let Some(written) = table.text_or_texts(&mut self.found, "listen") else {
            return vec![Listen::Tcp(LISTEN)];
        };
        if written.value.is_empty() {
            let help = "write at least one address, such as \"127.0.0.1:8080\"";
            written.note(&mut self.found, "this list is empty", help);
        }
        let mut listen = Vec::new();
        for entry in &written.value {
            match read_listen(&entry.value) {
                Err((what, help)) => entry.note(&mut self.found, what, help),
                Ok(address) if listen.contains(&address) && !is_any_port(&address) => {
                    let what = format!("{} stands here twice", shown(&entry.value));
                    entry.note(&mut self.found, what, "take one of the two away");
                }
                Ok(address) => listen.push(address),
            }
        }
        listen
    }

    pub(super) fn public_url(&mut self, written: &SpannedValue<String>) -> Option<Url> {
        let mut url = self.web_address(written, "https://tin.example.gov.vn/")?;
        if url.query().is_some() || url.fragment().is_some() {
            written.note(
                &mut self.found,
                format!("{} has a part after ? or #", shown(&written.value)),
                "write only the address that the pages of bantin begin with, such as https://tin.example.gov.vn/",
            );
            return None;
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Some(url)
    }
}

pub(super) fn read_listen(text: &str) -> Result<Listen, ValueMistake> {
    if let Some(path) = text.strip_prefix("unix:") {
        if !path.starts_with('/') || path.ends_with('/') {
            return Err((
                format!("{} names no socket", shown(text)),
                "write an absolute path: \"unix:/run/bantin/bantin.sock\"".to_owned(),
            ));
        }
        return Ok(Listen::Unix(PathBuf::from(path)));
    }
    if let Ok(address) = text.parse() {
        return Ok(Listen::Tcp(address));
    }
    let help = match text.rsplit_once(':').map_or(text, |(_, port)| port).parse::<u16>() {
        Ok(port) => format!(
            "write \"127.0.0.1:{port}\" for this machine only, \"0.0.0.0:{port}\" or \"[::]:{port}\" for all"
        ),
        Err(_) => "write an IP address with a port, such as \"127.0.0.1:8080\", or \"unix:/PATH\""
            .to_owned(),
    };
    Err((format!("{} is not an address to listen at", shown(text)), help))
}

/// Port 0 asks for any free port, so the same line twice is two different ports.
pub(super) fn is_any_port(address: &Listen) -> bool {
    matches!(address, Listen::Tcp(address) if address.port() == 0)
}
