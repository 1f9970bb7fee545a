//! Recognises answers that keep programs out, or are no page for a reader. A challenge or a login
//! in the place of a page is distinguished from a fault, since the admin must act differently.

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use url::Url;

/// Challenge pages are small; the same words in a long page belong to an article about them.
const CHALLENGE_BYTES: usize = 64 * 1024;
const TINY_BYTES: usize = 6 * 1024;

/// Who keeps us out, if the answer is a bot wall's. `ok` says whether it came with the status of a page.
pub(super) fn challenge(ok: bool, headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    let header_is = |name: &str, value: &str| {
        headers
            .get(name)
            .is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    if header_is("cf-mitigated", "challenge") {
        return Some("Cloudflare");
    }
    if header_is("x-amzn-waf-action", "challenge") || header_is("x-amzn-waf-action", "captcha") {
        return Some("AWS WAF");
    }
    if body.len() > CHALLENGE_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let has = |words: &str| text.contains(words);
    if has("The requested URL was rejected. Please consult with your administrator.") {
        return Some("F5 BIG-IP");
    }
    if has("<title>Just a moment...</title>") && has("challenge") {
        return Some("Cloudflare");
    }
    // A page of nothing but a script that sets a cookie and loads itself again.
    let reloads = has("location.reload") || has("location.href") || has("location.replace");
    if body.len() <= TINY_BYTES && has("document.cookie") && reloads && !has("<a ") {
        return Some("a script that sets a cookie");
    }
    if body.len() <= TINY_BYTES && has("_Incapsula_Resource") {
        return Some("Imperva");
    }
    if ok {
        return None;
    }
    let marks = [
        ("/cdn-cgi/challenge-platform/", "Cloudflare"),
        ("cf-browser-verification", "Cloudflare"),
        ("cf_chl_", "Cloudflare"),
        ("Attention Required! | Cloudflare", "Cloudflare"),
        ("_Incapsula_Resource", "Imperva"),
        ("Sucuri WebSite Firewall", "Sucuri"),
        ("ddos-guard", "DDoS-Guard"),
        ("captcha-delivery.com", "DataDome"),
        ("px-captcha", "PerimeterX"),
        ("g-recaptcha", "reCAPTCHA"),
        ("h-captcha", "hCaptcha"),
    ];
    marks.iter().find(|(mark, _)| has(mark)).map(|(_, wall)| *wall)
}

/// Whether an address is that of a login page, by its path or its host.
pub(super) fn is_login(url: &Url) -> bool {
    const PAGES: [&str; 18] = [
        "login",
        "log-in",
        "signin",
        "sign-in",
        "logon",
        "dang-nhap",
        "dangnhap",
        "dang_nhap",
        "wp-login",
        "userlogin",
        "user-login",
        "authenticate",
        "j_security_check",
        "sso",
        "adfs",
        "oauth",
        "oauth2",
        "saml2",
    ];
    const HOSTS: [&str; 6] = ["login", "sso", "auth", "accounts", "dangnhap", "xacthuc"];
    let by_path = url.path_segments().into_iter().flatten().any(|segment| {
        let segment = segment.to_ascii_lowercase();
        // SharePoint's Authenticate.aspx, wp-login.php, dang-nhap.html.
        let page = segment.split(['.', ';']).next().unwrap_or_default();
        PAGES.contains(&page)
    });
    let host = url.domain().and_then(|host| host.split('.').next());
    by_path || host.is_some_and(|first| HOSTS.contains(&first))
}

/// Whether a page that a redirect led to asks for a password and says where it would lead back to.
pub(super) fn is_login_form(url: &Url, body: &[u8]) -> bool {
    let back = url.query_pairs().any(|(key, _)| {
        matches!(
            key.to_ascii_lowercase().as_str(),
            "returnurl"
                | "return_url"
                | "returnto"
                | "redirect"
                | "redirect_uri"
                | "redirect_to"
                | "service"
                | "next"
        )
    });
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * CHALLENGE_BYTES)]).to_lowercase();
    back && ["type=\"password\"", "type='password'", "type=password"]
        .iter()
        .any(|form| text.contains(form))
}

/// Whether the address is that of a text in gzip's format, as sitemaps often are: no Content-Encoding, but a file.
pub(super) fn is_packed(url: &Url, headers: &HeaderMap) -> bool {
    const TYPES: [&[u8]; 3] =
        [b"application/gzip", b"application/x-gzip", b"application/octet-stream"];
    let path = url.path().to_ascii_lowercase();
    let declared = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    [".xml.gz", ".json.gz", ".rss.gz"].iter().any(|end| path.ends_with(end))
        && declared.is_none_or(|declared| {
            TYPES.iter().any(|known| declared.starts_with(known)) || declared.ends_with(b"/xml")
        })
}

/// What came instead of a page, judged by Content-Type and by the first bytes, since portals send PDF files as "text/html".
pub(super) fn not_a_page(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if let Some(what) = magic(body) {
        return Some(what.to_owned());
    }
    let declared = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let full = declared.unwrap_or_default().to_ascii_lowercase();
    let essence = full.split(';').next().unwrap_or_default().trim();
    let text = |essence: &str| {
        const TYPES: [&str; 5] =
            ["text/html", "text/plain", "text/xml", "application/xml", "application/json"];
        TYPES.contains(&essence)
            || (essence.starts_with("application/")
                && (essence.ends_with("+xml") || essence.ends_with("+json")))
    };
    if text(essence) {
        return None;
    }
    // No type, one that is no type, or "some bytes": the bytes decide.
    if !essence.contains('/')
        || essence == "application/octet-stream"
        || essence.starts_with("unknown/")
    {
        let utf16 = body.starts_with(&[0xff, 0xfe]) || body.starts_with(&[0xfe, 0xff]);
        let binary = !utf16 && body[..body.len().min(1024)].contains(&0);
        return binary.then(|| "binary data".to_owned());
    }
    let shown: String = essence.chars().filter(|c| !c.is_control()).take(80).collect();
    Some(format!("\"{shown}\""))
}

fn magic(body: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 11] = [
        (b"%PDF-", "a PDF file"),
        (b"PK\x03\x04", "a zip archive or an Office file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file"),
        (b"\x89PNG\r\n", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"GIF87a", "an image"),
        (b"GIF89a", "an image"),
        (b"RIFF", "an image or a sound"),
        (b"Rar!\x1a\x07", "an archive"),
        (b"7z\xbc\xaf\x27\x1c", "an archive"),
        (b"\x1f\x8b\x08", "a compressed file"),
    ];
    MARKS.iter().find(|(mark, _)| body.starts_with(mark)).map(|(_, what)| *what)
}
