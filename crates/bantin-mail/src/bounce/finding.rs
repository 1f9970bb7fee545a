//! What a mail says, before it is known which of our mails it is about.

use super::judging::presentable_words;
use super::values::{Bounce, BounceKind, BounceSubject, EnhancedCode, Recipient};

/// What a mail says, before it is known which mail it is about. The words are still raw.
pub struct BounceFinding {
    pub kind: BounceKind,
    pub code: Option<EnhancedCode>,
    pub words: String,
    pub recipient: Option<String>,
}

impl BounceFinding {
    pub fn of(kind: BounceKind, words: &str) -> BounceFinding {
        BounceFinding { kind, code: None, words: words.to_owned(), recipient: None }
    }

    pub fn about(self, about: Option<BounceSubject>) -> Bounce {
        let reason = match presentable_words(&self.words, self.recipient.as_deref()) {
            reason if reason.is_empty() => "no reason given".to_owned(),
            reason => reason,
        };
        let recipient = self.recipient.map(Recipient);
        Bounce { kind: self.kind, code: self.code, reason, about, recipient }
    }
}
