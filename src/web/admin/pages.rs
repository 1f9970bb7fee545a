//! The templates of the admin pages, and what a browser may do with them: show them and send their forms back.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use minijinja::value::{Serde, Value, merge_maps};
use minijinja::{Environment, UndefinedBehavior, context};
use sha2::{Digest as _, Sha256};

use super::access::AdminRequest;
use super::admin_words::words;
use crate::web::encoded_document::value;
use crate::web::{Site, Web};
use bantin_model::Lang;

const STYLE: &str =
    concat!(include_str!("../templates/style.css"), include_str!("../templates/admin/style.css"));

pub struct AdminPages {
    templates: Environment<'static>,
    policy: HeaderValue,
}

impl AdminPages {
    pub fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.add_function("style", || Value::from_safe_string(STYLE.to_owned()));
        for (name, text) in [
            ("base.html", include_str!("../templates/admin/base.html")),
            ("parts.html", include_str!("../templates/admin/parts.html")),
            ("message.html", include_str!("../templates/admin/message.html")),
            ("login.html", include_str!("../templates/admin/login.html")),
            ("overview.html", include_str!("../templates/admin/overview.html")),
            ("source.html", include_str!("../templates/admin/source.html")),
            ("edit.html", include_str!("../templates/admin/edit.html")),
            ("feeds.html", include_str!("../templates/admin/feeds.html")),
            ("feed.html", include_str!("../templates/admin/feed.html")),
            ("people.html", include_str!("../templates/admin/people.html")),
            ("person.html", include_str!("../templates/admin/person.html")),
            ("deliveries.html", include_str!("../templates/admin/deliveries.html")),
            ("settings.html", include_str!("../templates/admin/settings.html")),
            ("log.html", include_str!("../templates/admin/log.html")),
            ("account.html", include_str!("../templates/admin/account.html")),
        ] {
            templates.add_template(name, text).expect("our templates parse: each has a test");
        }
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let policy = HeaderValue::try_from(policy).expect("a policy is ASCII");
        AdminPages { templates, policy }
    }

    pub fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }

    fn respond(&self, status: StatusCode, name: &str, values: Value) -> Response {
        let page = self
            .templates
            .get_template(name)
            .and_then(|template| template.render(values))
            .expect("our templates render with what their handlers give them: each has a test");
        let mut answer = Response::new(Body::from(page));
        *answer.status_mut() = status;
        answer.headers_mut().insert(header::CONTENT_TYPE, value("text/html; charset=utf-8"));
        answer
    }
}

fn shared(site: &Site) -> Value {
    context! {
        w => Value::from(Serde(words(site.lang))),
        lang => site.lang.tag(),
        site => site.title.clone(),
        home => site.public_url.path(),
        admin => format!("{}admin/", site.public_url.path()),
    }
}

/// A page for somebody who is logged in. `here` is the entry of the menu that it belongs to.
pub fn page(
    visit: &AdminRequest,
    status: StatusCode,
    name: &str,
    here: &str,
    values: Value,
) -> Response {
    let own = context! { csrf => visit.csrf.clone(), who => visit.who(), here };
    let values = merge_maps([values, own, shared(&visit.site)]);
    visit.web.0.admin.pages.respond(status, name, values)
}

/// A page for anybody.
pub fn outside(web: &Web, site: &Site, status: StatusCode, name: &str, values: Value) -> Response {
    let nobody = context! { csrf => "", who => "", here => "" };
    let values = merge_maps([values, nobody, shared(site)]);
    web.0.admin.pages.respond(status, name, values)
}

/// A short page of a heading and a paragraph.
pub fn message(web: &Web, site: &Site, status: StatusCode, heading: &str, text: &str) -> Response {
    outside(web, site, status, "message.html", context! { heading, text })
}

/// Returns a time as people in Việt Nam write it, in the site's zone.
pub fn shown(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string()
}

pub fn shown_opt(at: Option<DateTime<Utc>>, zone: Tz) -> String {
    at.map_or_else(|| "–".to_owned(), |at| shown(at, zone))
}

/// A number with its thousands apart.
pub fn number(n: u64, lang: Lang) -> String {
    let digits = n.to_string();
    let mark = if lang == Lang::Vi { '.' } else { ',' };
    let mut text = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_do() {
        assert_eq!(number(7, Lang::Vi), "7");
        assert_eq!(number(1_234_567, Lang::Vi), "1.234.567");
        assert_eq!(number(123_456, Lang::En), "123,456");
    }

    #[test]
    fn the_policy_allows_our_style_and_nothing_that_runs() {
        let policy = AdminPages::new().policy();
        let policy = policy.to_str().expect("ASCII");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("'sha256-"));
        assert!(!policy.contains("unsafe") && !policy.contains("script"));
    }
}
