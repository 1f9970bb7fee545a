//! Lists the tables of a store as its schema names them, and copies their rows from one engine to
//! the other. SQLite's schema decides: a table that a migration adds is in every backup without
//! further work.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

pub(super) struct BackupTable {
    pub name: String,
    columns: Vec<TableColumn>,
}

struct TableColumn {
    name: String,
    kind: ColumnKind,
}

#[derive(Clone, Copy, PartialEq)]
enum ColumnKind {
    Int,
    /// A boolean on PostgreSQL, 0 or 1 on SQLite.
    Flag,
    Text,
    Bytes,
}

/// The statements that this program's own migrations keep count of; each engine has its own.
const MIGRATIONS: &str = "_sqlx_migrations";
/// Rows sent in one statement at most, and bytes from which on no further row is added.
const ROWS: usize = 200;
const BYTES: usize = 1 << 20;

/// Returns all tables with rows of their own, referenced ones first. The index of words is not
/// among them: it is made from the items.
pub(super) async fn tables(store: &mut SqliteConnection) -> Result<Vec<BackupTable>> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> $1 ORDER BY name";
    let names: Vec<String> =
        sqlx::query_scalar(sql).bind(MIGRATIONS).fetch_all(&mut *store).await?;
    let mut waiting = Vec::new();
    for name in names {
        let sql = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)";
        let refers: Vec<String> =
            sqlx::query_scalar(sql).bind(&name).fetch_all(&mut *store).await?;
        let sql = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid";
        let mut columns = Vec::new();
        for row in sqlx::query(sql).bind(&name).fetch_all(&mut *store).await? {
            let (column, declared): (String, String) = (row.try_get("name")?, row.try_get("type")?);
            let kind = match &*declared {
                "INTEGER" => ColumnKind::Int,
                "TEXT" => ColumnKind::Text,
                "BLOB" => ColumnKind::Bytes,
                other => bail!("column {column} of table {name} is of the unknown type {other}"),
            };
            columns.push(TableColumn { name: column, kind });
        }
        waiting.push((BackupTable { name, columns }, refers));
    }
    let mut done = HashSet::new();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let free = |refers: &[String]| refers.iter().all(|name| done.contains(name));
        let Some(next) = waiting.iter().position(|(_, refers)| free(refers)) else {
            bail!("the tables {:?} refer to each other", waiting.len());
        };
        let (table, _) = waiting.remove(next);
        done.insert(table.name.clone());
        ordered.push(table);
    }
    Ok(ordered)
}

/// Learns which columns are booleans on PostgreSQL, and that it has all of them.
pub(super) async fn learn_flags(
    tables: &mut [BackupTable],
    postgres: &mut PgConnection,
) -> Result<()> {
    for table in tables {
        let sql = "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns \
                   WHERE table_schema = current_schema() AND table_name = $1";
        let there = sqlx::query(sql).bind(&table.name).fetch_all(&mut *postgres).await?;
        ensure!(there.len() == table.columns.len(), "table {} has other columns", table.name);
        for row in there {
            let (name, kind): (String, String) = (row.try_get("name")?, row.try_get("type")?);
            let column = table.columns.iter_mut().find(|column| column.name == name);
            let column = column.with_context(|| format!("{}.{name} is unknown", table.name))?;
            if kind == "boolean" {
                column.kind = ColumnKind::Flag;
            }
        }
    }
    Ok(())
}

pub(super) async fn count_in_sqlite(
    table: &BackupTable,
    store: &mut SqliteConnection,
) -> Result<u64> {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(&table.name)));
    let count: i64 = sqlx::query_scalar(sql).fetch_one(store).await?;
    Ok(count.try_into()?)
}

pub(super) async fn count_in_postgres(
    table: &BackupTable,
    store: &mut PgConnection,
) -> Result<u64> {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {}", quoted(&table.name)));
    let count: i64 = sqlx::query_scalar(sql).fetch_one(store).await?;
    Ok(count.try_into()?)
}

/// Deletes every row of all tables.
pub(super) async fn empty(tables: &[BackupTable], store: &mut PgConnection) -> Result<()> {
    let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
    let sql = AssertSqlSafe(format!("TRUNCATE {}, item_search", names.join(", ")));
    sqlx::raw_sql(sql).execute(store).await?;
    Ok(())
}

/// Copies a table's rows, in place of those that a migration has put there. Returns how many.
pub(super) async fn to_sqlite(
    table: &BackupTable,
    from: &mut PgConnection,
    to: &mut SqliteConnection,
) -> Result<u64> {
    let delete = AssertSqlSafe(format!("DELETE FROM {}", quoted(&table.name)));
    sqlx::raw_sql(delete).execute(&mut *to).await?;
    let mut copied = 0;
    {
        let select = AssertSqlSafe(table.select());
        let mut rows = sqlx::query(select).fetch(&mut *from);
        let mut batch = RowBatch::of(table);
        while let Some(row) = rows.try_next().await? {
            batch.push_postgres(&row)?;
            if batch.is_full() {
                copied += batch.write_sqlite(table, to).await?;
            }
        }
        copied += batch.write_sqlite(table, to).await?;
    }
    if let Some((_, given)) = numbering(table, from).await? {
        let sql = "UPDATE sqlite_sequence SET seq = max(seq, $2) WHERE name = $1";
        let known = sqlx::query(sql).bind(&table.name).bind(given).execute(&mut *to).await?;
        if known.rows_affected() == 0 {
            let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
            sqlx::query(sql).bind(&table.name).bind(given).execute(&mut *to).await?;
        }
    }
    Ok(copied)
}

/// Copies a table's rows into an empty one. Returns how many.
pub(super) async fn to_postgres(
    table: &BackupTable,
    from: &mut SqliteConnection,
    to: &mut PgConnection,
) -> Result<u64> {
    let mut copied = 0;
    {
        let select = AssertSqlSafe(table.select());
        let mut rows = sqlx::query(select).fetch(&mut *from);
        let mut batch = RowBatch::of(table);
        while let Some(row) = rows.try_next().await? {
            batch.push_sqlite(&row)?;
            if batch.is_full() {
                copied += batch.write_postgres(table, to).await?;
            }
        }
        copied += batch.write_postgres(table, to).await?;
    }
    // A number is never given twice. The sequence is no part of the transaction, so it may only
    // grow: if this is rolled back, the old rows go on.
    if let Some((column, given)) = numbering(table, to).await? {
        let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = $1";
        let wanted: i64 = sqlx::query_scalar(sql).bind(&table.name).fetch_one(from).await?;
        if wanted > given {
            let sql = "SELECT setval(pg_get_serial_sequence($1, $2), $3)";
            let set = sqlx::query(sql).bind(quoted(&table.name)).bind(column).bind(wanted);
            set.execute(to).await?;
        }
    }
    Ok(copied)
}

/// Returns the column that PostgreSQL numbers itself, and the last number it gave.
async fn numbering(table: &BackupTable, store: &mut PgConnection) -> Result<Option<(String, i64)>> {
    let sql = "SELECT column_name::text AS name, pg_get_serial_sequence($1, column_name) AS sequence \
               FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name = $2 AND is_identity = 'YES'";
    let row = sqlx::query(sql).bind(quoted(&table.name)).bind(&table.name);
    let Some(row) = row.fetch_optional(&mut *store).await? else { return Ok(None) };
    let sequence: String = row.try_get("sequence")?;
    let sql = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}");
    let given: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(store).await?;
    Ok(Some((row.try_get("name")?, given)))
}

impl BackupTable {
    fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.columns(), quoted(&self.name))
    }

    fn columns(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }
}

/// Quotes a name of our own schema; some of these names are words of SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Some rows, column by column.
struct RowBatch {
    rows: usize,
    bytes: usize,
    columns: Vec<ColumnCells>,
}

enum ColumnCells {
    Ints(Vec<Option<i64>>),
    Flags(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl RowBatch {
    fn of(table: &BackupTable) -> RowBatch {
        let cells = table.columns.iter().map(|column| match column.kind {
            ColumnKind::Int => ColumnCells::Ints(Vec::new()),
            ColumnKind::Flag => ColumnCells::Flags(Vec::new()),
            ColumnKind::Text => ColumnCells::Texts(Vec::new()),
            ColumnKind::Bytes => ColumnCells::Bytes(Vec::new()),
        });
        RowBatch { rows: 0, bytes: 0, columns: cells.collect() }
    }

    fn is_full(&self) -> bool {
        self.rows >= ROWS || self.bytes >= BYTES
    }

    fn push_postgres(&mut self, row: &PgRow) -> Result<()> {
        for (place, cells) in self.columns.iter_mut().enumerate() {
            self.bytes += match cells {
                ColumnCells::Ints(cells) => put(cells, row.try_get(place)?, |_| 8),
                ColumnCells::Flags(cells) => put(cells, row.try_get(place)?, |_| 1),
                ColumnCells::Texts(cells) => put(cells, row.try_get(place)?, String::len),
                ColumnCells::Bytes(cells) => put(cells, row.try_get(place)?, Vec::len),
            };
        }
        self.rows += 1;
        Ok(())
    }

    fn push_sqlite(&mut self, row: &SqliteRow) -> Result<()> {
        for (place, cells) in self.columns.iter_mut().enumerate() {
            self.bytes += match cells {
                ColumnCells::Ints(cells) => put(cells, row.try_get(place)?, |_| 8),
                ColumnCells::Flags(cells) => {
                    let flag: Option<i64> = row.try_get(place)?;
                    put(cells, flag.map(|flag| flag != 0), |_| 1)
                }
                ColumnCells::Texts(cells) => put(cells, row.try_get(place)?, String::len),
                ColumnCells::Bytes(cells) => put(cells, row.try_get(place)?, Vec::len),
            };
        }
        self.rows += 1;
        Ok(())
    }

    /// Leaves the batch empty.
    async fn write_sqlite(
        &mut self,
        table: &BackupTable,
        to: &mut SqliteConnection,
    ) -> Result<u64> {
        if self.rows == 0 {
            return Ok(0);
        }
        let one = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let values = vec![one; self.rows].join(", ");
        let sql =
            format!("INSERT INTO {} ({}) VALUES {values}", quoted(&table.name), table.columns());
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for row in 0..self.rows {
            for cells in &mut self.columns {
                query = match cells {
                    ColumnCells::Ints(cells) => query.bind(cells[row]),
                    ColumnCells::Flags(cells) => query.bind(cells[row]),
                    ColumnCells::Texts(cells) => query.bind(cells[row].take()),
                    ColumnCells::Bytes(cells) => query.bind(cells[row].take()),
                };
            }
        }
        let written = query.execute(to).await?.rows_affected();
        *self = RowBatch::of(table);
        Ok(written)
    }

    /// Leaves the batch empty.
    async fn write_postgres(&mut self, table: &BackupTable, to: &mut PgConnection) -> Result<u64> {
        if self.rows == 0 {
            return Ok(0);
        }
        let batch = std::mem::replace(self, RowBatch::of(table));
        let arrays = table.columns.iter().enumerate().map(|(place, column)| {
            let kind = match column.kind {
                ColumnKind::Int => "bigint",
                ColumnKind::Flag => "boolean",
                ColumnKind::Text => "text",
                ColumnKind::Bytes => "bytea",
            };
            format!("${}::{kind}[]", place + 1)
        });
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let (name, columns) = (quoted(&table.name), table.columns());
        let sql = format!("INSERT INTO {name} ({columns}) SELECT * FROM unnest({arrays})");
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for cells in batch.columns {
            query = match cells {
                ColumnCells::Ints(cells) => query.bind(cells),
                ColumnCells::Flags(cells) => query.bind(cells),
                ColumnCells::Texts(cells) => query.bind(cells),
                ColumnCells::Bytes(cells) => query.bind(cells),
            };
        }
        Ok(query.execute(to).await?.rows_affected())
    }
}

/// Returns how many bytes the cell has.
fn put<T>(cells: &mut Vec<Option<T>>, cell: Option<T>, bytes: impl Fn(&T) -> usize) -> usize {
    let size = cell.as_ref().map_or(0, bytes);
    cells.push(cell);
    size
}
