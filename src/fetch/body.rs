//! Bodies: read piece by piece and counted after decoding, so that a small bomb cannot become a large page. A server
//! that drips is given up.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::{Instant, timeout_at};

use super::Limits;
use bantin_extract::charset;

/// Why a body was not read to its end.
pub(super) enum BodyError {
    /// More than the cap.
    TooLarge,
    /// Slower than the least throughput.
    Slow,
    /// The time for the whole fetch is over.
    Late,
    Broken(reqwest::Error),
    /// A Content-Encoding that we never asked for and cannot read, or that the body belies.
    Coding(String),
}

/// Reads up to `cap` decoded bytes. What came before a stop is handed out beside its reason.
pub(super) async fn read(
    response: &mut Response,
    cap: usize,
    deadline: Instant,
    limits: &Limits,
) -> (Vec<u8>, Option<BodyError>) {
    let codings = codings(response.headers());
    let (raw, stop) = pieces(response, cap, deadline, limits).await;
    if stop.is_some() || codings.is_empty() {
        return (raw, stop);
    }
    // Codings are listed in the order in which they were applied (RFC 9110 §8.4).
    let mut body = raw;
    for coding in codings.iter().rev() {
        let decoded = decode(coding, &body, cap);
        match decoded {
            Ok(decoded) if decoded.len() > cap => return (vec![], Some(BodyError::TooLarge)),
            Ok(decoded) => body = decoded,
            Err(error) => return (vec![], Some(BodyError::Coding(format!("{coding}: {error}")))),
        }
    }
    (body, None)
}

/// A file that is compressed by itself, up to `cap` bytes of what is in it. One that a server has already unpacked stays
/// as it is.
pub(super) fn unpack(body: Vec<u8>, cap: usize) -> (Vec<u8>, Option<BodyError>) {
    if !body.starts_with(&[0x1f, 0x8b]) {
        return (body, None);
    }
    match decode("gzip", &body, cap) {
        Ok(unpacked) if unpacked.len() > cap => (vec![], Some(BodyError::TooLarge)),
        Ok(unpacked) => (unpacked, None),
        Err(error) => (vec![], Some(BodyError::Coding(format!("gzip: {error}")))),
    }
}

async fn pieces(
    response: &mut Response,
    cap: usize,
    deadline: Instant,
    limits: &Limits,
) -> (Vec<u8>, Option<BodyError>) {
    let mut body = Vec::new();
    let started = Instant::now();
    loop {
        // With what has come so far, the average falls below the least throughput at this moment.
        let paid_for = std::time::Duration::from_secs_f64(
            body.len() as f64 / limits.min_bytes_per_second.max(1) as f64,
        );
        let slow_at = started + paid_for.max(limits.slow_after);
        let piece = match timeout_at(slow_at.min(deadline), response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => return (body, None),
            Ok(Err(error)) => return (body, Some(BodyError::Broken(error))),
            Err(_) if slow_at < deadline => return (body, Some(BodyError::Slow)),
            Err(_) => return (body, Some(BodyError::Late)),
        };
        let room = cap - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return (body, Some(BodyError::TooLarge));
        }
    }
}

/// Returns the codings that the client left undecoded, in lower case. It decodes "gzip", "br" and
/// "zstd" where they occur alone.
pub(super) fn codings(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            text.split(',').map(|coding| coding.trim().to_owned()).collect::<Vec<_>>()
        })
        .filter(|coding| !coding.is_empty() && !is_no_coding(coding))
        .collect()
}

/// Whether a server that writes this into Content-Encoding has encoded nothing: it names the character set, the transfer,
/// or the absence of a coding.
fn is_no_coding(said: &str) -> bool {
    let label = said.strip_prefix("charset=").unwrap_or(said);
    matches!(
        said,
        "identity"
            | "none"
            | "no"
            | "null"
            | "default"
            | "plain"
            | "text"
            | "binary"
            | "7bit"
            | "8bit"
            | "chunked"
            | "unicode"
    ) || said.contains('/')
        || charset::known(label).is_some()
}

/// Decodes at most one byte more than `cap`.
fn decode(coding: &str, body: &[u8], cap: usize) -> io::Result<Vec<u8>> {
    let reader: Box<dyn Read + '_> = match coding {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(body)),
        // "deflate" means zlib's format, but some servers send the bare stream (RFC 9110 §8.4.1.2).
        "deflate" if is_zlib(body) => Box::new(ZlibDecoder::new(body)),
        "deflate" => Box::new(DeflateDecoder::new(body)),
        _ => return Err(io::Error::other("a coding that was not asked for")),
    };
    let mut decoded = vec![];
    reader.take(cap as u64 + 1).read_to_end(&mut decoded)?;
    Ok(decoded)
}

/// RFC 1950 §2.2: method 8, and the first two bytes a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    match body {
        [first, second, ..] => {
            first & 15 == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31)
        }
        _ => false,
    }
}
