//! The settings in force, each with where it comes from. Nothing here changes any: that is the config file's.

use axum::Extension;
use axum::http::StatusCode;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::access::{AdminRequest, PageResult};
use super::pages::page;
use crate::config::SettingOrigin;

#[derive(Serialize)]
struct SettingView {
    key: String,
    value: Option<String>,
    /// The line of the config file.
    line: Option<usize>,
    credential: Option<String>,
}

pub async fn show(Extension(visit): Extension<AdminRequest>) -> PageResult {
    let mut tables: Vec<(String, Vec<SettingView>)> = Vec::new();
    for setting in &visit.door.settings {
        let (table, key) = setting.key.rsplit_once('.').unwrap_or(("", &setting.key));
        let (line, credential) = match &setting.origin {
            SettingOrigin::Default => (None, None),
            SettingOrigin::File { line } => (Some(*line), None),
            SettingOrigin::Credential { name, line } => (Some(*line), Some(name.clone())),
        };
        let shown =
            SettingView { key: key.to_owned(), value: setting.value.clone(), line, credential };
        match tables.last_mut() {
            Some((name, list)) if name == table => list.push(shown),
            _ => tables.push((table.to_owned(), vec![shown])),
        }
    }
    let file = visit.door.config_file.display().to_string();
    let values = context! { file, tables => Value::from(Serde(tables)) };
    Ok(page(&visit, StatusCode::OK, "settings.html", "settings", values))
}
