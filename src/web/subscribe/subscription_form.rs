//! What somebody wants, as it was typed into the form or sent to the API, and what it means once it is checked.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use url::form_urlencoded;

use super::cadence::{CadenceForm, CadenceMistake, cadence_of, when_of};
use super::subscribe_words::{SubscribeWords, words};
use crate::web::Site;
use bantin_model::limits::NAME_CHARS;
use bantin_model::query::Query;
use bantin_model::{Cadence, Feed, FeedName, Lang, Selection, Subscription};
use bantin_store::{NewSubscription, Store};

/// The fields of a posted form, in order, a name perhaps several times.
pub struct PostedFields(Vec<(String, String)>);

impl PostedFields {
    pub fn read(body: &[u8]) -> Self {
        PostedFields(form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
    }
}

/// As it was typed. The same fields in JSON are the API's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriptionForm {
    pub address: String,
    pub name: String,
    pub feeds: Vec<String>,
    pub query: String,
    /// See [`CadenceForm`].
    pub when: String,
    pub times: Vec<String>,
    pub day: String,
    pub zone: String,
    pub skip_holidays: bool,
    pub when_empty: bool,
    /// "vi", "en", or nothing for the site's.
    pub lang: String,
}

/// Working days at half past seven: what an office wants.
impl Default for SubscriptionForm {
    fn default() -> Self {
        SubscriptionForm {
            address: String::new(),
            name: String::new(),
            feeds: Vec::new(),
            query: String::new(),
            when: "workdays".to_owned(),
            times: vec!["07:30".to_owned()],
            day: "Mon".to_owned(),
            zone: String::new(),
            skip_holidays: false,
            when_empty: false,
            lang: String::new(),
        }
    }
}

impl SubscriptionForm {
    pub fn of_form(fields: &PostedFields) -> Self {
        SubscriptionForm {
            address: fields.one("address").to_owned(),
            name: fields.one("name").to_owned(),
            feeds: fields.all("feeds"),
            query: fields.one("query").to_owned(),
            when: fields.one("when").to_owned(),
            times: fields.all("times"),
            day: fields.one("day").to_owned(),
            zone: fields.one("zone").to_owned(),
            skip_holidays: !fields.one("skip_holidays").is_empty(),
            when_empty: !fields.one("when_empty").is_empty(),
            lang: fields.one("lang").to_owned(),
        }
    }

    /// Returns the wish with the site's zone where it names none.
    pub fn in_zone_of(mut self, site: &Site) -> Self {
        if self.zone.is_empty() {
            site.zone.name().clone_into(&mut self.zone);
        }
        self
    }

    /// What a subscription says at present. Several queries become one.
    pub fn of_subscription(subscription: &Subscription) -> Self {
        let CadenceForm { kind, times, day, zone, skip_holidays } = when_of(&subscription.cadence);
        let queries = &subscription.selection.queries;
        SubscriptionForm {
            feeds: subscription.selection.feeds.iter().map(|name| name.to_string()).collect(),
            query: match &queries[..] {
                [only] => only.clone(),
                several => {
                    several.iter().map(|text| format!("({text})")).collect::<Vec<_>>().join(" OR ")
                }
            },
            when: kind,
            times,
            day,
            zone,
            skip_holidays,
            when_empty: subscription.when_empty,
            ..SubscriptionForm::default()
        }
    }

    fn when(&self) -> CadenceForm {
        CadenceForm {
            kind: self.when.clone(),
            times: self.times.clone(),
            day: self.day.clone(),
            zone: self.zone.clone(),
            skip_holidays: self.skip_holidays,
        }
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormMistake {
    pub field: &'static str,
    pub message: String,
    /// Where in the query: the text before, the character itself, the text after.
    pub place: Option<(String, String, String)>,
    /// The query parser's own words, which are English.
    pub why: Option<String>,
}

impl FormMistake {
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        FormMistake { field, message: message.into(), place: None, why: None }
    }
}

/// Who wants it.
pub struct SubscriberFields {
    pub address: String,
    pub name: Option<String>,
    pub lang: Lang,
}

/// The person of a wish. `otherwise` is the language of who chose none.
pub fn person(
    wish: &SubscriptionForm,
    otherwise: Lang,
    t: &SubscribeWords,
) -> Result<SubscriberFields, Vec<FormMistake>> {
    let mut mistakes = Vec::new();
    let address = match wish.address.as_str() {
        "" => Err(t.no_address),
        // The reason may repeat nothing of the address (P12), so it stays general.
        typed => bantin_mail::normalise_address(typed).map_err(|_| t.bad_address),
    };
    let address = address.map_err(|why| mistakes.push(FormMistake::new("address", why))).ok();
    let name: String = wish.name.trim().nfc().collect();
    if name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        mistakes.push(FormMistake::new("name", t.bad_name));
    }
    let lang = match wish.lang.as_str() {
        "" => Some(otherwise),
        tag => Lang::from_tag(tag),
    };
    if lang.is_none() {
        mistakes.push(FormMistake::new("lang", t.bad_lang));
    }
    match (address, lang) {
        (Some(address), Some(lang)) if mistakes.is_empty() => {
            Ok(SubscriberFields { address, name: (!name.is_empty()).then_some(name), lang })
        }
        _ => Err(mistakes),
    }
}

/// Returns the selection, checked against the feeds and sources that exist. A private feed exists
/// only for a subscriber who has it already, in `kept`: a guessed name gets the same answer as an
/// unknown one. The outer error is the store's.
pub async fn selection(
    wish: &SubscriptionForm,
    kept: Option<&Subscription>,
    store: &Store,
    t: &SubscribeWords,
) -> anyhow::Result<Result<Selection, Vec<FormMistake>>> {
    let mut mistakes = Vec::new();
    let mut selection = Selection::default();
    let known = store.feeds().await?;
    let may_have = |feed: &Feed| {
        !feed.private || kept.is_some_and(|kept| kept.selection.feeds.contains(&feed.name))
    };
    for typed in &wish.feeds {
        match FeedName::parse(typed) {
            Ok(name) if known.iter().any(|feed| feed.name == name && may_have(feed)) => {
                if !selection.feeds.contains(&name) {
                    selection.feeds.push(name);
                }
            }
            _ => mistakes.push(FormMistake::new("feeds", t.no_such_feed)),
        }
    }
    mistakes.dedup();
    // In the order of the config, so that the same choice shares a digest however the boxes were ticked.
    selection.feeds.sort_by_key(|name| known.iter().position(|feed| feed.name == *name));
    if !wish.query.is_empty() {
        let text: String = wish.query.nfc().collect();
        match Query::parse(&text) {
            Ok(query) => {
                let sources = store.sources().await?;
                let named = query.named_sources();
                let unknown =
                    named.iter().find(|id| sources.iter().all(|state| state.source.id != **id));
                if let Some(id) = unknown {
                    let message = format!("{} {id}", t.no_such_source);
                    mistakes.push(FormMistake::new("query", message));
                }
                selection.queries.push(text);
            }
            Err(error) => mistakes.push(FormMistake {
                field: "query",
                message: format!("{} {}", t.bad_query, error.column + 1),
                place: Some(place(&text, error.column)),
                why: Some(error.message),
            }),
        }
    }
    if mistakes.is_empty() && selection == Selection::default() {
        mistakes.push(FormMistake::new("feeds", t.nothing_wanted));
    }
    Ok(if mistakes.is_empty() { Ok(selection) } else { Err(mistakes) })
}

fn place(text: &str, column: usize) -> (String, String, String) {
    let mut chars = text.chars();
    let before = chars.by_ref().take(column).collect();
    let at = chars.next().map_or_else(|| " ".to_owned(), String::from);
    (before, at, chars.collect())
}

/// The whole subscription, with when it is first due. `now` is given where a subscription is, whose own schedule may stay.
pub async fn subscription(
    wish: &SubscriptionForm,
    kept: Option<&Subscription>,
    store: &Store,
    lang: Lang,
    now: DateTime<Utc>,
) -> anyhow::Result<Result<(NewSubscription, DateTime<Utc>), Vec<FormMistake>>> {
    let t = words(lang);
    let selection = selection(wish, kept, store, t).await?;
    let cadence = match kept {
        Some(kept) if wish.when == "own" => Ok(kept.cadence.clone()),
        _ => cadence_of(&wish.when(), store.calendars().home(), lang),
    };
    let cadence = cadence.map_err(|wrong| {
        let field = wrong.field();
        let message = match wrong {
            CadenceMistake::Kind => t.bad_when.to_owned(),
            CadenceMistake::Times(sentence) => sentence,
            CadenceMistake::Day => t.bad_day.to_owned(),
            CadenceMistake::Zone => t.bad_zone.to_owned(),
        };
        FormMistake::new(field, message)
    });
    Ok(match (selection, cadence) {
        (Ok(selection), Ok(cadence)) => {
            // A schedule that parsed fires again; should it ever not, a year is never.
            let next_at =
                cadence.next_after(now, &store.calendars()).unwrap_or(now + TimeDelta::days(366));
            Ok((NewSubscription { selection, cadence, when_empty: wish.when_empty }, next_at))
        }
        (selection, cadence) => {
            Err(selection.err().into_iter().flatten().chain(cadence.err()).collect())
        }
    })
}

/// A subscription in one line, for the page that asks to confirm and for people's own data.
pub async fn told(wanted: &NewSubscription, store: &Store, lang: Lang) -> anyhow::Result<String> {
    let mut what = Vec::new();
    for name in &wanted.selection.feeds {
        let feed = store.feed(name).await?;
        what.push(feed.map_or_else(|| name.to_string(), |feed| feed.title));
    }
    what.extend(wanted.selection.queries.iter().cloned());
    let mut line = format!("{} – {}", what.join(" · "), wanted.cadence.describe(lang));
    if let Cadence::Scheduled { zone, .. } = wanted.cadence {
        write!(line, " ({zone})").expect("a text takes everything");
    }
    Ok(line)
}

impl SubscribeWords {
    /// The name of a day that [`super::cadence::DAYS`] names.
    pub fn day_name(&self, day: &str) -> &'static str {
        match day {
            "Tue" => self.tue,
            "Wed" => self.wed,
            "Thu" => self.thu,
            "Fri" => self.fri,
            "Sat" => self.sat,
            "Sun" => self.sun,
            _ => self.mon,
        }
    }
}
