//! A throw-away PostgreSQL for tests: one cluster a test binary, a new database for each call of
//! [`database`].
//!
//! The server listens on a Unix socket in its own temporary folder and nowhere else. A small shell
//! supervises it with our end of a pipe as its input: when this process ends, in whatever way, the
//! shell reads the end of the pipe, stops the server by its process id and removes the folder.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

struct Cluster {
    folder: String,
    /// Kept for its end of the pipe.
    _shell: Child,
}

/// The URL of a fresh, empty database. None, with a line on the terminal, when the server's programs are not on this
/// machine; that is a failure where BANTIN_TEST_POSTGRES=required.
pub async fn database() -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let cluster = cluster()?;
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    execute(&cluster.url("postgres"), &format!("CREATE DATABASE {name}")).await;
    Some(cluster.url(&name))
}

/// Runs one statement on a connection of its own.
pub async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the test's server answers");
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .expect("the test's statement runs");
    connection.close().await.expect("the connection closes");
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost:5432/{database}?host={}", self.folder)
    }
}

fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        let Some(programs) = server_programs() else {
            let required = std::env::var("BANTIN_TEST_POSTGRES").is_ok_and(|it| it == "required");
            assert!(
                !required,
                "BANTIN_TEST_POSTGRES=required, but no PostgreSQL server programs found"
            );
            eprintln!("postgres: skipped, no server programs found");
            return None;
        };
        Some(start(&programs))
    });
    cluster.as_ref()
}

/// The folder that holds `initdb` and `postgres`: from PATH, or where Debian keeps them, the newest version first.
fn server_programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    std::env::split_paths(&on_path)
        .chain(versions.into_iter().map(|(_, folder)| folder))
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// `trust` for the user postgres, a password for everybody else. With fsync off: what these tests ask of the server is
/// its answers, not its disk. (BANTIN_TEST_FSYNC=on, for timing it.)
const SCRIPT: &str = r#"
set -eu
folder=$(mktemp -d /tmp/bantin-postgres.XXXXXX)
trap 'rm -rf "$folder"' EXIT
"$1/initdb" --auth=trust --username=postgres --encoding=UTF8 --no-sync --pgdata="$folder/data" >"$folder/initdb.log" 2>&1 ||
    { cat "$folder/initdb.log" >&2; exit 1; }
printf 'local all postgres trust\nlocal all all scram-sha-256\n' >"$folder/data/pg_hba.conf"
"$1/postgres" -D "$folder/data" -k "$folder" -p 5432 -c listen_addresses= -c fsync=${BANTIN_TEST_FSYNC:-off} -c max_connections=200 \
    </dev/null >"$folder/server.log" 2>&1 &
server=$!
trap 'kill -INT "$server" 2>/dev/null; wait "$server" || :; rm -rf "$folder"' EXIT
tries=0
until grep -q ready "$folder/data/postmaster.pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then cat "$folder/server.log" >&2; exit 1; fi
    sleep 0.1
done
echo "$folder"
read -r _ || :
"#;

fn start(programs: &Path) -> Cluster {
    let mut command = unprivileged();
    command.arg("sh").args(["-c", SCRIPT, "sh"]).arg(programs).current_dir("/");
    // The shell must outlive a Ctrl-C that was meant for the tests, or the server would keep
    // running.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut shell = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let mut folder = String::new();
    let output = shell.stdout.take().expect("the shell's output is a pipe");
    BufReader::new(output).read_line(&mut folder).expect("the shell's output can be read");
    let folder = folder.trim().to_owned();
    assert!(!folder.is_empty(), "the PostgreSQL server for the tests did not start; see above");
    Cluster { folder, _shell: shell }
}

/// PostgreSQL refuses to run as root, so root starts it as an unprivileged user.
fn unprivileged() -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    if !root {
        return Command::new("env");
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    };
    let (user, group) = ids("postgres").or_else(|| ids("nobody")).expect("the system knows nobody");
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &user, "--regid", &group, "--clear-groups", "--"]);
    command
}
