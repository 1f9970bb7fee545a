//! How subscribers and subscriptions are stored in columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use chrono_tz::Tz;

use super::sql::SqlRow;
use bantin_model::*;

/// One mailbox, one subscriber, however the address is written.
pub(super) fn address_key(address: &str) -> String {
    address.trim().to_lowercase()
}

pub(super) fn read_subscriber(row: &SqlRow) -> Result<Subscriber> {
    Ok(Subscriber {
        id: SubscriberId(row.int("id")?),
        address: row.text("address")?,
        name: row.maybe_text("name")?,
        lang: row.word("lang", Lang::from_tag)?,
        state: row.word("state", SubscriberState::named)?,
        created_at: row.time("created_at")?,
        confirmed_at: row.maybe_time("confirmed_at")?,
        group: row.maybe_text("group_name")?,
        paused_until: row.maybe_time("paused_until")?,
        link_number: row.int("link_number")?,
    })
}

/// Returns the schedule with its days, and its zone; both empty for at once.
pub(super) fn cadence_columns(cadence: &Cadence) -> (Cow<'_, str>, &'static str) {
    let zone = match cadence {
        Cadence::AtOnce => "",
        Cadence::Scheduled { zone, .. } => zone.name(),
    };
    (cadence.as_text(), zone)
}

/// The reverse of [`cadence_columns`].
pub(super) fn read_cadence(row: &SqlRow) -> Result<Cadence> {
    let schedule = row.text("schedule")?;
    if schedule.is_empty() {
        return Ok(Cadence::AtOnce);
    }
    let zone: Tz = row.word("zone", |zone| zone.parse().ok())?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(&zone).and_then(|of_zone| of_zone.get(&schedule)) {
        return Ok(known.clone());
    }
    let cadence = Cadence::from_text(&schedule, zone)
        .map_err(|error| anyhow!("the store has a schedule that cannot be read: {error}"))?;
    if read.values().map(HashMap::len).sum::<usize>() >= CADENCES_READ {
        read.clear();
    }
    read.entry(zone).or_default().insert(schedule, cadence.clone());
    Ok(cadence)
}

/// The cadences read last, by zone and text: thousands of subscriptions share a few, and to parse a cron line costs more
/// than to read its row.
static READ: LazyLock<Mutex<HashMap<Tz, HashMap<String, Cadence>>>> = LazyLock::new(Mutex::default);

/// Of these; more different ones than an office has.
const CADENCES_READ: usize = 1_000;

pub(super) fn read_subscription(row: &SqlRow) -> Result<Subscription> {
    Ok(Subscription {
        id: SubscriptionId(row.int("id")?),
        subscriber: SubscriberId(row.int("subscriber")?),
        selection: row.word("wanted", |wanted| serde_json::from_str(wanted).ok())?,
        cadence: read_cadence(row)?,
        when_empty: row.flag("when_empty")?,
        cursor: row.int("cursor")?,
        next_at: row.time("next_at")?,
        served_at: row.time("served_at")?,
    })
}
