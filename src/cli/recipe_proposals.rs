//! What `status` tells of recipes that bantin made by itself, and the pages that one is repaired from.

use std::path::Path;

use anyhow::Context;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::config::listing_toml;
use bantin_model::{FoundRecipe, SourceId};
use bantin_store::{SourceState, Store};

/// Lines for the admin; nothing where every recipe is the admin's own and reads its page. `in_full`: with the recipe in
/// use and all that speaks for it.
pub(super) fn told(state: &SourceState, in_full: bool) -> String {
    let id = &state.source.id;
    let mut text = String::new();
    if let Some(found) = &state.found {
        let at = local(found.at, state.source.zone);
        let how = match (&state.health.mended, state.source.recipe.listing.item.is_some()) {
            (Some(mended), _) if mended.at == found.at => {
                format!("mended by bantin itself at {at}: {}", mended.what)
            }
            (_, true) => format!("mended by bantin itself at {at}"),
            (_, false) => format!("found by bantin itself at {at}"),
        };
        text += &format!("{id}: its recipe was {how}\n");
        if in_full {
            text += &recipe_of(found);
        }
    }
    if let Some(proposal) = &state.proposal {
        let at = local(proposal.at, state.source.zone);
        text += &format!(
            "{id}: its list was found elsewhere on the page at {at}. If that is right, put this in the place of its \
             [source.listing], or set repair = \"use\":\n"
        );
        text += &recipe_of(proposal);
    }
    text
}

fn recipe_of(found: &FoundRecipe) -> String {
    let evidence = found.evidence.iter().map(|sentence| format!("  # {sentence}\n"));
    let table = listing_toml(&found.recipe);
    evidence.chain(table.lines().map(|line| format!("  {line}\n"))).collect()
}

fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// The same for programs: `{"recipe": …, "at": …, "evidence": […]}` or null.
pub(super) fn as_json(found: Option<&FoundRecipe>) -> Value {
    found.map_or(Value::Null, |found| {
        json!({ "recipe": found.recipe, "at": found.at.to_rfc3339(), "evidence": found.evidence })
    })
}

/// Writes the kept pages and the proposal into a folder. The names of the files written.
pub(super) async fn save(
    store: &Store,
    state: &SourceState,
    folder: &Path,
) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut files = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let path = folder.join(&name);
        std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        files.push(name);
        anyhow::Ok(())
    };
    for page in store.kept_pages(&state.source.id).await? {
        write(format!("{}.html", page.which.as_str()), &page.body()?)?;
    }
    if let Some(proposal) = &state.proposal {
        let evidence: String =
            proposal.evidence.iter().map(|sentence| format!("# {sentence}\n")).collect();
        let text = format!("{evidence}{}", listing_toml(&proposal.recipe));
        write("proposal.toml".to_owned(), text.as_bytes())?;
    }
    Ok(files)
}

/// What was saved, in a sentence.
pub(super) fn saved(id: &SourceId, folder: &Path, files: &[String]) -> String {
    if files.is_empty() {
        return format!("\nNo page of {id} is kept yet.\n");
    }
    format!("\nWrote {} into {}.\n", files.join(", "), folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use bantin_model::ListingRecipe;
    use expect_test::expect;

    async fn state() -> SourceState {
        let config = Config::from_text(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[mail]\ntransport = \"folder:/nowhere\"\n\
             from = \"bantin@example.vn\"\n[[source]]\nid = \"so\"\nurl = \"https://a.vn/tin\"\n",
            Path::new("test.toml"),
        );
        let store = Store::open("sqlite::memory:").await.expect("the store opens");
        let config = config.expect("the config is right");
        let now = "2020-05-22T01:00:00Z".parse().expect("a time");
        crate::daemon::apply_sources(&store, &config, now).await.expect("they are kept");
        store.sources().await.expect("the store answers").remove(0)
    }

    fn recipe(item: &str) -> FoundRecipe {
        FoundRecipe {
            recipe: ListingRecipe { item: Some(item.to_owned()), ..ListingRecipe::default() },
            at: "2020-05-22T01:00:00Z".parse().expect("a time"),
            evidence: vec!["10 of its 12 rows are items that we know".to_owned()],
        }
    }

    #[tokio::test]
    async fn status_shows_what_bantin_found_and_what_to_paste() {
        let mut state = state().await;
        assert_eq!(told(&state, true), "");
        state.found = Some(recipe("ul.tin > li"));
        state.proposal = Some(recipe("div.luoi > article"));
        expect![[r#"
            so: its recipe was found by bantin itself at 2020-05-22 08:00
              # 10 of its 12 rows are items that we know
              [source.listing]
              item = "ul.tin > li"
            so: its list was found elsewhere on the page at 2020-05-22 08:00. If that is right, put this in the place of its [source.listing], or set repair = "use":
              # 10 of its 12 rows are items that we know
              [source.listing]
              item = "div.luoi > article"
        "#]]
        .assert_eq(&told(&state, true));
        assert_eq!(told(&state, false).lines().count(), 5);
    }

    #[tokio::test]
    async fn a_source_of_which_no_page_is_kept_saves_its_proposal_alone() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let store = Store::open("sqlite::memory:").await.expect("the store opens");
        let mut state = state().await;
        let files = save(&store, &state, folder.path()).await.expect("it can be written");
        assert_eq!(files, Vec::<String>::new());
        state.proposal = Some(recipe("div.luoi > article"));
        let files = save(&store, &state, &folder.path().join("moi")).await.expect("it is written");
        assert_eq!(files, ["proposal.toml"]);
        let text = std::fs::read_to_string(folder.path().join("moi/proposal.toml"));
        assert!(text.expect("it is there").ends_with("item = \"div.luoi > article\"\n"));
    }
}
