//! The word to stop, as every job hears it.

use tokio::sync::watch;

/// Cheap to clone; all clones hear the same word. It is said once and stays said.
#[derive(Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Shutdown(watch::Sender::new(false))
    }
}

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once shutdown was asked for.
    pub async fn asked(&self) {
        // The channel cannot close while this clone holds its sender.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
