//! What goes wrong for a program, as a problem document (RFC 9457). A type of about:blank says that the status is all there
//! is to know; `errors` names what is to be written otherwise.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tracing::error;

use crate::web::pages::private;
use bantin_store::TokenScope;

pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request is not answered.
pub enum ApiError {
    /// A parameter is wrong: its name, and what would be right.
    Bad {
        name: String,
        what: String,
    },
    NotFound,
    /// In the present state the request would do nothing. Says what to do first.
    Conflict(&'static str),
    /// No token, or none that we know; whether one was shown.
    WhoAreYou {
        shown: bool,
    },
    MayNot(TokenScope),
    /// Our own fault, for now.
    Unavailable(anyhow::Error),
}

impl ApiError {
    pub fn bad(name: &str, what: &str) -> Self {
        ApiError::Bad { name: name.to_owned(), what: what.to_owned() }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(cause: anyhow::Error) -> Self {
        ApiError::Unavailable(cause)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            ApiError::Bad { name, what } => {
                let errors = json!([{ "parameter": name, "detail": what }]);
                problem(StatusCode::BAD_REQUEST, "a parameter is not as it must be", Some(errors))
            }
            ApiError::NotFound => {
                problem(StatusCode::NOT_FOUND, "there is nothing at this address", None)
            }
            ApiError::Conflict(why) => problem(StatusCode::CONFLICT, why, None),
            ApiError::WhoAreYou { shown } => {
                let (detail, challenge) = match shown {
                    true => (
                        "this token is not known, or was revoked",
                        "Bearer realm=\"bantin\", error=\"invalid_token\"",
                    ),
                    false => {
                        ("this needs a token: Authorization: Bearer …", "Bearer realm=\"bantin\"")
                    }
                };
                let mut answer = problem(StatusCode::UNAUTHORIZED, detail, None);
                let challenge = HeaderValue::from_static(challenge);
                answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                answer
            }
            ApiError::MayNot(scope) => {
                let detail = format!("this token has not the scope \"{}\"", scope.as_str());
                let mut answer = problem(StatusCode::FORBIDDEN, &detail, None);
                let challenge = format!(
                    "Bearer realm=\"bantin\", error=\"insufficient_scope\", scope=\"{}\"",
                    scope.as_str()
                );
                if let Ok(challenge) = HeaderValue::try_from(challenge) {
                    answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                answer
            }
            ApiError::Unavailable(cause) => {
                error!("A request to the API could not be served: {cause:#}");
                let mut answer =
                    problem(StatusCode::SERVICE_UNAVAILABLE, "try again in a few minutes", None);
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
                answer
            }
        }
    }
}

/// A problem document; it repeats nothing of the request.
pub fn problem(status: StatusCode, detail: &str, errors: Option<Value>) -> Response {
    let mut document = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let Some(errors) = errors {
        document["errors"] = errors;
    }
    private(
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .body(Body::from(format!("{document}\n")))
            .expect("these headers are ASCII"),
    )
}

/// An error that somebody else answered (the router, a time limit), as a problem; whatever is none stays as it is.
pub fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !(status.is_client_error() || status.is_server_error())
        || kind == Some(MEDIA_TYPE.as_bytes())
    {
        return answer;
    }
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => "this address takes other methods, see Allow",
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => "there is nothing at this address",
        StatusCode::REQUEST_TIMEOUT => "the request took too long",
        _ => "the request cannot be served",
    };
    keep_headers(answer, problem(status, detail, None))
}

fn keep_headers(from: Response, mut to: Response) -> Response {
    for name in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = from.headers().get(&name) {
            to.headers_mut().insert(name, value.clone());
        }
    }
    to
}
