//! `tokens`: what programs use the API with.

use std::path::Path;

use anyhow::anyhow;
use serde_json::json;

use super::{CommandFailure, CommandResult, open_store, print, print_json, table};
use crate::clock::Clock;
use crate::config::Config;
use bantin_model::limits::NAME_CHARS;
use bantin_store::TokenScope;

#[derive(clap::Subcommand)]
pub(super) enum TokensCommand {
    /// Make a token; it is shown now and never again
    Add {
        /// What it is for, in a few words
        name: String,
        /// What it lets do: read (sources and their health), subscribers (people and mails), metrics, admin (everything)
        #[arg(long = "scope", required = true, value_parser = parse_scope, value_delimiter = ',')]
        scopes: Vec<TokenScope>,
        #[arg(long)]
        json: bool,
    },
    /// Show the tokens there are, without themselves
    List {
        #[arg(long)]
        json: bool,
    },
    /// Make a token void
    Revoke { name: String },
}

fn parse_scope(text: &str) -> Result<TokenScope, String> {
    TokenScope::named(text)
        .ok_or_else(|| "the scopes are read, subscribers, metrics and admin".to_owned())
}

pub(super) async fn run(command: TokensCommand, file: &Path) -> CommandResult {
    let config = Config::load(file)?;
    let store = open_store(&config).await?;
    let now = Clock::system().now();
    match command {
        TokensCommand::Add { name, mut scopes, json } => {
            let name = name.trim();
            if name.is_empty()
                || name.chars().count() > NAME_CHARS
                || name.chars().any(char::is_control)
            {
                let why = format!("a token has a name of 1 to {NAME_CHARS} characters");
                return Err(CommandFailure::Usage(anyhow!(why)));
            }
            scopes.sort_unstable();
            scopes.dedup();
            let Some(token) = store.add_api_token(name, &scopes, now).await? else {
                return Err(
                    anyhow!("there is a token of this name already: revoke it first").into()
                );
            };
            if json {
                return print_json(&json!({ "name": name, "token": token }));
            }
            print(format!(
                "{token}\n\nIt is shown this once. Programs send it as: Authorization: Bearer {token}\n"
            ))
        }
        TokensCommand::List { json } => {
            let tokens = store.api_tokens().await?;
            let scopes = |token: &bantin_store::ApiToken| {
                token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>()
            };
            if json {
                let list: Vec<_> = tokens
                    .iter()
                    .map(|token| {
                        json!({
                            "name": token.name,
                            "scopes": scopes(token),
                            "created": token.created_at,
                            "last_used": token.last_used_at.map(|at| at.date_naive()),
                            "revoked": token.revoked_at,
                        })
                    })
                    .collect();
                return print_json(&json!(list));
            }
            let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d").to_string();
            let mut rows = vec![
                ["NAME", "SCOPES", "MADE", "LAST USED", "REVOKED"].map(str::to_owned).to_vec(),
            ];
            rows.extend(tokens.iter().map(|token| {
                vec![
                    token.name.clone(),
                    scopes(token).join(","),
                    day(token.created_at),
                    token.last_used_at.map_or("never".to_owned(), day),
                    token.revoked_at.map_or(String::new(), day),
                ]
            }));
            print(table(&rows))
        }
        TokensCommand::Revoke { name } => {
            if !store.revoke_api_token(name.trim(), now).await? {
                return Err(anyhow!("there is no such token, or it was revoked before").into());
            }
            print("The token is void from now on.\n")
        }
    }
}
