//! News that a digest left out because another mail was to bring it. The entry is kept until that
//! mail was sent, so that a mail that fails costs no reader its news (P3).

use std::collections::HashMap;

use anyhow::Result;

use super::Store;
use super::served_subscription::ServedSubscription;
use super::sql::{Sql, Tx, args, sql, to_json};
use bantin_model::SubscriptionId;

/// `$1` rows of [subscription, item].
const INSERT: Sql = Sql {
    sqlite: "INSERT INTO left_out (subscription, item) SELECT value ->> 0, value ->> 1 FROM json_each($1) \
             WHERE true ON CONFLICT DO NOTHING",
    postgres: "INSERT INTO left_out (subscription, item) SELECT (value ->> 0)::bigint, (value ->> 1)::bigint \
               FROM jsonb_array_elements($1::jsonb) AS one (value) ON CONFLICT DO NOTHING",
};

/// `$1` rows of [subscription, item].
const DELETE: Sql = Sql {
    sqlite: "DELETE FROM left_out WHERE (subscription, item) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1))",
    postgres: "DELETE FROM left_out WHERE (subscription, item) IN (SELECT (value ->> 0)::bigint, (value ->> 1)::bigint \
               FROM jsonb_array_elements($1::jsonb) AS one (value))",
};

impl Store {
    /// Returns the items (by `seq`, in order) that digests of these subscriptions left out and of
    /// which it is not known yet that the other mail brought them.
    pub async fn left_out(
        &self,
        subscriptions: &[SubscriptionId],
    ) -> Result<HashMap<SubscriptionId, Vec<i64>>> {
        let ids: Vec<i64> = subscriptions.iter().map(|id| id.0).collect();
        let sql = sql!(
            "SELECT subscription, item FROM left_out WHERE subscription IN ",
            in "$1",
            " ORDER BY subscription, item"
        );
        let what = "asking what digests left out";
        let mut left_out: HashMap<SubscriptionId, Vec<i64>> = HashMap::new();
        for row in self.db.all(what, sql, args![ids]).await? {
            let subscription = SubscriptionId(row.int("subscription")?);
            left_out.entry(subscription).or_default().push(row.int("item")?);
        }
        Ok(left_out)
    }
}

/// Records what a digest leaves out, and deletes entries that have been settled meanwhile or by
/// this digest.
pub(super) async fn record_left_out(tx: &mut Tx, served: &[&ServedSubscription]) -> Result<()> {
    let rows = |of: fn(&ServedSubscription) -> &[i64]| -> Vec<[i64; 2]> {
        let all = served.iter().map(|served| (served.subscription.0, of(served)));
        all.flat_map(|(id, items)| items.iter().map(move |item| [id, *item])).collect()
    };
    for (sql, rows) in
        [(DELETE, rows(|served| &served.settled)), (INSERT, rows(|served| &served.left_out))]
    {
        if !rows.is_empty() {
            tx.run(sql, args![to_json(&rows)]).await?;
        }
    }
    Ok(())
}
