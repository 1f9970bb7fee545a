//! A portal on loopback: a small HTTP server that answers by script. It writes its bytes itself, so that it can also cut,
//! stall, drip and send what is no HTTP at all. It records every request.
//!
//! ```ignore
//! #[path = "support/origin.rs"]
//! mod origin;
//! let portal = Origin::start().await;
//! portal.on("/tin", Answer::page("<p>Tin").etag("\"1\"").conditional());
//! portal.route("/dem", |request| Answer::page(format!("lần {}", request.number)));
//! portal.url("/tin"); portal.requests("/tin"); portal.hits();
//! ```
#![allow(clippy::unwrap_used, reason = "a test may fail by unwrapping, its helpers too")]
// Each test file compiles this again and uses a part of it.
#![allow(dead_code)]

// A test takes the doubles that it needs, and two of them have this in common.
#[allow(clippy::duplicate_mod)]
#[path = "port.rs"]
mod port;

use std::collections::HashMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use url::Url;

use port::Port;

/// Runs until it is dropped.
pub struct Origin {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<State>,
    tls: Option<TlsAcceptor>,
    port: Port,
    listening: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    routes: Mutex<HashMap<String, Route>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

type Route = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names in lower case, in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// Of a POST.
    pub body: Vec<u8>,
    /// From 1: the connection it came by.
    pub connection: usize,
    /// From 1, of its target.
    pub number: usize,
    pub at: Instant,
    /// When its answer was written; None while it is under way.
    pub answered: Option<Instant>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What to answer, and how badly.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    conditional: bool,
    manner: Manner,
    /// Before the first byte.
    wait: Duration,
    /// A Content-Length other than the body's.
    claimed: Option<usize>,
    chunked: bool,
    close: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    Plain,
    /// One byte of the body at a time, with this between two.
    Drip(Duration),
    /// These bytes of the body, then the connection is closed.
    Cut(usize),
    /// The body is the whole answer.
    Raw,
    /// Nothing more, the connection stays open.
    Hang,
}

impl Answer {
    /// 200 with this body and no Content-Type.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status: 200,
            headers: vec![],
            body: body.into(),
            conditional: false,
            manner: Manner::Plain,
            wait: Duration::ZERO,
            claimed: None,
            chunked: false,
            close: false,
        }
    }

    /// 200, "text/html; charset=utf-8".
    pub fn page(html: impl Into<Vec<u8>>) -> Self {
        Answer::bytes(html).header("Content-Type", "text/html; charset=utf-8")
    }

    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Answer::bytes(text).header("Content-Type", "text/plain")
    }

    /// With a short page, as servers send it.
    pub fn status(status: u16) -> Self {
        let body = format!("<html><title>{status}</title><h1>{status}</h1></html>");
        Answer { status, ..Answer::page(body) }
    }

    pub fn redirect(status: u16, to: impl AsRef<[u8]>) -> Self {
        Answer::status(status).header("Location", to)
    }

    /// These bytes are all that is sent.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Answer { manner: Manner::Raw, ..Answer::bytes(bytes) }
    }

    /// The request is read, the connection closed.
    pub fn hang_up() -> Self {
        Answer::raw("")
    }

    /// The request is read, and nothing ever sent.
    pub fn hang() -> Self {
        Answer { manner: Manner::Hang, ..Answer::raw("") }
    }

    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Any bytes but line ends will do as a value.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Takes away what a constructor set.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        self
    }

    pub fn etag(self, etag: &str) -> Self {
        self.header("ETag", etag)
    }

    pub fn last_modified(self, date: &str) -> Self {
        self.header("Last-Modified", date)
    }

    /// Answers 304 to a request with the ETag, or with the date where there is no ETag.
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self
    }

    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// One byte of the body at a time.
    pub fn drip(mut self, pause: Duration) -> Self {
        self.manner = Manner::Drip(pause);
        self
    }

    /// Closes the connection after so many bytes of the body.
    pub fn cut(mut self, bytes: usize) -> Self {
        self.manner = Manner::Cut(bytes);
        self
    }

    /// Sends this Content-Length, whatever the body's is.
    pub fn claim(mut self, length: usize) -> Self {
        self.claimed = Some(length);
        self
    }

    /// Sends the body in chunks, without Content-Length.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Closes the connection after the answer, saying so.
    pub fn close(mut self) -> Self {
        self.close = true;
        self.header("Connection", "close")
    }

    pub fn gzip(self) -> Self {
        let coded = gzip(&self.body);
        self.encoded("gzip", coded)
    }

    /// zlib's format, which "deflate" means.
    pub fn deflate(self) -> Self {
        let mut coder = flate2::write::ZlibEncoder::new(vec![], flate2::Compression::default());
        coder.write_all(&self.body).expect("a Vec takes all");
        let coded = coder.finish().expect("a Vec takes all");
        self.encoded("deflate", coded)
    }

    /// The bare stream, which some servers call "deflate".
    pub fn raw_deflate(self) -> Self {
        let mut coder = flate2::write::DeflateEncoder::new(vec![], flate2::Compression::default());
        coder.write_all(&self.body).expect("a Vec takes all");
        let coded = coder.finish().expect("a Vec takes all");
        self.encoded("deflate", coded)
    }

    pub fn brotli(self) -> Self {
        let coded = brotli(&self.body);
        self.encoded("br", coded)
    }

    pub fn zstd(self) -> Self {
        let coded = zstd(&self.body);
        self.encoded("zstd", coded)
    }

    /// A body that is coded already.
    pub fn encoded(self, coding: &str, body: impl Into<Vec<u8>>) -> Self {
        Answer { body: body.into(), ..self.header("Content-Encoding", coding) }
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    fn matches(&self, request: &Request) -> bool {
        let sent = |name: &str| request.header(name).map(str::as_bytes);
        match (self.value("etag"), sent("if-none-match")) {
            (Some(etag), Some(sent)) => etag == sent,
            (Some(_), None) | (None, Some(_)) | (None, None) => {
                let date = self.value("last-modified");
                date.is_some() && date == sent("if-modified-since")
            }
        }
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut coder = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
    coder.write_all(bytes).expect("a Vec takes all");
    coder.finish().expect("a Vec takes all")
}

/// Brotli without compressing: uncompressed meta-blocks (RFC 7932 §9.2) of up to 64 KiB.
pub fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut coded = vec![];
    for (number, block) in bytes.chunks(1 << 16).enumerate() {
        // From the lowest bit: a window of 16 bits ("0", first block only), not the last, four nibbles of length - 1,
        // uncompressed.
        let header = ((block.len() as u32 - 1) << 3) | (1 << 19);
        let header = if number == 0 { header << 1 } else { header };
        coded.extend_from_slice(&header.to_le_bytes()[..3]);
        coded.extend_from_slice(block);
    }
    // An empty last block, after the window's bit where there was no other block.
    coded.push(if bytes.is_empty() { 6 } else { 3 });
    coded
}

/// Zstandard without compressing: raw blocks (RFC 8878 §3.1.1.2).
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut coded = zstd_start();
    for block in bytes.chunks(1 << 16) {
        coded.extend_from_slice(&((block.len() as u32) << 3).to_le_bytes()[..3]);
        coded.extend_from_slice(block);
    }
    coded.extend_from_slice(&[1, 0, 0]);
    coded
}

/// Zeros as Zstandard: 4 bytes for each 128 KiB.
pub fn zstd_bomb(length: usize) -> Vec<u8> {
    let mut coded = zstd_start();
    for _ in 0..length.div_ceil(1 << 17) {
        coded.extend_from_slice(&((1_u32 << 20) | (1 << 1)).to_le_bytes()[..3]);
        coded.push(0);
    }
    coded.extend_from_slice(&[1, 0, 0]);
    coded
}

/// Magic, a frame without content size, a window of 1 MiB.
fn zstd_start() -> Vec<u8> {
    vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3]
}

impl Origin {
    /// On a free port of 127.0.0.1. What has no route is answered 404, robots.txt as well.
    pub async fn start() -> Origin {
        Origin::listen(Port::any(), None).await
    }

    /// At an address of loopback, which makes it a host of its own: what is asked of one host waits for each other.
    pub async fn start_at(address: Ipv4Addr) -> Origin {
        Origin::listen(Port::of(address), None).await
    }

    /// Speaks TLS.
    pub async fn start_tls(config: ServerConfig) -> Origin {
        Origin::listen(Port::any(), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(port: Port, tls: Option<TlsAcceptor>) -> Origin {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State::default());
        let address = port.address;
        let origin = Origin { address, scheme, state, tls, port, listening: Mutex::new(None) };
        origin.come_back();
        origin
    }

    /// Refuses connections from now on, those that are open end.
    pub async fn go_away(&self) {
        let task = self.listening.lock().unwrap().take();
        if let Some(task) = task {
            task.abort();
            // Cancelled, which is what was asked for.
            let _ = task.await;
        }
    }

    /// Takes connections again, at the same address.
    pub fn come_back(&self) {
        let accepting = accept(self.port.listen(), self.tls.clone(), self.state.clone());
        *self.listening.lock().unwrap() = Some(tokio::spawn(accepting));
    }

    /// Answers `target` (path and query, as sent) so, each time.
    pub fn on(&self, target: &str, answer: Answer) {
        self.route(target, move |_| answer.clone());
    }

    /// Answers `target`, or with "*" whatever has no route of its own.
    pub fn route(&self, target: &str, route: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.state.routes.lock().unwrap().insert(target.to_owned(), Arc::new(route));
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, target: &str) -> Url {
        self.url_by(&self.address.ip().to_string(), target)
    }

    /// By another name of this machine.
    pub fn url_by(&self, host: &str, target: &str) -> Url {
        let text = format!("{}://{host}:{}{target}", self.scheme, self.address.port());
        Url::parse(&text).expect("a host and a path make a URL")
    }

    /// The requests for a target so far, in the order in which they came.
    pub fn requests(&self, target: &str) -> Vec<Request> {
        self.all_requests().into_iter().filter(|request| request.target == target).collect()
    }

    pub fn all_requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Requests of any kind so far.
    pub fn hits(&self) -> usize {
        self.state.requests.lock().unwrap().len()
    }

    /// Connections accepted so far, whether a request came by them or not.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were ever under way at once.
    pub fn most_in_flight(&self) -> usize {
        self.state.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(task) = self.listening.get_mut().unwrap().take() {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    // Dropped with this task, so that an origin that is gone has no open connections.
    let mut serving = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Headers and body are written apart, which would cost 40 ms an answer otherwise.
        let _ = stream.set_nodelay(true);
        let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (tls, state) = (tls.clone(), state.clone());
        // Whatever goes wrong with a connection is the client's to notice: that is what is tested.
        serving.spawn(async move {
            let _ = match tls {
                None => serve(stream, number, &state).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, number, &state).await,
                    Err(error) => Err(error),
                },
            };
        });
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    state: &State,
) -> std::io::Result<()> {
    let mut input = vec![];
    while let Some(request) = read_request(&mut stream, &mut input, connection).await? {
        let (at, request, route) = {
            let mut requests = state.requests.lock().unwrap();
            let earlier = requests.iter().filter(|r| r.target == request.target).count();
            let request = Request { number: earlier + 1, ..request };
            requests.push(request.clone());
            let routes = state.routes.lock().unwrap();
            let route = routes
                .get(&request.target)
                .or_else(|| if request.target == "/robots.txt" { None } else { routes.get("*") });
            (requests.len() - 1, request, route.cloned())
        };
        let now = state.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let answer = route.map_or_else(|| Answer::status(404), |route| route(&request));
        let written = write_answer(&mut stream, &request, &answer).await;
        state.in_flight.fetch_sub(1, Ordering::SeqCst);
        state.requests.lock().unwrap()[at].answered = Some(Instant::now());
        if !written? {
            break;
        }
    }
    stream.shutdown().await
}

/// None when the client has closed the connection.
async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    input: &mut Vec<u8>,
    connection: usize,
) -> std::io::Result<Option<Request>> {
    let end = loop {
        if let Some(end) = input.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(input).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&input[..end]).into_owned();
    input.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    while input.len() < length {
        if stream.read_buf(input).await? == 0 {
            return Ok(None);
        }
    }
    let body: Vec<u8> = input.drain(..length).collect();
    Ok(Some(Request {
        method: first.next().unwrap_or_default(),
        target: first.next().unwrap_or_default(),
        headers,
        body,
        connection,
        number: 0,
        at: Instant::now(),
        answered: None,
    }))
}

/// Whether the connection may be used again.
async fn write_answer(
    stream: &mut (impl AsyncWrite + Unpin),
    request: &Request,
    answer: &Answer,
) -> std::io::Result<bool> {
    tokio::time::sleep(answer.wait).await;
    match answer.manner {
        Manner::Raw => {
            stream.write_all(&answer.body).await?;
            stream.flush().await?;
            return Ok(false);
        }
        Manner::Hang => std::future::pending().await,
        _ => {}
    }
    let unchanged = answer.conditional && answer.matches(request);
    let (status, body): (u16, &[u8]) =
        if unchanged { (304, b"") } else { (answer.status, &answer.body) };
    let mut head = format!("HTTP/1.1 {status} Whatever\r\n").into_bytes();
    for (name, value) in &answer.headers {
        let of_body = name.to_ascii_lowercase().starts_with("content-");
        if !(unchanged && of_body) {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        }
    }
    let bodiless = status == 304 || status == 204;
    if answer.chunked && !bodiless {
        head.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    } else if !bodiless {
        let length = answer.claimed.unwrap_or(body.len());
        head.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await?;
    match answer.manner {
        Manner::Drip(pause) => {
            for byte in body {
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(pause).await;
            }
        }
        Manner::Cut(bytes) => {
            stream.write_all(&body[..bytes.min(body.len())]).await?;
            stream.flush().await?;
            return Ok(false);
        }
        _ if answer.chunked && !bodiless => {
            for chunk in body.chunks(1 << 14) {
                stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
                stream.write_all(chunk).await?;
                stream.write_all(b"\r\n").await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        _ => stream.write_all(body).await?,
    }
    stream.flush().await?;
    Ok(!answer.close)
}
