//! One's own account: its logins and its password.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;
use minijinja::value::{Serde, Value};
use secrecy::{ExposeSecret as _, SecretString};

use super::access::{AdminRequest, PageResult};
use super::attempts::LoginClient;
use super::form::PostedForm;
use super::login::out;
use super::pages::{page, shown};
use crate::passwords::{self, PasswordError};
use bantin_model::limits::PASSWORD_CHARS;
use bantin_store::ActionChannel;

pub async fn show(Extension(visit): Extension<AdminRequest>) -> PageResult {
    told(&visit, StatusCode::OK, "", "").await
}

async fn told(visit: &AdminRequest, status: StatusCode, field: &str, wrong: &str) -> PageResult {
    let logins = visit.store().sessions_of(visit.account.id, visit.now()).await?;
    let logins: Vec<(String, String)> = logins
        .into_iter()
        .map(|(begun, seen)| (shown(begun, visit.site.zone), shown(seen, visit.site.zone)))
        .collect();
    let values = context! {
        name => visit.who(), set => shown(visit.account.changed_at, visit.site.zone), field, wrong,
        logins => Value::from(Serde(logins)), least => PASSWORD_CHARS,
    };
    Ok(page(visit, status, "account.html", "account", values))
}

/// Changes the password and ends every login, this one too, so that a stolen login ends as well.
pub async fn change(
    Extension(visit): Extension<AdminRequest>,
    Extension(form): Extension<PostedForm>,
) -> PageResult {
    let w = visit.w();
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let who = LoginClient::Known(visit.account.id);
    if visit.web.0.admin.attempts.take(&who, visit.now()).is_err() {
        return told(&visit, StatusCode::TOO_MANY_REQUESTS, "old", w.too_many_text).await;
    }
    let old: SecretString = form.one("old").to_owned().into();
    let new: SecretString = form.one("new").to_owned().into();
    let again: SecretString = form.one("again").to_owned().into();
    let hash = visit.account.password.clone();
    let _place = visit.web.0.admin.hashing_known.acquire().await.map_err(anyhow::Error::from)?;
    let right = tokio::task::spawn_blocking(move || passwords::is_right(&old, Some(&hash)));
    if !right.await.map_err(anyhow::Error::from)? {
        visit.store().log_admin(Some(visit.who()), "password-refused", "", visit.now()).await?;
        return told(&visit, wrong, "old", w.old_wrong).await;
    }
    visit.web.0.admin.attempts.give_back(&who);
    if new.expose_secret() != again.expose_secret() {
        return told(&visit, wrong, "again", w.again_wrong).await;
    }
    match passwords::check_new(&new, visit.who()) {
        Ok(()) => {}
        Err(PasswordError::Short) => return told(&visit, wrong, "new", w.password_short).await,
        Err(PasswordError::Long) => return told(&visit, wrong, "new", w.password_long).await,
        Err(PasswordError::Common) => return told(&visit, wrong, "new", w.password_common).await,
    }
    let hash = tokio::task::spawn_blocking(move || passwords::hashed(&new)).await;
    let hash = hash.map_err(anyhow::Error::from)?;
    visit
        .store()
        .set_password(&visit.account.name, &hash, ActionChannel::Admin, visit.now())
        .await?;
    let answer: Response = out(&visit.site, "password");
    Ok(answer)
}
