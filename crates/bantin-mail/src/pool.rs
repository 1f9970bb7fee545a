//! A few SMTP connections, used again and again: as many at once as the settings say, so many messages each, closed with
//! QUIT when nothing has been sent for a while.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::outcome::{SmtpFailure, SmtpFault, SmtpPhase, SmtpReply};
use super::smtp::{Dialer, SmtpConnection};
use super::{OutgoingMail, SmtpSettings};
use bantin_model::limits::{MESSAGES_PER_CONNECTION, SMTP_IDLE};

#[derive(Clone)]
pub struct ConnectionPool(Arc<PoolState>);

struct PoolState {
    dialer: Dialer,
    permits: Semaphore,
    parked: Mutex<IdleConnections>,
}

#[derive(Default)]
struct IdleConnections {
    /// The one used last is last.
    idle: Vec<(SmtpConnection, Instant)>,
    /// Whether a task is looking after `idle`.
    watched: bool,
}

impl ConnectionPool {
    pub fn new(settings: SmtpSettings) -> anyhow::Result<Self> {
        let permits = Semaphore::new(settings.connections.max(1));
        Ok(ConnectionPool(Arc::new(PoolState {
            dialer: Dialer::new(settings)?,
            permits,
            parked: Mutex::default(),
        })))
    }

    /// Hands one mail over, on a connection that is open already where there is one.
    pub async fn send(&self, letter: &OutgoingMail) -> Result<SmtpReply, SmtpFailure> {
        let _permit = self.0.permits.acquire().await.expect("the semaphore is never closed");
        if let Some(mut used) = self.take() {
            let sent = used.send(letter).await;
            // The server may have closed while the connection lay idle. Nothing of the mail has reached it then, so trying
            // again at once cannot make a double; on a fresh connection the answer is about the mail.
            let stale = matches!(&sent, Err(failure) if closed_while_idle(failure));
            if !stale {
                self.park(used).await;
                return sent;
            }
        }
        let mut fresh = self.0.dialer.open().await?;
        let sent = fresh.send(letter).await;
        self.park(fresh).await;
        sent
    }

    fn take(&self) -> Option<SmtpConnection> {
        self.0.parked().idle.pop().map(|(connection, _)| connection)
    }

    async fn park(&self, mut connection: SmtpConnection) {
        let reusable = connection.make_ready().await;
        if !reusable || connection.transactions >= MESSAGES_PER_CONNECTION {
            // Closed before the next one opens: some servers allow one connection for each client.
            return connection.quit().await;
        }
        let mut parked = self.0.parked();
        parked.idle.push((connection, Instant::now()));
        if !parked.watched {
            parked.watched = true;
            tokio::spawn(close_idle(Arc::downgrade(&self.0)));
        }
    }

    /// Closes idle connections with QUIT. Later mails open new ones.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut self.0.parked().idle);
        for (connection, _) in idle {
            connection.quit().await;
        }
    }
}

impl PoolState {
    fn parked(&self) -> MutexGuard<'_, IdleConnections> {
        self.parked.lock().expect("no one panics while holding the parked connections")
    }
}

fn closed_while_idle(failure: &SmtpFailure) -> bool {
    failure.phase == SmtpPhase::MailFrom
        && match &failure.fault {
            // A firewall that forgot the connection tells neither side.
            SmtpFault::Broken(_) | SmtpFault::Silence => true,
            SmtpFault::Answered(reply) => reply.code == 421,
            _ => false,
        }
}

/// Runs while there are idle connections, and ends with the pool.
async fn close_idle(pool: Weak<PoolState>) {
    loop {
        tokio::time::sleep(SMTP_IDLE).await;
        let Some(pool) = pool.upgrade() else { return };
        // Whether to go on is decided under the same lock as `park` reads it, or two tasks might watch, or none.
        let (expired, watched): (Vec<SmtpConnection>, bool) = {
            let mut parked = pool.parked();
            let fresh = parked.idle.iter().position(|(_, since)| since.elapsed() < SMTP_IDLE);
            let end = fresh.unwrap_or(parked.idle.len());
            let expired = parked.idle.drain(..end).map(|(connection, _)| connection).collect();
            parked.watched = !parked.idle.is_empty();
            (expired, parked.watched)
        };
        drop(pool);
        for connection in expired {
            connection.quit().await;
        }
        if !watched {
            return;
        }
    }
}
