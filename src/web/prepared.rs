//! The short way from a request to an answer that lies ready in memory: what feed readers ask all day long. Anything else
//! (another method, a path that is not ready, a body, a head that came in pieces, HTTP/2) goes to hyper with the bytes
//! that were read, and so does whatever is odd: this loop only knows what it is sure of.
//!
//! A connection that waits holds no buffer: a thread reads into one of its own, and what is not a whole head goes away
//! with the connection. Answers are written from the bytes that all readers share.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::io::{self, IoSlice};
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};
use chrono::{DateTime, Utc};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::Web;
use super::encoded_document::{ConditionalHeaders, EncodedDocument, add, http_date};
use super::memfd_body::MemfdBody;
use crate::counters::RequestKind;
use bantin_model::limits::{
    HTTP_CONNECTION_AGE, HTTP_HEADER_TIMEOUT, HTTP_LAST_REQUEST, HTTP_WRITE_TIMEOUT,
};

/// Bytes read at once. A longer head is hyper's.
const HEAD_BYTES: usize = 16 * 1024;
/// Fields of a head; one with more is hyper's.
const FIELDS: usize = 48;

/// A document with the heads of its answers.
#[derive(Debug, Clone)]
pub struct PreparedResponse {
    pub stored: EncodedDocument,
    /// Of this document alone: where its hub is, who may read it.
    extra: Vec<(HeaderName, HeaderValue)>,
    /// A head for each of its codings.
    heads: Vec<PreparedHead>,
}

#[derive(Debug, Clone)]
struct PreparedHead {
    ok: Bytes,
    unchanged: Bytes,
    /// The body where it is sent from, since somebody asked for it.
    lent: OnceLock<Option<Arc<MemfdBody>>>,
}

impl PreparedResponse {
    /// `guards` are those that every answer carries.
    pub fn new(
        stored: EncodedDocument,
        extra: Vec<(HeaderName, HeaderValue)>,
        guards: &[(HeaderName, HeaderValue)],
    ) -> Self {
        let heads = (0..stored.codings().len()).map(|place| heads(&stored, place, &extra, guards));
        let heads = heads.collect();
        PreparedResponse { stored, extra, heads }
    }

    /// The same answer by way of the router.
    pub fn answer(&self, asked: &HeaderMap, cache_control: &str) -> Response<Body> {
        let mut answer = self.stored.answer(asked, cache_control);
        for (name, value) in &self.extra {
            answer.headers_mut().append(name, value.clone());
        }
        answer
    }

    pub fn extra(&self) -> &[(HeaderName, HeaderValue)] {
        &self.extra
    }
}

fn heads(
    stored: &EncodedDocument,
    place: usize,
    extra: &[(HeaderName, HeaderValue)],
    guards: &[(HeaderName, HeaderValue)],
) -> PreparedHead {
    let coded = &stored.codings()[place];
    let mut both = format!("etag: {}\r\nvary: Accept-Encoding\r\n", coded.etag);
    if let Some(at) = stored.last_modified() {
        both += &format!("last-modified: {}\r\n", http_date(at));
    }
    let mut both = both.into_bytes();
    for (name, value) in extra.iter().chain(guards) {
        both.extend_from_slice(name.as_str().as_bytes());
        both.extend_from_slice(b": ");
        both.extend_from_slice(value.as_bytes());
        both.extend_from_slice(b"\r\n");
    }
    let mut ok = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-length: {}\r\n",
        stored.content_type(),
        coded.bytes.len()
    );
    if let Some(name) = coded.coding.name() {
        ok += &format!("content-encoding: {name}\r\n");
    }
    PreparedHead {
        ok: [ok.as_bytes(), &both].concat().into(),
        unchanged: [b"HTTP/1.1 304 Not Modified\r\n", &both[..]].concat().into(),
        lent: OnceLock::new(),
    }
}

/// All that lies ready, by path.
pub type PreparedPaths = HashMap<String, Arc<PreparedResponse>>;

/// What the loop needs of a stream; TCP and Unix sockets have it alike.
pub trait NonblockingStream: Send + Sync + 'static {
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;
    fn try_read(&self, into: &mut [u8]) -> io::Result<usize>;
    fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Whether [`NonblockingStream::try_send`] is better than [`NonblockingStream::try_write`] where it can be had.
    const LENDS: bool;
    fn try_send(&self, head: &[IoSlice<'_>], body: &MemfdBody) -> io::Result<usize>;
    /// Records that everything received so far was read, which saves a call to the kernel. Later
    /// bytes still wake the task: readiness is edge-triggered, and the end of a stream remains
    /// reported.
    fn drained(&self);
}

macro_rules! wire {
    ($stream:ty, $lends:literal) => {
        impl NonblockingStream for $stream {
            fn readable(&self) -> impl Future<Output = io::Result<()>> + Send {
                self.readable()
            }
            fn writable(&self) -> impl Future<Output = io::Result<()>> + Send {
                self.writable()
            }
            fn try_read(&self, into: &mut [u8]) -> io::Result<usize> {
                self.try_read(into)
            }
            fn try_write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
                self.try_write_vectored(parts)
            }
            const LENDS: bool = $lends;
            fn try_send(&self, head: &[IoSlice<'_>], body: &MemfdBody) -> io::Result<usize> {
                self.try_io(Interest::WRITABLE, || body.send(self, head))
            }
            fn drained(&self) {
                let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
                // It always says so.
                let _ = self.try_io(Interest::READABLE, nothing);
            }
        }
    };
}
wire!(TcpStream, true);
wire!(UnixStream, false);

/// How a connection left the loop.
pub enum LoopExit {
    /// It is over.
    Ended,
    /// It asks for what does not lie ready, or asks in a way that hyper knows better; these bytes were read already.
    NeedsHyper(Vec<u8>),
}

/// Answers what lies ready until something else is asked for, the client goes, or we stop.
pub async fn serve<S: NonblockingStream>(
    stream: &S,
    web: &Web,
    stopping: &watch::Receiver<()>,
) -> LoopExit {
    let born = Instant::now();
    // Made once: it puts itself on a list, which is too much for every request.
    let mut heard = stopping.clone();
    let mut stop = std::pin::pin!(heard.changed());
    let mut stops = false;
    let mut idle_since = born;
    let mut idle = std::pin::pin!(sleep_until(born + HTTP_HEADER_TIMEOUT));
    // Bytes that followed a request whose answer had to wait.
    let mut pending: Vec<u8> = Vec::new();
    loop {
        let turn = if pending.is_empty() {
            tokio::select! {
                biased;
                readable = stream.readable() => {
                    if readable.is_err() {
                        return LoopExit::Ended;
                    }
                }
                _ = stop.as_mut(), if !stops => {
                    // The client does not know that yet: its request may be on the way.
                    stops = true;
                    idle.as_mut().reset(Instant::now() + HTTP_LAST_REQUEST);
                    continue;
                }
                () = idle.as_mut() => {
                    if stops || idle_since.elapsed() >= HTTP_HEADER_TIMEOUT {
                        return LoopExit::Ended;
                    }
                    idle.as_mut().reset(idle_since + HTTP_HEADER_TIMEOUT);
                    continue;
                }
            }
            let last = born.elapsed() >= HTTP_CONNECTION_AGE || stopping.has_changed().is_err();
            turn(stream, web, None, last)
        } else {
            turn(stream, web, Some(std::mem::take(&mut pending)), false)
        };
        idle_since = Instant::now();
        match turn {
            TurnResult::Wait => {}
            TurnResult::End => return LoopExit::Ended,
            TurnResult::NeedsHyper(read) => return LoopExit::NeedsHyper(read),
            TurnResult::Rest { rest, read, close } => {
                if write_rest(stream, rest).await.is_err() || close {
                    return LoopExit::Ended;
                }
                pending = read;
            }
        }
    }
}

enum TurnResult {
    Wait,
    End,
    NeedsHyper(Vec<u8>),
    /// The client takes its answer more slowly than we give it.
    Rest {
        rest: UnsentAnswer,
        read: Vec<u8>,
        close: bool,
    },
}

/// What is still to be sent of an answer.
struct UnsentAnswer {
    head: Vec<u8>,
    body: Bytes,
    sent: usize,
}

thread_local! {
    /// One for all connections of a thread: it is only used between two waits.
    static BUFFERS: RefCell<ThreadBuffers> = RefCell::new(ThreadBuffers {
        read: vec![0; HEAD_BYTES].into_boxed_slice(),
        date_header: DateHeader::default(),
    });
}

struct ThreadBuffers {
    read: Box<[u8]>,
    date_header: DateHeader,
}

/// The lines of a head that change from one second to the next.
#[derive(Default)]
struct DateHeader {
    second: i64,
    age: i64,
    lines: String,
}

impl DateHeader {
    fn update(&mut self, now: DateTime<Utc>, age: i64) {
        let second = now.timestamp();
        if self.second == second && self.age == age && !self.lines.is_empty() {
            return;
        }
        let cache_control = super::feeds::cache_control(age);
        self.lines = format!("date: {}\r\ncache-control: {cache_control}\r\n", http_date(now));
        (self.second, self.age) = (second, age);
    }
}

/// Reads what has come and answers it. Never waits.
fn turn<S: NonblockingStream>(
    stream: &S,
    web: &Web,
    before: Option<Vec<u8>>,
    last: bool,
) -> TurnResult {
    BUFFERS.with_borrow_mut(|buffers| {
        let ThreadBuffers { read, date_header } = buffers;
        let mut came = match &before {
            Some(before) => &before[..],
            None => match stream.try_read(read) {
                Ok(0) => return TurnResult::End,
                Ok(count) => {
                    if count < read.len() {
                        stream.drained();
                    }
                    &read[..count]
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return TurnResult::Wait,
                Err(_) => return TurnResult::End,
            },
        };
        let Some(rendered) = web.0.feeds.rendered() else {
            return TurnResult::NeedsHyper(came.to_vec());
        };
        let now = web.0.clock.now();
        date_header.update(now, web.0.feeds.max_age(now));
        while !came.is_empty() {
            let Some(request) = PreparedRequest::read(came, &rendered.ready) else {
                return TurnResult::NeedsHyper(came.to_vec());
            };
            let (place, unchanged) = request.ready.stored.choose(&request.asked);
            let heads = &request.ready.heads[place];
            let head = if unchanged { &heads.unchanged } else { &heads.ok };
            let body = match unchanged || request.head_only {
                true => Bytes::new(),
                false => request.ready.stored.codings()[place].bytes.clone(),
            };
            let close = request.close || last;
            came = &came[request.length..];
            let end: &[u8] = if close { b"connection: close\r\n\r\n" } else { b"\r\n" };
            let parts = [
                IoSlice::new(head),
                IoSlice::new(date_header.lines.as_bytes()),
                IoSlice::new(end),
                IoSlice::new(&body),
            ];
            let whole: usize = parts.iter().map(|part| part.len()).sum();
            // Not for a HEAD, whose empty body says nothing of the one to come.
            let lent = match S::LENDS && !body.is_empty() {
                true => heads.lent.get_or_init(|| MemfdBody::new(&body).map(Arc::new)).as_deref(),
                false => None,
            };
            let sent = match lent {
                Some(lent) => stream.try_send(&parts[..3], lent),
                None => stream.try_write(&parts),
            };
            let sent = match sent {
                Ok(sent) => sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(_) => return TurnResult::End,
            };
            web.0.counters.request(RequestKind::Feed, if unchanged { 304 } else { 200 });
            if sent < whole {
                let head = [head, date_header.lines.as_bytes(), end].concat();
                return TurnResult::Rest {
                    rest: UnsentAnswer { head, body, sent },
                    read: came.to_vec(),
                    close,
                };
            }
            if close {
                return TurnResult::End;
            }
        }
        TurnResult::Wait
    })
}

async fn write_rest<S: NonblockingStream>(stream: &S, mut rest: UnsentAnswer) -> io::Result<()> {
    let whole = rest.head.len() + rest.body.len();
    let slow = || io::Error::from(io::ErrorKind::TimedOut);
    let until = Instant::now() + HTTP_CONNECTION_AGE;
    while rest.sent < whole {
        timeout(HTTP_WRITE_TIMEOUT, stream.writable()).await.map_err(|_| slow())??;
        if Instant::now() > until {
            return Err(slow());
        }
        let in_head = rest.sent.min(rest.head.len());
        let in_body = rest.sent - in_head;
        let parts = [IoSlice::new(&rest.head[in_head..]), IoSlice::new(&rest.body[in_body..])];
        match stream.try_write(&parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(sent) => rest.sent += sent,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A request that can be answered here.
struct PreparedRequest<'a> {
    ready: &'a PreparedResponse,
    asked: ConditionalHeaders<'a>,
    head_only: bool,
    close: bool,
    /// Bytes of its head; it has no body.
    length: usize,
}

impl<'a> PreparedRequest<'a> {
    /// None for whatever is not wholly here, not plain, or not ready.
    fn read(bytes: &'a [u8], paths: &'a PreparedPaths) -> Option<Self> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        let Ok(httparse::Status::Complete(length)) = request.parse(bytes) else {
            return None;
        };
        let head_only = match request.method? {
            "GET" => false,
            "HEAD" => true,
            _ => return None,
        };
        let ready = paths.get(request.path?)?;
        let mut asked = ConditionalHeaders::default();
        // An HTTP/1.0 connection ends with its answer. A client that wants to keep it says so in a
        // field, and hyper handles that.
        let mut close = request.version? == 0;
        let mut hosts = 0;
        for field in request.headers.iter() {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            match field.name.len() {
                4 if is("host") => hosts += 1,
                4 if is("a-im") => return None,
                6 if is("expect") => return None,
                7 if is("upgrade") => return None,
                10 if is("connection") => match field.value {
                    value if value.eq_ignore_ascii_case(b"close") => close = true,
                    value if value.eq_ignore_ascii_case(b"keep-alive") && !close => {}
                    _ => return None,
                },
                13 if is("if-none-match") => add(&mut asked.if_none_match, field.value),
                14 if is("content-length") => return None,
                15 if is("accept-encoding") => add(&mut asked.accept_encoding, field.value),
                17 if is("transfer-encoding") => return None,
                17 if is("if-modified-since") => {
                    asked.if_modified_since = std::str::from_utf8(field.value).ok();
                }
                _ => {}
            }
        }
        if hosts > 1 {
            return None;
        }
        Some(PreparedRequest { ready, asked, head_only, close, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> PreparedPaths {
        let stored = EncodedDocument::new("text/plain", b"tin".to_vec(), None);
        let ready = PreparedResponse::new(stored, Vec::new(), &[]);
        HashMap::from([("/tin".to_owned(), Arc::new(ready))])
    }

    #[test]
    fn only_what_is_whole_plain_and_ready_is_answered_here() {
        let paths = paths();
        let check = |text: &str, wanted: bool| {
            let text = text.replace('\n', "\r\n");
            let read = PreparedRequest::read(text.as_bytes(), &paths);
            assert_eq!(read.is_some(), wanted, "{text:?}");
        };
        check("GET /tin HTTP/1.1\nHost: a\n\n", true);
        check("HEAD /tin HTTP/1.1\nHost: a\n\n", true);
        check("GET /tin HTTP/1.0\n\n", true);
        check("GET /tin HTTP/1.1\nHost: a\nConnection: keep-alive\n\n", true);
        check("GET /tin HTTP/1.1\nHost: a\n", false);
        check("GET /tin?q HTTP/1.1\nHost: a\n\n", false);
        check("GET http://a/tin HTTP/1.1\nHost: a\n\n", false);
        check("POST /tin HTTP/1.1\nHost: a\n\n", false);
        check("GET /other HTTP/1.1\nHost: a\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nHost: b\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nContent-Length: 0\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nExpect: 100-continue\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nA-IM: feed\n\n", false);
        check("GET /tin HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: h2c\n\n", false);
        check("GET /tin HTTP/1.0\nConnection: keep-alive\n\n", false);
        check("GET /tin HTTP/2.0\n\n", false);
        check("PRI * HTTP/2.0\n\nSM\n\n", false);
        check("GET /tin HTTP/1.1\nHost : a\n\n", false);
    }
}
