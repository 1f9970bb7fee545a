//! The set of templates that mails are rendered with.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context, escape_formatter};
use url::Url;

use super::super::RenderedMail;
use super::super::mail_texts::MailTexts;
use super::wrap;
use bantin_model::Lang;
use bantin_model::digest::ComposedDigest;
use bantin_model::digest::{LINK_MARK, MAIL_ONLY, PAGE_MARK, PREFERENCES_MARK};

/// Every template there is, as shipped.
pub(super) const SHIPPED: [(&str, &str); 5] = [
    ("frame.html", include_str!("../templates/frame.html")),
    ("digest.html", include_str!("../templates/digest.html")),
    ("digest.txt", include_str!("../templates/digest.txt")),
    ("confirmation.html", include_str!("../templates/confirmation.html")),
    ("confirmation.txt", include_str!("../templates/confirmation.txt")),
];

/// The templates that mails are made with.
pub struct Templates {
    pub(super) env: Environment<'static>,
    /// Of the admin's own files.
    folder: Option<PathBuf>,
    /// The office's name and address, a line each.
    footer: Vec<String>,
}

impl Templates {
    /// Returns the shipped templates. `folder` is named in errors about the admin's own files.
    pub(super) fn shipped(folder: Option<&Path>, footer: Option<&str>) -> Self {
        let footer = footer.unwrap_or_default().lines().map(str::trim);
        Templates {
            env: environment(),
            folder: folder.map(Path::to_owned),
            footer: footer.filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Renders a digest. What differs from one subscriber to the next is a mark in it.
    pub fn digest(&self, composed: &ComposedDigest) -> Result<RenderedMail> {
        self.rendered("digest", &composed.subject, &self.values_of(composed))
    }

    /// Renders the mail that asks to confirm; the link to do so is `LINK_MARK`.
    pub fn confirmation(&self, lang: Lang, site: &Url) -> Result<RenderedMail> {
        let subject = MailTexts::of(lang).confirm_subject;
        self.rendered("confirmation", subject, &self.values_of_confirmation(lang, site))
    }

    pub(super) fn values_of(&self, composed: &ComposedDigest) -> Value {
        let [mail_only, end_mail_only] = MAIL_ONLY;
        context! {
            d => Serde(composed),
            words => Serde(MailTexts::of(composed.lang)),
            lang => composed.lang.tag(),
            subject => composed.subject.as_str(),
            preheader => composed.preheader.as_str(),
            footer => self.footer.clone(),
            link => LINK_MARK,
            preferences => PREFERENCES_MARK,
            page => PAGE_MARK,
            mail_only,
            end_mail_only,
        }
    }

    pub(super) fn values_of_confirmation(&self, lang: Lang, site: &Url) -> Value {
        let words = MailTexts::of(lang);
        let [mail_only, end_mail_only] = MAIL_ONLY;
        context! {
            words => Serde(words),
            lang => lang.tag(),
            link => LINK_MARK,
            site => site.as_str(),
            subject => words.confirm_subject,
            preheader => words.confirm_do,
            footer => self.footer.clone(),
            mail_only,
            end_mail_only,
        }
    }

    fn rendered(&self, name: &str, subject: &str, values: &Value) -> Result<RenderedMail> {
        let body = |ending: &str| self.body(name, ending, values);
        Ok(RenderedMail { subject: subject.to_owned(), text: body("txt")?, html: body("html")? })
    }

    pub(super) fn body(&self, name: &str, ending: &str, values: &Value) -> Result<String> {
        let name = format!("{name}.{ending}");
        let rendered = self.env.get_template(&name).and_then(|t| t.render(values.clone()));
        rendered.map_err(|error| anyhow!(self.located_error(&name, &error)))
    }

    /// "FILE:LINE: what is wrong"
    pub(super) fn located_error(&self, rendering: &str, error: &minijinja::Error) -> String {
        let name = error.name().unwrap_or(rendering);
        let file = match &self.folder {
            Some(folder) if folder.join(name).exists() => folder.join(name).display().to_string(),
            _ => format!("the mail template {name}"),
        };
        let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
        let what = error.detail().map_or_else(
            || error.kind().to_string(),
            |detail| format!("{}: {detail}", error.kind()),
        );
        format!("{file}{line}: {what}")
    }
}

fn environment() -> Environment<'static> {
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
    // A line that holds only a tag produces no empty line.
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    env.set_syntax(syntax.build().expect("the usual marks"));
    env.add_filter("wrap", wrap::wrapped);
    for (name, source) in SHIPPED {
        env.add_template_owned(name, Cow::Borrowed(source))
            .expect("a template of ours, which a test renders");
    }
    env
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
            let values = context! { d => Serde(MailTexts::of(Lang::Vi)) };
            let env = environment();
            let template = env.template_from_named_str(name, source).expect("a template");
            assert!(template.render(values).is_err());
        }
    }
}
