//! The real program as systemd runs it: what it tells over NOTIFY_SOCKET (sd_notify(3)), and what signals do to it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use bantin::config::SHIPPED;
use tempfile::TempDir;

/// Nothing here takes longer unless it is broken, on a busy machine either.
const PATIENCE: Duration = Duration::from_secs(30);

/// The place of systemd: a folder with the config, a socket that hears the daemon, and a file that its log goes to.
struct Unit {
    folder: TempDir,
    notify: UnixDatagram,
    /// The messages that it sent.
    told: Vec<String>,
}

/// Ends the daemon with the test, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended and been waited for already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).expect("it is our child");
    }

    fn exit_code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(ended) = self.0.try_wait().expect("it is our child") {
                return ended.code();
            }
            assert!(begun.elapsed() < PATIENCE, "the daemon does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Unit {
    fn new(config: impl Fn(&Path) -> String) -> Unit {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let notify = UnixDatagram::bind(folder.path().join("notify")).expect("a socket is bound");
        notify.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        let unit = Unit { folder, notify, told: Vec::new() };
        unit.configure(&config(unit.folder.path()));
        unit
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.config(), text).expect("the config is written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bantin"));
        command.arg("--config").arg(self.config()).args(args).env_remove("RUST_LOG");
        command
    }

    fn start(&self) -> Running {
        self.start_with(self.command(&["run"]))
    }

    /// Starts it as a socket unit does: it finds the listener as its third file (sd_listen_fds(3)).
    fn start_on(&self, listener: &UnixListener) -> Running {
        let run = self.command(&["run"]);
        let mut command = Command::new("sh");
        let listener = listener.try_clone().expect("a second handle");
        command
            .args(["-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\" 3<&0 </dev/null", "sh"])
            .arg(run.get_program())
            .args(run.get_args())
            .env_remove("RUST_LOG")
            .stdin(OwnedFd::from(listener));
        self.start_with(command)
    }

    fn start_with(&self, mut command: Command) -> Running {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log is made");
        // A patience of one second, so the watchdog is fed each half second.
        command
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "1000000")
            .stdout(Stdio::null())
            .stderr(log);
        Running(command.spawn().expect("the program starts"))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is text")
    }

    /// Hears messages until one holds all of the lines' beginnings; answers it.
    fn hear(&mut self, beginnings: &[&str]) -> String {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let mut bytes = [0; 4096];
            let length = self.notify.recv(&mut bytes).unwrap_or_else(|error| {
                panic!("no {beginnings:?}: {error}; told: {:#?}; log: {}", self.told, self.log())
            });
            let message = String::from_utf8_lossy(&bytes[..length]).into_owned();
            self.told.push(message.clone());
            if beginnings.iter().all(|wanted| message.lines().any(|line| line.starts_with(wanted)))
            {
                return message;
            }
        }
        panic!("no {beginnings:?} among {:#?}; log: {}", self.told, self.log());
    }

    fn get(&self, path: &str) -> (u16, serde_json::Value) {
        let mut door =
            UnixStream::connect(self.folder.path().join("http.sock")).expect("it listens");
        door.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        write!(door, "GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        door.read_to_string(&mut answer).expect("an answer comes");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").expect("a body").1;
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    /// Asks until feeds can be served.
    fn until_ready(&self) {
        let begun = Instant::now();
        loop {
            let (code, state) = self.get("/readyz");
            if code == 200 {
                return;
            }
            assert_eq!((code, &state["status"]), (503, &"starting".into()));
            assert!(begun.elapsed() < PATIENCE, "{state:#}; log: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Asks for the health until it is as wanted.
    fn health(&self, is_so: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let (code, health) = self.get("/healthz");
            assert_eq!(code, 200, "a portal that is away does not make the daemon unhealthy");
            if is_so(&health) {
                return health;
            }
            assert!(begun.elapsed() < PATIENCE, "{health:#}; log: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn sources(health: &serde_json::Value) -> Vec<&str> {
    let sources = health["sources"].as_array().expect("health lists sources");
    sources.iter().map(|source| source["id"].as_str().expect("an id")).collect()
}

/// Sources at a port with no listener: port 1 is tcpmux's, which no machine runs.
fn office(folder: &Path, ids: &[&str]) -> String {
    let mut text = format!(
        "[server]\nlisten = \"unix:{0}/http.sock\"\npublic_url = \"https://tin.example.vn/\"\n\
         [store]\nurl = \"sqlite:{0}/bantin.db\"\n\
         [mail]\ntransport = \"smtp://127.0.0.1:1\"\nfrom = \"bantin@example.vn\"\n",
        folder.display()
    );
    for id in ids {
        text += &format!(
            "[[source]]\nid = \"{id}\"\nurl = \"http://127.0.0.1:1/{id}\"\n[source.listing]\nitem = \"li\"\n"
        );
    }
    text
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn systemd_hears_of_the_start_the_watchdog_the_state_and_the_end() {
    let mut unit = Unit::new(|folder| office(folder, &["so"]));
    let mut daemon = unit.start();
    unit.hear(&["READY=1", "STATUS=Serving on "]);
    unit.hear(&["WATCHDOG=1"]);
    unit.hear(&["STATUS=1 sources, 1 broken"]);
    // Fed again and again, not once.
    unit.hear(&["WATCHDOG=1"]);
    unit.hear(&["WATCHDOG=1"]);
    daemon.signal(rustix::process::Signal::TERM);
    unit.hear(&["STOPPING=1", "STATUS=Stopping"]);
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
    let readiness = unit.told.iter().filter(|message| message.contains("READY=1")).count();
    assert_eq!(readiness, 1, "{:#?}", unit.told);
}

#[test]
fn with_a_socket_of_systemd_no_request_is_lost_by_a_restart() {
    let mut unit = Unit::new(|folder| office(folder, &["so"]));
    // At the address of the config, so that a daemon that would rather listen by itself could not.
    let path = unit.folder.path().join("http.sock");
    let listener = UnixListener::bind(&path).expect("bound");
    let mut daemon = unit.start_on(&listener);
    unit.hear(&["READY=1"]);
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::KILL] {
        assert_eq!(sources(&unit.health(|_| true)), ["so"]);
        daemon.signal(signal);
        daemon.exit_code();
        let mut waits = UnixStream::connect(&path).expect("the socket is still there");
        waits.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
        waits.write_all(b"GET /robots.txt HTTP/1.0\r\n\r\n").expect("it waits in the socket");
        daemon = unit.start_on(&listener);
        let mut answer = String::new();
        waits.read_to_string(&mut answer).expect("the next process answers");
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
    }
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
}

#[test]
fn readers_are_served_until_the_last_poll_has_ended() {
    let portal = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = portal.local_addr().expect("it has an address").port();
    let mut unit = Unit::new(|folder| {
        office(folder, &["so"]).replace("http://127.0.0.1:1/", &format!("http://127.0.0.1:{port}/"))
    });
    let mut daemon = unit.start();
    let (slow, _) = portal.accept().expect("the portal is polled");
    daemon.signal(rustix::process::Signal::TERM);
    unit.hear(&["STOPPING=1"]);
    // More than could slip in before a server that closes at once.
    for _ in 0..100 {
        assert_eq!(sources(&unit.health(|_| true)), ["so"]);
    }
    drop((slow, portal));
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
}

#[test]
fn a_daemon_that_hangs_does_not_feed_the_watchdog() {
    let mut unit = Unit::new(|folder| office(folder, &["so"]));
    let daemon = unit.start();
    unit.hear(&["WATCHDOG=1"]);
    daemon.signal(rustix::process::Signal::STOP);
    // What was sent before it stopped, and then nothing for longer than the watchdog's patience.
    unit.notify.set_read_timeout(Some(Duration::from_millis(1500))).expect("a time-out can be set");
    let mut bytes = [0; 4096];
    let heard = (0..20).take_while(|_| unit.notify.recv(&mut bytes).is_ok()).count();
    assert!(heard < 20, "it goes on talking");
    unit.notify.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    daemon.signal(rustix::process::Signal::CONT);
    unit.hear(&["WATCHDOG=1"]);
}

#[test]
fn a_reload_applies_a_new_source_and_a_bad_file_keeps_the_old_settings() {
    let mut unit = Unit::new(|folder| office(folder, &["so"]));
    let mut daemon = unit.start();
    unit.hear(&["READY=1"]);
    assert_eq!(sources(&unit.health(|_| true)), ["so"]);

    unit.configure(&office(unit.folder.path(), &["moi", "so"]));
    let pid = daemon.0.id().to_string();
    let asked = unit.command(&["reload", "--pid", &pid]).output().expect("the program starts");
    assert!(asked.status.success(), "{}", said(&asked));
    unit.hear(&["RELOADING=1", "MONOTONIC_USEC="]);
    unit.hear(&["READY=1", "STATUS=Settings reloaded"]);
    assert_eq!(sources(&unit.health(|_| true)), ["moi", "so"]);

    for bad in ["wrong = = 1", "[[source]]\nid = \"so\"\n", "[server]\npublic_url = \"x\"\n"] {
        unit.configure(bad);
        daemon.signal(rustix::process::Signal::HUP);
        unit.hear(&["RELOADING=1"]);
        // READY ends the reloading state, or `systemctl reload` would wait for ever.
        let told = unit.hear(&["READY=1"]);
        assert!(told.contains("config.toml was not applied, the old settings stay"), "{told}");
        assert_eq!(sources(&unit.health(|_| true)), ["moi", "so"]);
        let line = unit.hear(&["WATCHDOG=1"]) + &unit.hear(&["STATUS=2 sources"]);
        assert!(line.contains("the changed settings were not applied"), "{line}");
    }
    let log = unit.log();
    assert!(log.contains("The settings are not changed, the old ones stay: "), "{log}");
    assert!(log.contains("config.toml:1:"), "the log tells the place: {log}");

    unit.configure(&office(unit.folder.path(), &["so"]));
    daemon.signal(rustix::process::Signal::HUP);
    unit.hear(&["READY=1", "STATUS=Settings reloaded"]);
    let line = unit.hear(&["STATUS=1 sources"]);
    assert!(!line.contains("not applied"), "{line}");
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
}

#[test]
fn it_starts_with_the_shipped_file_though_portal_and_mail_server_are_away() {
    // Only what would affect the machine is changed: the listening address, the place of the store,
    // and the portal's address, which here is one that cannot exist (RFC 6761, section 6.4).
    let mut unit = Unit::new(|folder| {
        let text = SHIPPED
            .replace(
                "#listen = \"127.0.0.1:8080\"",
                &format!("listen = \"unix:{}/http.sock\"", folder.display()),
            )
            .replace(
                "#url = \"sqlite:bantin.db\"",
                &format!("url = \"sqlite:{}/bantin.db\"", folder.display()),
            )
            .replace("https://www.quangtri.gov.vn/", "https://portal.invalid/");
        assert_eq!(text.matches(folder.to_str().expect("UTF-8")).count(), 2, "{text}");
        text
    });
    let mut daemon = unit.start();
    unit.hear(&["READY=1"]);
    let health = unit.health(|health| !health["sources"][0]["broken"].is_null());
    assert_eq!(health["status"], "ok");
    assert_eq!(health["sources"][0]["id"], "quang-tri");
    assert_eq!(health["sources"][0]["broken"], "fetch-failed");
    // The first rendering of the feeds is work of its own, which a portal's refusal may come before.
    unit.until_ready();
    daemon.signal(rustix::process::Signal::INT);
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
}

#[test]
fn a_second_daemon_on_the_same_store_is_refused_with_a_sentence() {
    let mut unit = Unit::new(|folder| office(folder, &["so"]));
    let mut daemon = unit.start();
    unit.hear(&["READY=1"]);
    let other = unit.folder.path().join("other.toml");
    let text = office(unit.folder.path(), &["so"]).replace("http.sock", "other.sock");
    std::fs::write(&other, text).expect("the config is written");
    let mut second = Command::new(env!("CARGO_BIN_EXE_bantin"));
    let refused = second.arg("--config").arg(&other).arg("run").output().expect("it starts");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said(&refused).contains("another bantin runs on this store already"),
        "{}",
        said(&refused)
    );
    // The first one is none the worse for it.
    assert_eq!(sources(&unit.health(|_| true)), ["so"]);
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(daemon.exit_code(), Some(0), "{}", unit.log());
}
