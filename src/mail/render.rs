//! The templates of mails, compiled into the program. Names ending in `.html` escape whatever is put into them; an
//! unknown name in a template is an error, not an empty space.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context, escape_formatter};
use url::Url;

use super::Rendered;
use super::texts::Texts;
use crate::digest::Composed;
use crate::model::Lang;
use crate::model::digest::LINK_MARK;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    // minijinja's own escaping writes "/" as an entity, and spam filters distrust addresses written so.
    env.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Html if !value.is_safe() => {
            Ok(out.write_str(&escape_html(&value.to_string()))?)
        }
        _ => escape_formatter(out, state, value),
    });
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    // A line that holds only a tag leaves no empty line behind.
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    env.set_syntax(syntax.build().expect("the usual marks"));
    for (name, source) in [
        ("frame.html", include_str!("templates/frame.html")),
        ("digest.html", include_str!("templates/digest.html")),
        ("digest.txt", include_str!("templates/digest.txt")),
        ("confirmation.html", include_str!("templates/confirmation.html")),
        ("confirmation.txt", include_str!("templates/confirmation.txt")),
    ] {
        env.add_template(name, source).expect("a template of ours, which a test renders");
    }
    env
});

/// A digest; the subscriber's own link stands as `LINK_MARK`.
pub fn digest(composed: &Composed) -> Result<Rendered> {
    let words = Serde(Texts::of(composed.lang));
    let lang = composed.lang.tag();
    let values = context! { d => Serde(composed), words, lang, link => LINK_MARK, subject => composed.subject.as_str() };
    rendered("digest", &composed.subject, &values)
}

/// The mail that asks to confirm; the link to do so stands as `LINK_MARK`.
pub fn confirmation(lang: Lang, site: &Url) -> Result<Rendered> {
    let words = Texts::of(lang);
    let subject = words.confirm_subject;
    let values = context! { words => Serde(words), lang => lang.tag(), link => LINK_MARK, site => site.as_str(), subject };
    rendered("confirmation", subject, &values)
}

fn rendered(name: &str, subject: &str, values: &Value) -> Result<Rendered> {
    let render = |ending: &str| {
        let name = format!("{name}.{ending}");
        let template = TEMPLATES.get_template(&name)?;
        template
            .render(values.clone())
            .with_context(|| format!("rendering the mail template {name}"))
    };
    Ok(Rendered { subject: subject.to_owned(), text: render("txt")?, html: render("html")? })
}

/// For text and for attributes in quotes.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_template_does_not_know_is_an_error() {
        for (name, source) in
            [("x.html", "{{ gone }}"), ("x.txt", "{{ gone }}"), ("y.html", "{{ d.gone }}")]
        {
            let values = context! { d => Serde(Texts::of(Lang::Vi)) };
            assert!(
                TEMPLATES
                    .template_from_named_str(name, source)
                    .expect("a template")
                    .render(values)
                    .is_err()
            );
        }
    }
}
