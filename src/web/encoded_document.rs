//! Bytes made once and served many times: plain, gzip, brotli and zstd, each with its own strong ETag (RFC 9110 §8.8.3),
//! and the answer to a conditional request (§13). Nothing is compressed per request.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use bantin_model::limits::{BROTLI_BEST_BYTES, GZIP_BEST_BYTES, GZIP_QUICK, ZSTD_BEST_BYTES};

/// A document in memory, in every coding we serve; cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedDocument(Arc<EncodedVersions>);

#[derive(Debug, PartialEq)]
struct EncodedVersions {
    content_type: &'static str,
    /// Of the plain bytes, in hexadecimal: what the tags are made of.
    hash: String,
    /// Whole seconds. None for what is part of the program.
    last_modified: Option<DateTime<Utc>>,
    /// Plain first, then gzip, then what was made since.
    codings: Vec<EncodedBody>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EncodedBody {
    pub coding: ContentCoding,
    pub bytes: Bytes,
    /// With its quotation marks.
    pub etag: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentCoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

impl ContentCoding {
    /// As Content-Encoding names it; None for plain bytes.
    pub fn name(self) -> Option<&'static str> {
        match self {
            ContentCoding::Identity => None,
            ContentCoding::Gzip => Some("gzip"),
            ContentCoding::Brotli => Some("br"),
            ContentCoding::Zstd => Some("zstd"),
        }
    }

    /// What a tag, and a file of this coding, ends in.
    pub fn ending(self) -> &'static str {
        match self {
            ContentCoding::Identity => "",
            ContentCoding::Gzip => "gz",
            ContentCoding::Brotli => "br",
            ContentCoding::Zstd => "zst",
        }
    }

    fn pack(self, bytes: &[u8], worth: CompressionEffort) -> Vec<u8> {
        let packed = match self {
            ContentCoding::Identity => Ok(bytes.to_vec()),
            ContentCoding::Gzip => {
                // A reader waits for this one, and a start for all of them.
                let level = match worth {
                    CompressionEffort::OneAnswer => Compression::new(GZIP_QUICK),
                    CompressionEffort::Many if bytes.len() <= GZIP_BEST_BYTES => {
                        Compression::best()
                    }
                    CompressionEffort::Many => Compression::default(),
                };
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(bytes).and_then(|()| encoder.finish())
            }
            ContentCoding::Brotli => {
                // The best takes a second for half a megabyte, and little is won over the second best.
                let quality = if bytes.len() <= BROTLI_BEST_BYTES { 11 } else { 9 };
                // A window that is larger than the document holds memory in vain: 32 MB of it for the usual one.
                let bits = usize::BITS - bytes.len().leading_zeros();
                let lgwin = i32::try_from(bits).map_or(22, |bits| bits.clamp(16, 22));
                let params =
                    brotli::enc::BrotliEncoderParams { quality, lgwin, ..Default::default() };
                let mut packed = Vec::new();
                brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).map(|_| packed)
            }
            ContentCoding::Zstd => {
                let level = if bytes.len() <= ZSTD_BEST_BYTES { 19 } else { 12 };
                zstd::bulk::compress(bytes, level)
            }
        };
        packed.expect("writing into memory does not fail")
    }
}

/// How many answers a packing is for, and so how much time it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CompressionEffort {
    OneAnswer,
    Many,
}

impl EncodedDocument {
    /// The bytes as they are and in gzip, which every reader takes.
    pub fn new(
        content_type: &'static str,
        bytes: Vec<u8>,
        last_modified: Option<DateTime<Utc>>,
    ) -> Self {
        Self::of(content_type, bytes, last_modified, CompressionEffort::Many)
    }

    /// The same for bytes that were made for one answer: packed a fifth larger in a fifth of the time.
    pub fn once(
        content_type: &'static str,
        bytes: Vec<u8>,
        last_modified: Option<DateTime<Utc>>,
    ) -> Self {
        Self::of(content_type, bytes, last_modified, CompressionEffort::OneAnswer)
    }

    fn of(
        content_type: &'static str,
        bytes: Vec<u8>,
        last_modified: Option<DateTime<Utc>>,
        worth: CompressionEffort,
    ) -> Self {
        let hash: String =
            Sha256::digest(&bytes)[..12].iter().map(|b| format!("{b:02x}")).collect();
        let gzip = coded(ContentCoding::Gzip, &bytes, &hash, worth);
        let identity = EncodedBody {
            coding: ContentCoding::Identity,
            etag: format!("\"{hash}\""),
            // What a growing vector holds beyond its bytes would be held as long as the document.
            bytes: bytes.into_boxed_slice().into(),
        };
        let last_modified = last_modified.map(|at| at.trunc_subsecs(0));
        let codings = vec![identity, gzip];
        EncodedDocument(Arc::new(EncodedVersions { content_type, hash, last_modified, codings }))
    }

    /// The same in brotli and zstd as well; these take time that a first reader should not wait for.
    pub fn packed(&self) -> Self {
        if self.is_packed() {
            return self.clone();
        }
        let inner = &*self.0;
        let mut codings = inner.codings.clone();
        for coding in [ContentCoding::Brotli, ContentCoding::Zstd] {
            codings.push(coded(coding, self.bytes(), &inner.hash, CompressionEffort::Many));
        }
        EncodedDocument(Arc::new(EncodedVersions {
            content_type: inner.content_type,
            hash: inner.hash.clone(),
            last_modified: inner.last_modified,
            codings,
        }))
    }

    pub fn is_packed(&self) -> bool {
        self.0.codings.len() > 2
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0.codings[0].bytes
    }

    pub fn body(&self) -> &Bytes {
        &self.0.codings[0].bytes
    }

    pub fn content_type(&self) -> &'static str {
        self.0.content_type
    }

    /// What all tags of these bytes have in common.
    pub fn hash(&self) -> &str {
        &self.0.hash
    }

    pub fn codings(&self) -> &[EncodedBody] {
        &self.0.codings
    }

    pub fn last_modified(&self) -> Option<DateTime<Utc>> {
        self.0.last_modified
    }

    /// Which coding the answer to a GET or HEAD is in, and whether the client has it already.
    pub fn choose(&self, asked: &ConditionalHeaders<'_>) -> (usize, bool) {
        let codings = &self.0.codings;
        let weights = CodingWeights::read(asked.accept_encoding.as_deref().unwrap_or_default());
        let mut chosen = 0;
        let mut best = (weights.explicit(ContentCoding::Identity), usize::MAX);
        for (place, coded) in codings.iter().enumerate().skip(1) {
            let weight = weights.explicit(coded.coding);
            let smaller = weight == best.0 && coded.bytes.len() < best.1;
            if weight > 0.0 && (weight > best.0 || smaller) {
                (chosen, best) = (place, (weight, coded.bytes.len()));
            }
        }
        if let Some(list) = asked.if_none_match.as_deref() {
            // Of the codings that the client takes, the one it has is as good as the one we would choose: brotli and
            // zstd come a little after gzip.
            let has = |place: &usize| {
                let coded = &codings[*place];
                (*place == chosen || weights.accepts(coded.coding)) && names_etag(list, &coded.etag)
            };
            return match std::iter::once(chosen).chain(0..codings.len()).find(has) {
                Some(place) => (place, true),
                None => (chosen, false),
            };
        }
        let since = asked.if_modified_since.and_then(read_http_date);
        let unchanged = matches!((since, self.0.last_modified), (Some(since), Some(modified)) if modified <= since);
        (chosen, unchanged)
    }

    /// The answer to a GET or HEAD with these headers; hyper leaves the body of a HEAD out, its length in.
    pub fn answer(&self, asked: &HeaderMap, cache_control: &str) -> Response<Body> {
        let (place, unchanged) = self.choose(&ConditionalHeaders::of(asked));
        let coded = &self.0.codings[place];
        let mut answer = Response::builder()
            .header(header::ETAG, &coded.etag)
            .header(header::CACHE_CONTROL, cache_control)
            .header(header::VARY, "Accept-Encoding");
        if let Some(at) = self.0.last_modified {
            answer = answer.header(header::LAST_MODIFIED, http_date(at));
        }
        let answer = if unchanged {
            answer.status(StatusCode::NOT_MODIFIED).body(Body::empty())
        } else {
            if let Some(coding) = coded.coding.name() {
                answer = answer.header(header::CONTENT_ENCODING, coding);
            }
            answer
                .header(header::CONTENT_TYPE, self.0.content_type)
                .header(header::CONTENT_LENGTH, coded.bytes.len())
                .body(Body::from(coded.bytes.clone()))
        };
        answer.expect("these headers are ASCII")
    }
}

fn coded(coding: ContentCoding, bytes: &[u8], hash: &str, worth: CompressionEffort) -> EncodedBody {
    let packed = coding.pack(bytes, worth).into_boxed_slice();
    EncodedBody { coding, bytes: packed.into(), etag: format!("\"{hash}-{}\"", coding.ending()) }
}

/// The fields of a request that an answer from memory depends on. Several lines of one field are one list.
#[derive(Debug, Default)]
pub struct ConditionalHeaders<'a> {
    pub accept_encoding: Option<Cow<'a, str>>,
    pub if_none_match: Option<Cow<'a, str>>,
    pub if_modified_since: Option<&'a str>,
}

impl<'a> ConditionalHeaders<'a> {
    pub fn of(headers: &'a HeaderMap) -> Self {
        let mut asked = ConditionalHeaders::default();
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            add(&mut asked.accept_encoding, value.as_bytes());
        }
        for value in headers.get_all(header::IF_NONE_MATCH) {
            add(&mut asked.if_none_match, value.as_bytes());
        }
        let since = headers.get(header::IF_MODIFIED_SINCE);
        asked.if_modified_since = since.and_then(|value| value.to_str().ok());
        asked
    }
}

/// One more line of a list. A line that is no text says nothing, but it is there.
pub fn add<'a>(list: &mut Option<Cow<'a, str>>, line: &'a [u8]) {
    let line = std::str::from_utf8(line).unwrap_or_default();
    *list = Some(match list.take() {
        None => Cow::Borrowed(line),
        Some(before) => Cow::Owned(format!("{before}, {line}")),
    });
}

/// IMF-fixdate (RFC 9110 §5.6.7).
pub fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Any of the three forms of RFC 9110 §5.6.7; None for what is none.
fn read_http_date(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|at| at.and_utc())
}

/// Whether a list of entity tags has this one, weakly compared (§8.8.3.2). A tag may hold a comma.
fn names_etag(list: &str, etag: &str) -> bool {
    let mut rest = list.trim();
    if rest == "*" {
        return true;
    }
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        rest = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(opened) = rest.strip_prefix('"') else {
            return false;
        };
        let Some(end) = opened.find('"') else {
            return false;
        };
        if rest[..end + 2] == *etag {
            return true;
        }
        rest = &opened[end + 1..];
    }
}

/// What a client thinks of each coding (RFC 9110 §12.5.3).
#[derive(Debug, Default)]
struct CodingWeights {
    gzip: Option<f32>,
    brotli: Option<f32>,
    zstd: Option<f32>,
    identity: Option<f32>,
    any: Option<f32>,
}

impl CodingWeights {
    fn read(list: &str) -> Self {
        let mut weights = CodingWeights::default();
        for member in list.split(',') {
            let mut parts = member.split(';');
            let coding = parts.next().unwrap_or_default().trim();
            let weight = parts
                .find_map(|part| {
                    let (name, value) = part.split_once('=')?;
                    name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
                })
                .map_or(Some(1.0), |q| q.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)));
            let Some(weight) = weight else {
                continue;
            };
            let is = |name: &str| coding.eq_ignore_ascii_case(name);
            if is("gzip") || is("x-gzip") {
                weights.gzip = Some(weight);
            } else if is("br") {
                weights.brotli = Some(weight);
            } else if is("zstd") {
                weights.zstd = Some(weight);
            } else if is("identity") {
                weights.identity = Some(weight);
            } else if coding == "*" {
                weights.any = Some(weight);
            }
        }
        weights
    }

    /// Returns the weight that a client gave. Plain bytes that it does not mention are acceptable
    /// and the last choice.
    fn explicit(&self, coding: ContentCoding) -> f32 {
        match coding {
            ContentCoding::Identity => self.identity.unwrap_or(0.0),
            ContentCoding::Gzip => self.gzip.or(self.any).unwrap_or(0.0),
            ContentCoding::Brotli => self.brotli.or(self.any).unwrap_or(0.0),
            ContentCoding::Zstd => self.zstd.or(self.any).unwrap_or(0.0),
        }
    }

    fn accepts(&self, coding: ContentCoding) -> bool {
        match coding {
            ContentCoding::Identity => self.identity.or(self.any) != Some(0.0),
            _ => self.explicit(coding) > 0.0,
        }
    }
}

/// A header value of ours.
pub fn value(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name: header::HeaderName = name.parse().expect("a header's name");
            map.append(name, value.parse().expect("a header's value"));
        }
        map
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 500_000_000).expect("in range")
    }

    /// 1,590,111,000 is Fri, 22 May 2020 01:30:00 GMT.
    fn stored() -> EncodedDocument {
        EncodedDocument::new("text/plain", b"tin ".repeat(100), Some(at(1_590_111_000)))
    }

    #[test]
    fn a_coding_is_chosen_by_weight_and_among_equals_by_size() {
        use ContentCoding::{Brotli, Gzip, Identity, Zstd};
        let (plain, packed) = (stored(), stored().packed());
        let chosen = |stored: &EncodedDocument, asked: &HeaderMap| {
            stored.codings()[stored.choose(&ConditionalHeaders::of(asked)).0].coding
        };
        for (accept, of_two, of_four) in [
            (None, Identity, Identity),
            (Some(""), Identity, Identity),
            (Some("gzip"), Gzip, Gzip),
            (Some("GZIP, deflate, br"), Gzip, Brotli),
            (Some("gzip, deflate, br, zstd"), Gzip, Brotli),
            (Some("gzip;q=1.0, br;q=0.9"), Gzip, Gzip),
            (Some("zstd, br;q=0.1"), Identity, Zstd),
            (Some("deflate, br;q=1.0, x-gzip;q=0.1"), Gzip, Brotli),
            (Some("gzip;q=0"), Identity, Identity),
            (Some("gzip; Q=0.000, *"), Identity, Brotli),
            (Some("*"), Gzip, Brotli),
            (Some("*;q=0"), Identity, Identity),
            (Some("identity, gzip;q=0.5"), Identity, Identity),
            (Some("identity;q=0.5, gzip;q=0.5"), Gzip, Gzip),
            (Some("identity;q=0, *;q=0"), Identity, Identity),
            (Some("gzip;q=nonsense"), Identity, Identity),
            (Some("gzipp, brr"), Identity, Identity),
        ] {
            let asked = accept.map_or_else(HeaderMap::new, |a| headers(&[("accept-encoding", a)]));
            assert_eq!(chosen(&plain, &asked), of_two, "{accept:?}");
            assert_eq!(chosen(&packed, &asked), of_four, "{accept:?}");
        }
        let asked = headers(&[("accept-encoding", "deflate"), ("accept-encoding", "gzip")]);
        assert_eq!(chosen(&plain, &asked), Gzip);
    }

    #[test]
    fn a_condition_is_answered_as_rfc_9110_says() {
        let stored = stored();
        let etag = stored.codings()[0].etag.as_str();
        let gzip = stored.codings()[1].etag.as_str();
        let check = |pairs: &[(&str, &str)], wanted: bool| {
            let status = stored.answer(&headers(pairs), "max-age=300").status();
            assert_eq!(status == StatusCode::NOT_MODIFIED, wanted, "{pairs:?}");
        };
        let (none_match, since) = ("if-none-match", "if-modified-since");
        let (same, before) = ("Fri, 22 May 2020 01:30:00 GMT", "Fri, 22 May 2020 01:29:59 GMT");
        check(&[], false);
        check(&[(none_match, etag)], true);
        check(&[(none_match, &format!("W/{etag}"))], true);
        check(&[(none_match, &format!("\"a,b\" ,W/\"c\",, {etag}"))], true);
        check(&[(none_match, "\"a\""), (none_match, etag)], true);
        check(&[(none_match, "*")], true);
        check(&[(none_match, "\"*\"")], false);
        check(&[(none_match, etag.trim_matches('"'))], false);
        check(&[(none_match, "\"open")], false);
        check(&[(none_match, "")], false);
        check(&[(none_match, "\"old\""), (since, same)], false);
        check(&[(since, same)], true);
        check(&[(since, "Friday, 22-May-20 01:30:00 GMT")], true);
        check(&[(since, "Fri May 22 01:30:00 2020")], true);
        check(&[(since, before)], false);
        check(&[(since, "22/05/2020")], false);
        // The tag of the other coding is another representation's.
        check(&[(none_match, gzip)], false);
        check(&[(none_match, gzip), ("accept-encoding", "gzip")], true);
        // But a client that accepts both has what we would send.
        check(&[(none_match, etag), ("accept-encoding", "gzip")], true);
        check(&[(none_match, etag), ("accept-encoding", "gzip, identity;q=0")], false);
    }

    #[test]
    fn an_unchanged_answer_has_the_validators_and_no_body() {
        let stored = stored();
        let asked = headers(&[("if-none-match", "*"), ("accept-encoding", "gzip")]);
        let answer = stored.answer(&asked, "max-age=300");
        let told: Vec<String> = answer
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        assert_eq!(
            told,
            [
                &format!("etag: {}", stored.codings()[1].etag),
                "cache-control: max-age=300",
                "vary: Accept-Encoding",
                "last-modified: Fri, 22 May 2020 01:30:00 GMT",
            ]
        );
    }

    #[test]
    fn who_has_the_gzip_form_does_not_get_the_brotli_form_of_the_same() {
        let (first, later) = (stored(), stored().packed());
        let tag = first.codings()[1].etag.clone();
        let asked = headers(&[("if-none-match", &tag), ("accept-encoding", "gzip, br, zstd")]);
        assert_eq!(later.choose(&ConditionalHeaders::of(&asked)), (1, true));
    }

    #[test]
    fn the_codings_hold_the_same_bytes_under_different_tags() {
        let stored = stored().packed();
        let [identity, gzip, br, zst] = stored.codings() else { panic!("four codings") };
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&gzip.bytes[..]).read_to_end(&mut plain).expect("gzip");
        assert_eq!(plain, stored.bytes());
        plain.clear();
        brotli::Decompressor::new(&br.bytes[..], 4096).read_to_end(&mut plain).expect("brotli");
        assert_eq!(plain, stored.bytes());
        assert_eq!(zstd::decode_all(&zst.bytes[..]).expect("zstd"), stored.bytes());
        let tags: std::collections::BTreeSet<&str> =
            stored.codings().iter().map(|coded| coded.etag.as_str()).collect();
        assert_eq!(tags.len(), 4);
        assert!(
            stored.codings().iter().skip(1).all(|coded| coded.bytes.len() < identity.bytes.len())
        );
        assert_eq!(stored, self::stored().packed(), "the same bytes have the same tags");
    }
}
