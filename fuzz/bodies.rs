//! What each fuzz target does with its bytes: bytes of others go in, and what must hold of what comes out is asserted. The
//! fuzzer links this file, and `tests/integration/corpus.rs` replays with it what the fuzzer learnt.

#[path = "doors.rs"]
pub mod doors;

use bantin_mail::bounce::{self, BounceSubject, ReturnPaths};
use bantin_model::query::{self, Query};
use bantin_model::tokens::LinkTokens;

type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 6] = [
    ("query", query),
    ("bounces", bounces),
    ("wire", doors::wire),
    ("requests", doors::requests),
    ("replies", doors::replies),
    ("answers", doors::answers),
];

/// Any text as a query: a mistake lies inside of it, and what it asks the index for is as bounded as itself.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Query::parse(&text) {
        Ok(query) => {
            query.lookup();
            query.sources();
            query.ends_before();
        }
        Err(error) => assert!(error.column <= text.chars().count(), "{error:?} of {text:?}"),
    }
    let canon = query::fold::tone_canon(&text);
    assert_eq!(query::fold::tone_canon(&canon), canon);
    let folded = query::fold(&text);
    assert_eq!(query::fold(&folded), folded);
}

/// Reads any bytes as a mail that came back: there is an answer, its words are short and name no
/// person (P12).
pub fn bounces(bytes: &[u8]) {
    // A secret of its own: nothing among the seeds was signed with it.
    let tokens = LinkTokens::new([99; 32]);
    let paths = ReturnPaths::new(tokens, "tra-ve@tin.example.gov.vn").expect("a mailbox");
    let found = bounce::read(bytes, None, "tin.example.gov.vn", &paths);
    assert!(!found.is_empty());
    for bounce in found {
        assert!(bounce.reason.chars().count() <= 300, "{bounce:?}");
        assert!(!bounce.reason.contains(char::is_control), "{bounce:?}");
        // A valid signature of ours cannot occur by chance.
        assert!(!matches!(bounce.about, Some(BounceSubject::Delivery(_))), "{bounce:?}");
    }
}
