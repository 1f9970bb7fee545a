//! Talks to systemd: readiness, reloads, status, the watchdog, passed sockets. Without systemd all
//! of it does nothing.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use anyhow::{Context, Result};
use sd_notify::NotifyState;
use tracing::warn;

/// A socket that systemd bound for us.
pub enum PassedSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The settings are being read again; [`ready`] ends it. Carries the clock that `Type=notify-reload` asks for.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("Stopping: ending what is under way")]);
}

/// The line that `systemctl status` shows.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

pub fn feed_watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How often the watchdog wants to be fed, if there is one: half of its patience.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}

/// The sockets passed by a socket unit (sd_listen_fds(3)), in its order.
pub fn passed_sockets() -> Result<Vec<PassedSocket>> {
    let mut passed = listenfd::ListenFd::from_env();
    (0..passed.len())
        .map(|at| {
            if let Ok(Some(tcp)) = passed.take_tcp_listener(at) {
                return Ok(PassedSocket::Tcp(tcp));
            }
            let unix = passed.take_unix_listener(at).with_context(|| {
                format!("socket {at} passed by systemd is neither a TCP nor a Unix stream listener")
            })?;
            unix.map(PassedSocket::Unix)
                .with_context(|| format!("socket {at} passed by systemd was taken already"))
        })
        .collect()
}

fn tell(states: &[NotifyState<'_>]) {
    // Not being able to tell systemd is no reason to stop; systemd's own time-outs cope with silence.
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "Could not tell systemd our state: {error}");
    }
}
