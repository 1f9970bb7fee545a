//! Who asks, by the token in `Authorization: Bearer …`.

use axum::http::{HeaderMap, header};

use super::ApiError;
use crate::web::Web;
use bantin_store::{ApiToken, TokenScope};

/// The longest token that is looked up at all.
const LONGEST: usize = 200;

/// Returns the token of the request; refuses a request without a token of this scope.
pub async fn must_have(
    web: &Web,
    headers: &HeaderMap,
    scope: TokenScope,
) -> Result<ApiToken, ApiError> {
    let Some(token) = token(headers) else {
        return Err(ApiError::WhoAreYou { shown: headers.contains_key(header::AUTHORIZATION) });
    };
    let inner = &web.0;
    match inner.store.use_api_token(token, inner.clock.now()).await? {
        None => Err(ApiError::WhoAreYou { shown: true }),
        Some(token) if !token.may(scope) => Err(ApiError::MayNot(scope)),
        Some(token) => Ok(token),
    }
}

/// Whether a token with this scope is shown; not if the store does not answer.
pub async fn has_scope(web: &Web, headers: &HeaderMap, scope: TokenScope) -> bool {
    must_have(web, headers, scope).await.is_ok()
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let fits = scheme.eq_ignore_ascii_case("bearer") && (1..=LONGEST).contains(&token.len());
    fits.then_some(token)
}
