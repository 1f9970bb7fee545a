//! What a mail says, before it is known which of our mails it is about.

use super::judging::presentable_words;
use super::values::{Bounce, BounceKind, BounceSubject, EnhancedCode, Recipient};

/// A [`Bounce`] in the making: what is said, before it is known of which mail, and in words that are still raw.
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
