//! Connections: accepted up to a number, each with a time for its request's head, and drained at shutdown. axum's own
//! `serve` has neither the limit nor the time.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;
use tracing::{debug, warn};

use super::subscribe::gate::Peer;
use crate::config::Listen;
use crate::limits::{DRAIN_TIMEOUT, HTTP_CONNECTION_AGE, HTTP_CONNECTIONS, HTTP_HEADER_TIMEOUT};

/// A bound socket to accept on: our own, or one that systemd passed.
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Binds what the config names. A socket file that nobody answers at any more is replaced.
    pub async fn bind(listen: &Listen) -> anyhow::Result<Self> {
        match listen {
            Listen::Tcp(address) => {
                let bound = TcpListener::bind(address).await;
                bound.map(Listener::Tcp).with_context(|| format!("listening on {address}"))
            }
            Listen::Unix(path) => {
                let is_stale = std::os::unix::net::UnixStream::connect(path)
                    .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
                if is_stale {
                    std::fs::remove_file(path)
                        .with_context(|| format!("removing the old socket {}", path.display()))?;
                }
                let bound = UnixListener::bind(path);
                bound
                    .map(Listener::Unix)
                    .with_context(|| format!("listening on unix:{}", path.display()))
            }
        }
    }

    /// Takes over a socket of the standard library, as systemd passes them: tokio needs it non-blocking and does not
    /// make it so (tokio#7172).
    pub fn from_tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(Listener::Tcp)
    }

    pub fn from_unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(Listener::Unix)
    }

    /// Where it listens, when that is a network address: port 0 has become a number.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        }
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listener::Tcp(listener) => match listener.local_addr() {
                Ok(address) => address.fmt(f),
                Err(_) => f.write_str("a socket"),
            },
            Listener::Unix(listener) => match listener.local_addr() {
                Ok(address) => match address.as_pathname() {
                    Some(path) => write!(f, "unix:{}", path.display()),
                    None => f.write_str("a Unix socket without a name"),
                },
                Err(_) => f.write_str("a Unix socket"),
            },
        }
    }
}

/// Serves until `shutdown` ends, then accepts no more and lets open requests end, for a while.
pub async fn serve(listeners: Vec<Listener>, router: Router, shutdown: impl Future<Output = ()>) {
    let (stop, stopping) = watch::channel(());
    let door = Door { router, places: Arc::new(Semaphore::new(HTTP_CONNECTIONS)), stopping };
    let places = door.places.clone();
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|listener| tokio::spawn(door.clone().accept_all(listener)))
        .collect();
    drop(door);
    shutdown.await;
    // Every connection and every listener hears this, whenever it looks.
    drop(stop);
    for task in accepting {
        // It ends by itself; a panic in it has been reported already.
        let _ = task.await;
    }
    let all = u32::try_from(HTTP_CONNECTIONS).expect("the limit is a small number");
    if tokio::time::timeout(DRAIN_TIMEOUT, places.acquire_many(all)).await.is_err() {
        warn!("Some requests were still open after {} s", DRAIN_TIMEOUT.as_secs());
    }
}

#[derive(Clone)]
struct Door {
    router: Router,
    /// One for each connection that may be open.
    places: Arc<Semaphore>,
    /// Ends when we shut down.
    stopping: watch::Receiver<()>,
}

impl Door {
    async fn accept_all(mut self, listener: Listener) {
        loop {
            let places = self.places.clone();
            let accepting = async {
                let place = places.acquire_owned().await.expect("the semaphore is never closed");
                (accept(&listener).await, place)
            };
            let (accepted, place) = tokio::select! {
                accepted = accepting => accepted,
                _ = self.stopping.changed() => return,
            };
            match accepted {
                Ok(Stream::Tcp(stream)) => {
                    // Answers are written whole; waiting to join them with nothing only delays. Failing is harmless.
                    let _ = stream.set_nodelay(true);
                    let peer = stream.peer_addr().ok().map(|address| address.ip());
                    self.spawn(stream, Peer(peer), place);
                }
                Ok(Stream::Unix(stream)) => self.spawn(stream, Peer(None), place),
                Err(error) if is_of_one_connection(&error) => {
                    debug!("A connection was gone before it was accepted: {error}");
                }
                Err(error) => {
                    // Most likely no file handles are left: others must close theirs first.
                    warn!("No connection could be accepted: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                }
            }
        }
    }

    fn spawn<S>(&self, stream: S, peer: Peer, place: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut stopping = self.stopping.clone();
        let router =
            self.router.clone().map_request(move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request
            });
        let service = TowerToHyperService::new(router);
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HTTP_HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            let mut connection = pin!(connection);
            let aged = tokio::time::sleep(HTTP_CONNECTION_AGE);
            let ended = tokio::select! {
                ended = connection.as_mut() => Some(ended),
                _ = stopping.changed() => None,
                () = aged => None,
            };
            let ended = match ended {
                Some(ended) => ended,
                None => {
                    connection.as_mut().graceful_shutdown();
                    match tokio::time::timeout(DRAIN_TIMEOUT, connection).await {
                        Ok(ended) => ended,
                        // Whoever reads this slowly has had his time.
                        Err(_) => Ok(()),
                    }
                }
            };
            if let Err(error) = ended {
                debug!("A connection ended early: {error}");
            }
            drop(place);
        });
    }
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<Stream> {
    match listener {
        Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
        Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
    }
}

/// accept(2) hands over errors that a single connection died of.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
