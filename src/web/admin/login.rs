//! Getting in and out. A wrong name and a wrong password have one answer, which takes as long for both; a login begins with
//! a new token, whatever the browser had before.

use aws_lc_rs::rand;
use axum::body::Body;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use minijinja::context;
use secrecy::SecretString;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use tracing::warn;

use super::access::{AdminRequest, PageResult, mark_of, see_other};
use super::admin_words::words;
use super::attempts::LoginClient;
use super::form::{PostedForm, cookie};
use super::pages::{self, message};
use crate::passwords;
use crate::web::subscribe::clients::Client;
use crate::web::subscribe::page::retry_after;
use crate::web::{Site, Web};
use bantin_model::AccountName;
use bantin_model::limits::{BROWSER_KNOWN, HASHES_WAITING, SESSION_AGE};
use bantin_store::Account;

fn is_secure(site: &Site) -> bool {
    site.public_url.scheme() == "https"
}

/// With `__Host-` no other host and no plain connection can set it (RFC 6265bis §4.1.3.2).
pub fn session_cookie(site: &Site) -> &'static str {
    if is_secure(site) { "__Host-bantin-admin" } else { "bantin-admin" }
}

/// Says that this browser got in with an account before.
fn browser_cookie(site: &Site) -> &'static str {
    if is_secure(site) { "__Host-bantin-browser" } else { "bantin-browser" }
}

fn set_cookie(site: &Site, name: &str, value: &str, seconds: u64) -> HeaderValue {
    let secure = if is_secure(site) { "; Secure" } else { "" };
    // Lax: a link in a notice leads to its page. All that changes anything is a POST with a token of its own.
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("our cookies are ASCII")
}

/// Where somebody logs in who asked for `back`.
pub fn address(site: &Site, back: &str) -> String {
    let login = format!("{}admin/login", site.public_url.path());
    let back = below(back);
    if back.is_empty() { login } else { format!("{login}?next={back}") }
}

/// The part of a path of ours below `/admin/`; empty for anything else, so that a link cannot send anybody elsewhere.
fn below(path: &str) -> &str {
    let path = path.strip_prefix("/admin/").unwrap_or_default();
    let plain =
        path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.'));
    let leads_out = path.starts_with('/') || path.contains("//");
    if plain && !leads_out && !path.contains("..") && path != "login" && path.len() <= 200 {
        path
    } else {
        ""
    }
}

#[derive(Deserialize, Default)]
pub struct LoginParams {
    #[serde(default)]
    next: String,
    #[serde(default)]
    done: String,
}

pub async fn show(State(web): State<Web>, asked: Query<LoginParams>) -> Response {
    let site = web.site();
    let w = words(site.lang);
    let done = match asked.done.as_str() {
        "out" => w.logged_out,
        "password" => w.password_changed,
        _ => "",
    };
    page(
        &web,
        &site,
        StatusCode::OK,
        &LoginInput { next: &asked.next, done, ..LoginInput::default() },
    )
}

#[derive(Default)]
struct LoginInput<'a> {
    name: &'a str,
    next: &'a str,
    done: &'a str,
    wrong: bool,
}

fn page(web: &Web, site: &Site, status: StatusCode, typed: &LoginInput<'_>) -> Response {
    let next = below(&format!("/admin/{}", typed.next)).to_owned();
    let values = context! { name => typed.name, next, done => typed.done, wrong => typed.wrong };
    pages::outside(web, site, status, "login.html", values)
}

pub async fn login(
    State(web): State<Web>,
    Extension(form): Extension<PostedForm>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> PageResult {
    let (site, now) = (web.site(), web.0.clock.now());
    let (inner, w) = (&web.0, words(site.lang));
    let typed = form.text("name");
    let password: SecretString = form.one("password").to_owned().into();
    let name = AccountName::parse(&typed).ok();
    let account = match &name {
        Some(name) => inner.store.account(name).await?,
        None => None,
    };
    let known = account.as_ref().filter(|account| {
        let ours = inner.tokens.browser(account.id, account.changed_at);
        let theirs = cookie(&headers, browser_cookie(&site)).unwrap_or_default();
        bool::from(ours.as_bytes().ct_eq(theirs.as_bytes()))
    });
    let who = match known {
        Some(account) => LoginClient::Known(account.id),
        None => LoginClient::Stranger(
            client,
            name.as_ref().map_or(typed.clone(), |name| name.to_string()),
        ),
    };
    let too_many = |wait: TimeDelta| {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut answer = message(&web, &site, status, w.too_many, w.too_many_text);
        answer.headers_mut().insert(header::RETRY_AFTER, retry_after(wait));
        answer
    };
    if let Err(wait) = inner.admin.attempts.take(&who, now) {
        warn!(client = %client, "Too many logins to the admin pages failed; one from {client} was not looked at");
        return Ok(too_many(wait));
    }
    let hash = account.as_ref().map(|account| account.password.clone());
    let Some(right) = compared(&web, known.is_some(), password, hash).await? else {
        inner.admin.attempts.give_back(&who);
        return Ok(too_many(TimeDelta::seconds(5)));
    };
    let from = format!("from {client}");
    if let Some(account) = account.as_ref().filter(|_| right)
        && let Some(answer) = begin(&web, &site, account, &form, &headers, &from).await?
    {
        inner.admin.attempts.give_back(&who);
        return Ok(answer);
    }
    // The name of an account, and nothing else that was typed: it may be a password in the wrong field.
    let whose = account.as_ref().map(|account| account.name.as_str());
    inner.store.log_admin(whose, "login-failed", &from, now).await?;
    warn!(client = %client, "A login to the admin pages failed, {from}");
    let typed = LoginInput { name: &typed, next: form.one("next"), wrong: true, done: "" };
    Ok(page(&web, &site, StatusCode::FORBIDDEN, &typed))
}

/// Whether the password is right; None when too many wait to hear that already.
async fn compared(
    web: &Web,
    known: bool,
    password: SecretString,
    hash: Option<String>,
) -> anyhow::Result<Option<bool>> {
    let admin = &web.0.admin;
    let places = if known { &admin.hashing_known } else { &admin.hashing };
    let waiting = admin.attempts.wait();
    if !known && waiting.count() > HASHES_WAITING {
        return Ok(None);
    }
    let _place = places.acquire().await?;
    drop(waiting);
    let right =
        tokio::task::spawn_blocking(move || passwords::is_right(&password, hash.as_deref()));
    Ok(Some(right.await?))
}

/// Begins a login. None when the account was changed while its password was compared.
async fn begin(
    web: &Web,
    site: &Site,
    account: &Account,
    form: &PostedForm,
    headers: &HeaderMap,
    from: &str,
) -> anyhow::Result<Option<Response>> {
    let (store, now) = (&web.0.store, web.0.clock.now());
    // What the browser had before is of no use to anybody from now on.
    if let Some(old) = cookie(headers, session_cookie(site)).filter(|old| old.len() <= 64) {
        store.end_session(&mark_of(old), now).await?;
    }
    let token = token()?;
    if !store.begin_session(&mark_of(&token), account, from, now).await? {
        return Ok(None);
    }
    let next = below(&format!("/admin/{}", form.one("next"))).to_owned();
    let mut answer = see_other(&format!("{}admin/{next}", site.public_url.path()));
    let cookies = answer.headers_mut();
    let session = set_cookie(site, session_cookie(site), &token, SESSION_AGE.as_secs());
    cookies.append(header::SET_COOKIE, session);
    let browser = web.0.tokens.browser(account.id, account.changed_at);
    let browser = set_cookie(site, browser_cookie(site), &browser, BROWSER_KNOWN.as_secs());
    cookies.append(header::SET_COOKIE, browser);
    Ok(Some(answer))
}

/// Returns a random token of 256 bits, which cannot be guessed.
fn token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gave no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

pub async fn logout(Extension(visit): Extension<AdminRequest>) -> PageResult {
    visit.store().end_session(&visit.mark, visit.now()).await?;
    Ok(out(&visit.site, "out"))
}

/// Sends the browser to the login without what it was known by.
pub fn out(site: &Site, done: &str) -> Response {
    let mut answer = see_other(&format!("{}?done={done}", address(site, "")));
    let gone = set_cookie(site, session_cookie(site), "", 0);
    answer.headers_mut().append(header::SET_COOKIE, gone);
    *answer.body_mut() = Body::empty();
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere_after_logging_in() {
        assert_eq!(below("/admin/sources/so-tttt/edit"), "sources/so-tttt/edit");
        for elsewhere in [
            "/",
            "//evil.example",
            "/admin//evil.example",
            "/admin/../x",
            "https://evil.example",
            "/admin/\\evil",
            "/admin/login",
            "/admin/?a=b",
            "/admin/%2f",
            "/admin/a:b",
            "/admin",
        ] {
            assert_eq!(below(elsewhere), "", "{elsewhere}");
        }
    }

    #[test]
    fn tokens_differ_and_are_long() {
        let (one, other) = (token().expect("random"), token().expect("random"));
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
    }
}
