//! Subscribers, subscriptions, digests and deliveries: what is about people, for tokens with that scope.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::auth::must_have;
use super::{ApiError, ApiResult, CacheScope, RequestParams, cursor, next_link, read};
use crate::web::Web;
use bantin_model::*;
use bantin_store::TokenScope;

const SUBSCRIBER_STATES: &str = "pending, active, paused, left, bouncing";
const DELIVERY_STATES: &str = "waiting, sending, sent, refused, given-up";

pub async fn subscribers(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    let params = RequestParams::read(query.as_deref(), &["state", "limit", "cursor"])?;
    let limit = params.limit()?;
    let state = params.word("state", SubscriberState::named, SUBSCRIBER_STATES)?;
    let after = SubscriberId(params.cursor::<1>()?.map_or(0, |[id]| id));
    let found = web.0.store.subscribers_after(after, state, limit).await?;
    let next =
        found.last().filter(|_| is_full(found.len(), limit)).map(|(one, _)| cursor(&[one.id.0]));
    let list: Vec<Value> = found.iter().map(|(one, theirs)| person(one, theirs)).collect();
    let link = next_link(&web, "api/v1/subscribers", &params, next.as_deref());
    Ok(read(&asked, &json!({ "subscribers": list, "next": next }), CacheScope::Privately, link))
}

pub async fn subscriber(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let id = SubscriberId(number(&id)?);
    let one = web.0.store.subscriber(id).await?.ok_or(ApiError::NotFound)?;
    let theirs = web.0.store.subscriptions_of(id).await?;
    Ok(read(&asked, &person(&one, &theirs), CacheScope::Privately, None))
}

fn person(one: &Subscriber, theirs: &[Subscription]) -> Value {
    json!({
        "id": one.id.0,
        "address": one.address,
        "name": one.name,
        "group": one.group,
        "lang": one.lang.tag(),
        "state": one.state.as_str(),
        "created": one.created_at,
        "confirmed": one.confirmed_at,
        "paused_until": one.paused_until,
        "subscriptions": theirs.iter().map(wanted).collect::<Vec<_>>(),
    })
}

pub async fn subscriptions(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    let params = RequestParams::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = params.limit()?;
    let after = SubscriptionId(params.cursor::<1>()?.map_or(0, |[id]| id));
    let found = web.0.store.subscriptions_after(after, limit).await?;
    let next = found.last().filter(|_| is_full(found.len(), limit)).map(|one| cursor(&[one.id.0]));
    let list: Vec<Value> = found.iter().map(wanted).collect();
    let link = next_link(&web, "api/v1/subscriptions", &params, next.as_deref());
    Ok(read(&asked, &json!({ "subscriptions": list, "next": next }), CacheScope::Privately, link))
}

fn wanted(subscription: &Subscription) -> Value {
    let zone = match &subscription.cadence {
        Cadence::AtOnce => None,
        Cadence::Scheduled { zone, .. } => Some(zone.name()),
    };
    let feeds: Vec<&str> = subscription.selection.feeds.iter().map(FeedName::as_str).collect();
    json!({
        "id": subscription.id.0,
        "subscriber": subscription.subscriber.0,
        "feeds": feeds,
        "queries": subscription.selection.queries,
        "schedule": if zone.is_some() { Some(subscription.cadence.as_text()) } else { None },
        "zone": zone,
        "when_empty": subscription.when_empty,
        "next": subscription.next_at,
    })
}

pub async fn deliveries(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    let params =
        RequestParams::read(query.as_deref(), &["state", "subscriber", "limit", "cursor"])?;
    let limit = params.limit()?;
    let state = params.word("state", DeliveryState::named, DELIVERY_STATES)?;
    let subscriber = params.number("subscriber", 1, i64::MAX)?.map(SubscriberId);
    let before = DeliveryId(params.cursor::<1>()?.map_or(i64::MAX, |[id]| id));
    let found = web.0.store.deliveries_before(before, state, subscriber, limit).await?;
    let next = found.last().filter(|_| is_full(found.len(), limit)).map(|one| cursor(&[one.id.0]));
    let list: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "id": one.id.0,
                "digest": one.digest.0,
                "subscriber": one.subscriber.0,
                "subscription": one.subscription.map(|id| id.0),
                "state": one.state.as_str(),
                "attempts": one.attempts,
                "created": one.created_at,
                "next": (one.state == DeliveryState::Waiting).then_some(one.next_at),
                "message_id": one.message_id,
                "reply": one.reply,
            })
        })
        .collect();
    let link = next_link(&web, "api/v1/deliveries", &params, next.as_deref());
    Ok(read(&asked, &json!({ "deliveries": list, "next": next }), CacheScope::Privately, link))
}

pub async fn digests(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    let params = RequestParams::read(query.as_deref(), &["limit", "cursor"])?;
    let limit = params.limit()?;
    let before = DigestId(params.cursor::<1>()?.map_or(i64::MAX, |[id]| id));
    let found = web.0.store.digests_before(before, limit).await?;
    let next = found.last().filter(|_| is_full(found.len(), limit)).map(|one| cursor(&[one.id.0]));
    let list: Vec<Value> = found.iter().map(issue).collect();
    let link = next_link(&web, "api/v1/digests", &params, next.as_deref());
    Ok(read(&asked, &json!({ "digests": list, "next": next }), CacheScope::Privately, link))
}

pub async fn digest(
    State(web): State<Web>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> ApiResult {
    must_have(&web, &asked, TokenScope::Subscribers).await?;
    RequestParams::read(query.as_deref(), &[])?;
    let digest = web.0.store.digest(DigestId(number(&id)?)).await?;
    // A letter that asks to confirm is between us and one person.
    let digest =
        digest.filter(|digest| digest.kind == DigestKind::Items).ok_or(ApiError::NotFound)?;
    let mut document = issue(&digest);
    let items = web.0.store.item_ids(&digest.items).await?;
    document["item_ids"] = items.iter().map(ItemId::to_string).collect();
    Ok(read(&asked, &document, CacheScope::Privately, None))
}

fn issue(digest: &Digest) -> Value {
    json!({
        "id": digest.id.0,
        "list": digest.list,
        "lang": digest.lang.tag(),
        "subject": digest.subject,
        "composed": digest.composed_at,
        "items": digest.items.len(),
    })
}

/// Returns whether another page may follow one of so many entries.
fn is_full(found: usize, limit: u32) -> bool {
    u32::try_from(found).is_ok_and(|found| found >= limit)
}

fn number(text: &str) -> Result<i64, ApiError> {
    text.parse().ok().filter(|id| *id > 0).ok_or(ApiError::NotFound)
}
