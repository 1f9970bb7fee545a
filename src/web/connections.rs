//! Accepts connections and serves them. Their number is limited, in all and for each client, a
//! request's head must come within a time limit, and they are drained at shutdown; axum's own
//! `serve` has neither limit. Prepared responses are sent by `prepared` on threads of its own; hyper
//! and the router answer everything else, also HTTP/2 with prior knowledge.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use anyhow::Context as _;
use axum::Router;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixSocket, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use tracing::{debug, warn};

use super::Web;
use super::prepared::{self, LoopExit};
use super::subscribe::clients::{Client, Peer};
use crate::config::Listen;
use bantin_model::limits::{
    DRAIN_TIMEOUT, HTTP_BACKLOG, HTTP_CONNECTION_AGE, HTTP_CONNECTIONS,
    HTTP_CONNECTIONS_PER_CLIENT, HTTP_HEADER_TIMEOUT, HTTP_LANES, HTTP_LAST_REQUEST,
    HTTP2_HEAD_BYTES, HTTP2_STREAMS,
};

/// A bound socket to accept on: our own, or one that systemd passed.
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Binds the address of the config. Replaces a socket file on which no process accepts any
    /// more.
    pub async fn bind(listen: &Listen) -> anyhow::Result<Self> {
        match listen {
            Listen::Tcp(address) => {
                let bound = || {
                    let socket = match address {
                        SocketAddr::V4(_) => TcpSocket::new_v4()?,
                        SocketAddr::V6(_) => TcpSocket::new_v6()?,
                    };
                    // A port whose last owner has just ended is free.
                    socket.set_reuseaddr(true)?;
                    socket.bind(*address)?;
                    // tokio's own `bind` has a backlog of 128. Of a thousand readers who come at
                    // the full hour the others would get no answer, and retry after one, three and
                    // seven seconds.
                    socket.listen(HTTP_BACKLOG)
                };
                bound().map(Listener::Tcp).with_context(|| format!("listening on {address}"))
            }
            Listen::Unix(path) => {
                let is_stale = std::os::unix::net::UnixStream::connect(path)
                    .is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused);
                if is_stale {
                    std::fs::remove_file(path)
                        .with_context(|| format!("removing the old socket {}", path.display()))?;
                }
                let bound = UnixSocket::new_stream()
                    .and_then(|socket| socket.bind(path).map(|()| socket))
                    .and_then(|socket| socket.listen(HTTP_BACKLOG));
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

/// Answers the requests of a listener: the router, and the state whose prepared responses bypass
/// it.
pub struct ServerApp {
    router: Router,
    web: Option<Web>,
}

impl From<Router> for ServerApp {
    fn from(router: Router) -> Self {
        ServerApp { router, web: None }
    }
}

impl From<Web> for ServerApp {
    fn from(web: Web) -> Self {
        ServerApp { router: web.router(), web: Some(web) }
    }
}

/// Serves until `shutdown` ends, then accepts no more, answers who was let in once more, and lets open requests end, for a
/// while. What comes later waits in the socket, if somebody else holds it open: systemd.
pub async fn serve(
    listeners: Vec<Listener>,
    app: impl Into<ServerApp>,
    shutdown: impl Future<Output = ()>,
) {
    let ServerApp { router, web } = app.into();
    let (stop, stopping) = watch::channel(());
    let workers = web.as_ref().map(|_| WorkerPool::open()).unwrap_or_default();
    let acceptor = Acceptor {
        router,
        web,
        workers: workers.senders(),
        here: Handle::current(),
        places: Arc::new(Semaphore::new(HTTP_CONNECTIONS)),
        counts: Arc::default(),
        stopping,
    };
    let places = acceptor.places.clone();
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|listener| tokio::spawn(acceptor.clone().accept_connections(listener)))
        .collect();
    drop(acceptor);
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

/// Threads with a runtime each, among which connections are dealt out in turn: what lies ready is answered without a
/// thread ever waiting for another, and an even share is one that no chance of a hash gives.
#[derive(Default)]
struct WorkerPool(Vec<mpsc::UnboundedSender<AcceptedConnection>>);

/// A connection on its way to a worker, with all that the worker needs.
struct AcceptedConnection {
    stream: BlockingStream,
    permit: ConnectionPermit,
    acceptor: Acceptor,
    web: Web,
}

enum BlockingStream {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

impl WorkerPool {
    fn open() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        let workers = (0..cores.min(HTTP_LANES)).filter_map(|number| {
            let (sender, incoming) = mpsc::unbounded_channel();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let worker = runtime.and_then(|runtime| {
                std::thread::Builder::new()
                    .name(format!("web-{number}"))
                    .spawn(move || runtime.block_on(run_worker(incoming)))
            });
            match worker {
                Ok(_) => Some(sender),
                Err(error) => {
                    // The router answers all of it too, only more slowly.
                    warn!("A thread for serving could not be started: {error}");
                    None
                }
            }
        });
        WorkerPool(workers.collect())
    }

    fn senders(self) -> Arc<[mpsc::UnboundedSender<AcceptedConnection>]> {
        self.0.into()
    }
}

/// Ends when no listener is left that could bring a connection, and the last connection has gone.
async fn run_worker(mut incoming: mpsc::UnboundedReceiver<AcceptedConnection>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            connection = incoming.recv() => match connection {
                Some(connection) => { connections.spawn(connection.serve()); }
                None => break,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    let ending = async { while connections.join_next().await.is_some() {} };
    // What takes longer ends with its thread.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, ending).await;
}

impl AcceptedConnection {
    async fn serve(self) {
        let AcceptedConnection { stream, permit, acceptor, web } = self;
        // A socket that cannot be watched is as good as gone.
        match stream {
            BlockingStream::Tcp(stream) => {
                let Ok(stream) = TcpStream::from_std(stream) else { return };
                if let LoopExit::NeedsHyper(read) =
                    prepared::serve(&stream, &web, &acceptor.stopping).await
                    && let Ok(stream) = stream.into_std()
                {
                    acceptor.hand_over(BlockingStream::Tcp(stream), read, permit);
                }
            }
            BlockingStream::Unix(stream) => {
                let Ok(stream) = UnixStream::from_std(stream) else { return };
                if let LoopExit::NeedsHyper(read) =
                    prepared::serve(&stream, &web, &acceptor.stopping).await
                    && let Ok(stream) = stream.into_std()
                {
                    acceptor.hand_over(BlockingStream::Unix(stream), read, permit);
                }
            }
        }
    }
}

/// Lets connections in and shows them where to go.
#[derive(Clone)]
struct Acceptor {
    router: Router,
    web: Option<Web>,
    workers: Arc<[mpsc::UnboundedSender<AcceptedConnection>]>,
    /// The runtime that the router's handlers run in, with the store's connections.
    here: Handle,
    /// One for each connection that may be open.
    places: Arc<Semaphore>,
    /// How many of them each client has.
    counts: Arc<ConnectionCounts>,
    /// Ends when we shut down.
    stopping: watch::Receiver<()>,
}

impl Acceptor {
    async fn accept_connections(mut self, listener: Listener) {
        let mut turn = 0_usize;
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
            let (stream, peer) = match accepted {
                Ok(AcceptedStream::Tcp(stream)) => {
                    // Answers are written whole; waiting to join them with nothing only delays. Failing is harmless.
                    let _ = stream.set_nodelay(true);
                    let peer = stream.peer_addr().ok().map(|address| address.ip());
                    (stream.into_std().map(BlockingStream::Tcp), Peer(peer))
                }
                Ok(AcceptedStream::Unix(stream)) => {
                    (stream.into_std().map(BlockingStream::Unix), Peer(None))
                }
                Err(error) if is_connection_error(&error) => {
                    debug!("A connection was gone before it was accepted: {error}");
                    continue;
                }
                Err(error) => {
                    // Most likely no file handles are left: others must close theirs first.
                    warn!("No connection could be accepted: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
                    continue;
                }
            };
            let (Ok(stream), Some(permit)) = (stream, self.admitted(peer, place)) else {
                continue;
            };
            turn = turn.wrapping_add(1);
            match &self.web {
                Some(web) if !self.workers.is_empty() => {
                    let worker = &self.workers[turn % self.workers.len()];
                    let connection = AcceptedConnection {
                        stream,
                        permit,
                        acceptor: self.clone(),
                        web: web.clone(),
                    };
                    if let Err(back) = worker.send(connection) {
                        // Its thread has died, which is reported where it did.
                        self.hand_over(back.0.stream, Vec::new(), back.0.permit);
                    }
                }
                _ => self.hand_over(stream, Vec::new(), permit),
            }
        }
    }

    /// None for a client that has as many connections as one may have.
    fn admitted(&self, peer: Peer, place: OwnedSemaphorePermit) -> Option<ConnectionPermit> {
        let is_proxy = self.web.as_ref().is_none_or(|web| web.settings().proxies.trust(peer));
        let client = (!is_proxy).then(|| Client::of(Some(peer)));
        if let Some(client) = client
            && !self.counts.try_add(client)
        {
            debug!("A client has {HTTP_CONNECTIONS_PER_CLIENT} connections already");
            return None;
        }
        Some(ConnectionPermit { peer, client, counts: self.counts.clone(), _place: place })
    }

    /// Leaves the connection to hyper and the router, with the bytes that were read of it.
    fn hand_over(&self, stream: BlockingStream, read: Vec<u8>, permit: ConnectionPermit) {
        let (router, stopping) = (self.router.clone(), self.stopping.clone());
        self.here.spawn(async move {
            // A socket that cannot be watched is as good as gone.
            match stream {
                BlockingStream::Tcp(stream) => {
                    let Ok(stream) = TcpStream::from_std(stream) else { return };
                    serve_with_hyper(PrefixedStream::new(stream, read), router, stopping, permit)
                        .await;
                }
                BlockingStream::Unix(stream) => {
                    let Ok(stream) = UnixStream::from_std(stream) else { return };
                    serve_with_hyper(PrefixedStream::new(stream, read), router, stopping, permit)
                        .await;
                }
            }
        });
    }
}

/// A connection that was let in; its place is free again when this is dropped.
struct ConnectionPermit {
    peer: Peer,
    client: Option<Client>,
    counts: Arc<ConnectionCounts>,
    _place: OwnedSemaphorePermit,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        if let Some(client) = self.client {
            self.counts.remove(client);
        }
    }
}

/// Connections by client.
#[derive(Default)]
struct ConnectionCounts(Mutex<HashMap<Client, usize>>);

impl ConnectionCounts {
    fn try_add(&self, client: Client) -> bool {
        let mut counts = self.0.lock().expect("no one panics while counting");
        let count = counts.entry(client).or_default();
        let is_room = *count < HTTP_CONNECTIONS_PER_CLIENT;
        *count += usize::from(is_room);
        is_room
    }

    fn remove(&self, client: Client) {
        let mut counts = self.0.lock().expect("no one panics while counting");
        if let Some(count) = counts.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&client);
            }
        }
    }
}

/// What an HTTP/2 client that knows it may speak it begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Serves a connection with hyper and the router, to its end.
async fn serve_with_hyper<S>(
    mut stream: PrefixedStream<S>,
    router: Router,
    stopping: watch::Receiver<()>,
    permit: ConnectionPermit,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let speaking = tokio::time::timeout(HTTP_HEADER_TIMEOUT, stream.begins_with(PREFACE));
    let is_http2 = tokio::select! {
        biased;
        speaking = speaking => match speaking {
            Ok(Ok(is_http2)) => is_http2,
            // Gone, or silent for too long.
            Ok(Err(_)) | Err(_) => return,
        },
        () = last_request(stopping.clone()) => return,
    };
    let peer = permit.peer;
    let router = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let stops = stopping.clone();
    let router = router.map_response(move |mut answer: axum::response::Response| {
        if !is_http2 && stops.has_changed().is_err() {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(hyper::header::CONNECTION, close);
        }
        if answer.status() == hyper::StatusCode::NOT_MODIFIED {
            // The router measures the body that a HEAD leaves out; here that is not the document's (RFC 9110 §8.6).
            answer.headers_mut().remove(hyper::header::CONTENT_LENGTH);
        }
        answer
    });
    let service = TowerToHyperService::new(router);
    let stream = TokioIo::new(stream);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS)
            .max_header_list_size(HTTP2_HEAD_BYTES)
            // A client that does not answer the ping is gone.
            .keep_alive_interval(Some(HTTP_HEADER_TIMEOUT))
            .keep_alive_timeout(HTTP_HEADER_TIMEOUT);
        let connection = pin!(http.serve_connection(stream, service));
        // GOAWAY tells a client which of its requests are still answered.
        let stop = async move { _ = stopping.clone().changed().await };
        drive_until_closed(connection, http2::Connection::graceful_shutdown, stop).await;
    } else {
        let mut http = http1::Builder::new();
        // Who has asked and says no more still waits for the answer.
        http.timer(TokioTimer::new()).header_read_timeout(HTTP_HEADER_TIMEOUT).half_close(true);
        let connection = pin!(http.serve_connection(stream, service));
        drive_until_closed(
            connection,
            http1::Connection::graceful_shutdown,
            last_request(stopping),
        )
        .await;
    }
}

/// Returns when a connection that was let in has had its time to be asked something more, after we began to stop: closing
/// it at once would lose the request that is on its way.
async fn last_request(mut stopping: watch::Receiver<()>) {
    // It never changes; it ends.
    let _ = stopping.changed().await;
    tokio::time::sleep(HTTP_LAST_REQUEST).await;
}

/// `stop` ends when it is to take no further request.
async fn drive_until_closed<C: Future<Output = hyper::Result<()>>>(
    mut connection: Pin<&mut C>,
    graceful_shutdown: impl FnOnce(Pin<&mut C>),
    stop: impl Future<Output = ()>,
) {
    let aged = tokio::time::sleep(HTTP_CONNECTION_AGE);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = stop => None,
        () = aged => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            graceful_shutdown(connection.as_mut());
            match tokio::time::timeout(DRAIN_TIMEOUT, connection).await {
                Ok(ended) => ended,
                // A client that still reads has used up its time.
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        debug!("A connection ended early: {error}");
    }
}

/// A stream of which some bytes were read already.
struct PrefixedStream<S> {
    read: Vec<u8>,
    stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> PrefixedStream<S> {
    fn new(stream: S, read: Vec<u8>) -> Self {
        PrefixedStream { read, stream }
    }

    /// Whether these are the first bytes; reads until that is known.
    async fn begins_with(&mut self, wanted: &[u8]) -> io::Result<bool> {
        loop {
            let common = self.read.len().min(wanted.len());
            if self.read[..common] != wanted[..common] {
                return Ok(false);
            }
            if common == wanted.len() {
                return Ok(true);
            }
            let mut more = [0; 1024];
            match self.stream.read(&mut more).await? {
                0 => return Ok(false),
                count => self.read.extend_from_slice(&more[..count]),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PrefixedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let count = self.read.len().min(into.remaining());
        into.put_slice(&self.read[..count]);
        self.read.drain(..count);
        if self.read.is_empty() {
            self.read = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PrefixedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

enum AcceptedStream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<AcceptedStream> {
    match listener {
        Listener::Tcp(listener) => {
            listener.accept().await.map(|(stream, _)| AcceptedStream::Tcp(stream))
        }
        Listener::Unix(listener) => {
            listener.accept().await.map(|(stream, _)| AcceptedStream::Unix(stream))
        }
    }
}

/// accept(2) hands over errors that a single connection died of.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
